//! Sums and maxima of an expression along an axis. Over rows `[rows, channels]`, for each channel, sums are taken in
//! parts: each part sums its rows in `f64`, and [`row_sums`](crate::row_sums) adds the parts in their order.

use core::ops::Range;

use super::{BLOCK, Values};
use crate::parts::Part;
use crate::row_sums::{BLOCK_ROWS, add_parts};
use crate::simd::lanes::F32x4;

/// Rows that are added in `f32` before they are added to sums in `f64`, where there are more than [`BLOCK_ROWS`]: these
/// keep sums of any length within 2e-7.
const FINE_ROWS: usize = 16;

/// Vectors of a line that are added at the same time.
const VECTORS: usize = 4;

/// Numbers of a line that are added at the same time.
const LANES: usize = 4 * VECTORS;

/// Writes the sums of `rows` of the `[all_rows, sums.len()]` that `values` are seen as to `sums`, one number per
/// channel. The workspace has as many.
pub fn row_sums(values: &mut Values, rows: Range<usize>, all_rows: usize, sums: &mut [f64], workspace: &mut [f32]) {
    let channels = sums.len();
    let limit = rows.end * channels;
    add_rows(values, rows, all_rows, limit, sums, workspace);
}

/// [`row_sums`], where blocks may go on until `limit`.
fn add_rows(
    values: &mut Values,
    rows: Range<usize>,
    all_rows: usize,
    limit: usize,
    sums: &mut [f64],
    workspace: &mut [f32],
) {
    let channels = sums.len();
    if let [sum] = sums {
        *sum = line(values, rows, limit);
        return;
    }
    let fine = if all_rows > BLOCK_ROWS { FINE_ROWS } else { BLOCK_ROWS };
    let partial = &mut workspace[..channels];
    sums.fill(0.0);
    let (mut at, end) = (rows.start * channels, rows.end * channels);
    while at < end {
        let stop = (at + fine * channels).min(end);
        partial.fill(0.0);
        while at < stop {
            let some = values.from(at, stop, limit);
            at += some.len();
            // Whole rows, or a piece of one.
            if some.len() >= channels {
                for row in some.chunks_exact(channels) {
                    add(partial, row);
                }
            } else {
                let first = (at - some.len()) % channels;
                add(&mut partial[first..], some);
            }
        }
        for (sum, partial) in sums.iter_mut().zip(&*partial) {
            *sum += f64::from(*partial);
        }
    }
}

fn add(sums: &mut [f32], row: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += value;
    }
}

/// The sum of a range of the values.
fn line(values: &mut Values, range: Range<usize>, limit: usize) -> f64 {
    let mut lanes = [0.0; LANES];
    let mut at = range.start;
    while at < range.end {
        let some = values.from(at, range.end, limit);
        at += some.len();
        let blocks = some.chunks_exact(FINE_ROWS * LANES);
        let others = blocks.remainder();
        for block in blocks {
            let mut partial = [F32x4::splat(0.0); VECTORS];
            for row in block.chunks_exact(LANES) {
                for (vector, partial) in partial.iter_mut().enumerate() {
                    // SAFETY: a row has as many lanes.
                    *partial = *partial + unsafe { F32x4::load(row.as_ptr().add(4 * vector)) };
                }
            }
            let mut numbers = [0.0; LANES];
            for (vector, partial) in partial.into_iter().enumerate() {
                // SAFETY: as many lanes.
                unsafe { partial.store(numbers.as_mut_ptr().add(4 * vector)) };
            }
            for (lane, number) in lanes.iter_mut().zip(numbers) {
                *lane += f64::from(number);
            }
        }
        // Only the last of the slices has others.
        if at == range.end {
            return lanes.into_iter().chain(others.iter().map(|&value| f64::from(value))).sum();
        }
    }
    0.0
}

