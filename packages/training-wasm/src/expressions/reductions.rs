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

    /// The first row of each of the part's places of the outer axis, and where blocks end.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expressions::tests::{Tensors, program, shapes};
    use crate::expressions::{Expression, Input, MOST_AXES};
    use crate::naive::{self, Fenced, Numbers};
    use crate::row_sums::parts;

    /// A tensor as an expression.
    fn plain(x: &[f32]) -> Expression<'static> {
        let mut strides = [0; MOST_AXES];
        strides[0] = 1;
        Expression::new(&[x.len()], &[Input { values: x.as_ptr(), strides }], &[], 0)
    }

    fn sums_of(expression: &Expression, reduced: Reduced, factor: f64, count: usize) -> Vec<f32> {
        let Reduced { outer, inner, .. } = reduced;
        let mut out = Fenced::unset(outer * inner);
        for part in naive::parts(count) {
            let mut blocks = Fenced::unset(expression.workspace_floats());
            let mut workspace = Fenced::unset(inner);
            let range = part.of(outer);
            let out = &mut out.inside_mut()[range.start * inner..range.end * inner];
            // SAFETY: the inputs have all numbers.
            let mut values = unsafe { Values::new(expression, reduced.unit(), blocks.inside_mut()) };
            let totals = &mut vec![f64::NAN; inner];
            axis_sums(&mut values, reduced, part, factor, out, totals, workspace.inside_mut());
            workspace.check();
            blocks.check();
        }
        out.check().to_vec()
    }

    fn maxima_of(expression: &Expression, reduced: Reduced, count: usize) -> Vec<f32> {
        let Reduced { outer, inner, .. } = reduced;
        let mut out = Fenced::unset(outer * inner);
        for part in naive::parts(count) {
            let mut blocks = Fenced::unset(expression.workspace_floats());
            let range = part.of(outer);
            let out = &mut out.inside_mut()[range.start * inner..range.end * inner];
            // SAFETY: the inputs have all numbers.
            let mut values = unsafe { Values::new(expression, reduced.unit(), blocks.inside_mut()) };
            axis_max(&mut values, reduced, part, out);
            blocks.check();
        }
        out.check().to_vec()
    }

    fn row_sums_of(expression: &Expression, channels: usize) -> Vec<f32> {
        let rows = expression.size() / channels;
        let count = parts(rows);
        let mut all = vec![f64::NAN; count * channels];
        for (part, sums) in naive::parts(count).zip(all.chunks_exact_mut(channels)) {
            let mut blocks = Fenced::unset(expression.workspace_floats());
            let mut workspace = Fenced::unset(channels);
            // SAFETY: the inputs have all numbers.
            let mut values = unsafe { Values::new(expression, channels, blocks.inside_mut()) };
            row_sums(&mut values, part.of(rows), rows, sums, workspace.inside_mut());
            workspace.check();
            blocks.check();
        }
        let mut out = vec![f32::NAN; channels];
        add_parts(&all, 1.0, &mut out);
        out
    }

    /// Numbers that `f32` cannot add one by one.
    fn tenths(count: usize) -> Vec<f32> {
        (0..count).map(|index| 0.1 + 0.001 * (index % 7) as f32).collect()
    }

    /// The numbers along the middle axis, for each number of the reduction.
    fn lines(x: &[f32], Reduced { outer, count, inner }: Reduced) -> Vec<Vec<f32>> {
        let line = |place: usize, channel: usize| {
            (0..count).map(|row| x[(place * count + row) * inner + channel]).collect::<Vec<f32>>()
        };
        (0..outer).flat_map(|place| (0..inner).map(move |channel| line(place, channel))).collect()
    }

    fn naive_sums(x: &[f32], reduced: Reduced) -> Vec<f64> {
        lines(x, reduced).iter().map(|line| line.iter().map(|&value| f64::from(value)).sum()).collect()
    }

    #[test]
    fn sums_along_an_axis_are_those_of_f64() {
        for (outer, count, inner) in [
            (1, 1, 1),
            (700, 10, 1),
            (90, 5, 3),
            (3, 257, 1),
            (2, 300_001, 1),
            (5, 1000, 3),
            (2, 70_000, 4),
            (2, 900, 701),
        ] {
            let reduced = Reduced { outer, count, inner };
            let x = tenths(outer * count * inner);
            for (out, right) in sums_of(&plain(&x), reduced, 0.5, 1).into_iter().zip(naive_sums(&x, reduced)) {
                let off = (f64::from(out) / (right * 0.5) - 1.0).abs();
                assert!(off < 2e-7, "{reduced:?}: {off}");
            }
        }
    }

    #[test]
    fn parts_add_up_to_the_sums_of_f64() {
        for (rows, channels) in [(100_003, 3), (300_001, 1), (1000, 701)] {
            let x = tenths(rows * channels);
            let reduced = Reduced { outer: 1, count: rows, inner: channels };
            for (out, right) in row_sums_of(&plain(&x), channels).into_iter().zip(naive_sums(&x, reduced)) {
                assert!((f64::from(out) / right - 1.0).abs() < 2e-7);
            }
        }
    }

    /// Every way of seeing these axes as `[outer, count, inner]`.
    fn views(sizes: &[usize]) -> Vec<Reduced> {
        let product = |axes: &[usize]| axes.iter().product();
        let view = |first: usize, end: usize| Reduced {
            outer: product(&sizes[..first]),
            count: product(&sizes[first..end]),
            inner: product(&sizes[end..]),
        };
        (0..=sizes.len()).flat_map(|first| (first..=sizes.len()).map(move |end| view(first, end))).collect()
    }

    #[test]
    fn reductions_of_an_expression_are_those_of_its_values_bit_by_bit_in_any_parts() {
        let mut numbers = Numbers::seeded(20_261_130);
        let program = program();
        for sizes in shapes() {
            for _ in 0..3 {
                let tensors = Tensors::new(&mut numbers, &sizes);
                let expression = Expression::new(&sizes, &tensors.inputs(), &program, 2);
                let x = tensors.expected();
                for reduced in views(&sizes) {
                    let sums = sums_of(&plain(&x), reduced, 1.0, 1);
                    for (&sum, right) in sums.iter().zip(naive_sums(&x, reduced)) {
                        naive::assert_within(sum, right, 2e-5 * right, 0, &reduced);
                    }
                    let most = |line: Vec<f32>| line.into_iter().fold(f32::NEG_INFINITY, f32::max);
                    let maxima: Vec<f32> = lines(&x, reduced).into_iter().map(most).collect();
                    for parts in [1, 3] {
                        assert_eq!(sums_of(&expression, reduced, 1.0, parts), sums, "{sizes:?} {reduced:?}");
                        assert_eq!(maxima_of(&expression, reduced, parts), maxima, "{sizes:?} {reduced:?}");
                    }
                    let channels = reduced.inner;
                    assert_eq!(row_sums_of(&expression, channels), row_sums_of(&plain(&x), channels));
                }
            }
        }
    }

    #[test]
    fn a_maximum_is_nan_wherever_one_is() {
        for (count, inner) in [(7, 1), (600, 1), (3, 5), (2, 600)] {
            let reduced = Reduced { outer: 1, count, inner };
            for at in 0..count * inner {
                let mut x = tenths(count * inner);
                x[at] = f32::NAN;
                let maxima = maxima_of(&plain(&x), reduced, 1);
                assert!(maxima.iter().enumerate().all(|(channel, most)| most.is_nan() == (channel == at % inner)));
            }
        }
    }
}