/// An expression seen as `[outer, count, inner]`, of which a reduction is `[outer, inner]`.
#[derive(Clone, Copy, Debug)]
pub struct Reduced {
    /// Product of the axes before.
    pub outer: usize,
    /// Length of the axis, or product of several.
    pub count: usize,
    /// Product of the axes behind.
    pub inner: usize,
}

impl Reduced {
    /// Numbers that blocks of [`Values`] have multiples of: whole places of the outer axis, or rows.
    pub const fn unit(self) -> usize {
        if self.count * self.inner <= BLOCK { self.count * self.inner } else { self.inner }
    }

    /// The ranges of the part's places of the outer axis, with the index of each in the part, and where blocks end.
    fn places(self, part: Part) -> impl Iterator<Item = (usize, usize)> {
        let outer = part.of(self.outer);
        let size = self.count * self.inner;
        let end = outer.end * size;
        let limit = move |place: usize| if size <= BLOCK { end } else { (place + 1) * size };
        outer.map(move |place| (place * self.count, limit(place)))
    }
}

/// Writes `factor` times the sums of a part to `out`, the part's `[.., inner]`. The workspaces have `inner` numbers each.
pub fn axis_sums(
    values: &mut Values,
    reduced: Reduced,
    part: Part,
    factor: f64,
    out: &mut [f32],
    totals: &mut [f64],
    workspace: &mut [f32],
) {
    let Reduced { count, inner, .. } = reduced;
    for ((first, limit), out) in reduced.places(part).zip(out.chunks_exact_mut(inner)) {
        add_rows(values, first..first + count, count, limit, totals, workspace);
        add_parts(totals, factor, out);
    }
}

/// Writes the maxima of a part to `out`, the part's `[.., inner]`: NaN where there is one.
pub fn axis_max(values: &mut Values, reduced: Reduced, part: Part, out: &mut [f32]) {
    let Reduced { count, inner, .. } = reduced;
    for ((first, limit), out) in reduced.places(part).zip(out.chunks_exact_mut(inner)) {
        out.fill(f32::NEG_INFINITY);
        let (mut at, end) = (first * inner, (first + count) * inner);
        while at < end {
            let some = values.from(at, end, limit);
            if let [most] = out {
                *most = line_max(*most, some);
            } else if some.len() >= inner {
                for row in some.chunks_exact(inner) {
                    keep_larger(out, row);
                }
            } else {
                keep_larger(&mut out[at % inner..], some);
            }
            at += some.len();
        }
    }
}

/// The largest of `most` and the values.
fn line_max(most: f32, values: &[f32]) -> f32 {
    let mut all = F32x4::splat(most);
    let fours = values.chunks_exact(4);
    for &value in fours.remainder() {
        all = all.maximum(F32x4::splat(value));
    }
    for values in fours {
        // SAFETY: there are four.
        all = all.maximum(unsafe { F32x4::load(values.as_ptr()) });
    }
    let mut lanes = [0.0; 4];
    // SAFETY: there is room for four.
    unsafe { all.store(lanes.as_mut_ptr()) };
    lanes.into_iter().fold(lanes[0], larger)
}

/// The larger of both; NaN if either is NaN.
fn larger(a: f32, b: f32) -> f32 {
    let mut lanes = [0.0; 4];
    // SAFETY: there is room for four.
    unsafe { F32x4::splat(a).maximum(F32x4::splat(b)).store(lanes.as_mut_ptr()) };
    lanes[0]
}

/// Keeps the larger of each pair in `most`.
fn keep_larger(most: &mut [f32], row: &[f32]) {
    let (fours, others) = row.split_at(row.len() / 4 * 4);
    let (most_fours, most_others) = most.split_at_mut(fours.len());
    for (most, row) in most_fours.chunks_exact_mut(4).zip(fours.chunks_exact(4)) {
        // SAFETY: both have four numbers.
        unsafe { F32x4::load(most.as_ptr()).maximum(F32x4::load(row.as_ptr())).store(most.as_mut_ptr()) };
    }
    for (most, &row) in most_others.iter_mut().zip(others) {
        *most = larger(*most, row);
    }
}
