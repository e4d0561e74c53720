//! Sums along an axis. Over rows `[rows, channels]`, for each channel, they are taken in parts: each part sums its rows
//! in `f64`, and the parts are added in their order.

use core::ops::Range;

use crate::parts::parts_of;
use crate::simd::lanes::F32x4;

/// Rows that are worth a part, and that may be added in `f32`.
pub const BLOCK_ROWS: usize = 256;

/// Rows that are added in `f32` before they are added to sums in `f64`, where there are more than [`BLOCK_ROWS`]: these
/// keep sums of any length within 2e-7.
const FINE_ROWS: usize = 16;

/// Vectors of a line that are added at the same time.
const VECTORS: usize = 4;

/// Numbers of a line that are added at the same time.
const LANES: usize = 4 * VECTORS;

/// How many parts `rows` rows are divided into.
pub const fn parts(rows: usize) -> usize {
    parts_of(rows.div_ceil(BLOCK_ROWS))
}

/// Writes the sums of `rows` of the rows of `x` to `sums`, one number per channel. The workspace has as many.
pub fn sums(rows: Range<usize>, x: &[f32], sums: &mut [f64], workspace: &mut [f32]) {
    let channels = sums.len();
    let block = if x.len() > BLOCK_ROWS * channels { FINE_ROWS } else { BLOCK_ROWS };
    let x = &x[rows.start * channels..rows.end * channels];
    if let [sum] = sums {
        *sum = line(x);
        return;
    }
    let partial = &mut workspace[..channels];
    sums.fill(0.0);
    for rows in x.chunks(block * channels) {
        partial.fill(0.0);
        for row in rows.chunks_exact(channels) {
            for (partial, value) in partial.iter_mut().zip(row) {
                *partial += value;
            }
        }
        for (sum, partial) in sums.iter_mut().zip(&*partial) {
            *sum += f64::from(*partial);
        }
    }
}

/// The sum of all of `x`.
fn line(x: &[f32]) -> f64 {
    let mut lanes = [0.0; LANES];
    let blocks = x.chunks_exact(FINE_ROWS * LANES);
    let rest = blocks.remainder();
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
    lanes.into_iter().chain(rest.iter().map(|&value| f64::from(value))).sum()
}

/// Writes `factor` times the sums along the middle axis of `[.., count, inner]` to `out`, `[.., inner]`. The workspaces
/// have `inner` numbers each.
pub fn axis_sums(x: &[f32], count: usize, factor: f64, out: &mut [f32], totals: &mut [f64], workspace: &mut [f32]) {
    let inner = totals.len();
    for (x, out) in x.chunks_exact(count * inner).zip(out.chunks_exact_mut(inner)) {
        sums(0..count, x, totals, workspace);
        add_parts(totals, factor, out);
    }
}

/// The sum of number `index` of each part, in the order of the parts, `[parts][width]`.
pub fn total(sums: &[f64], width: usize, index: usize) -> f64 {
    sums.iter().skip(index).step_by(width).sum()
}

/// Writes `factor` times the sums of all parts, `[parts][out.len()]`.
pub fn add_parts(sums: &[f64], factor: f64, out: &mut [f32]) {
    let width = out.len();
    for (index, out) in out.iter_mut().enumerate() {
        *out = (total(sums, width, index) * factor) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that `f32` cannot add one by one.
    fn tenths(count: usize) -> Vec<f32> {
        (0..count).map(|index| 0.1 + 0.001 * (index % 7) as f32).collect()
    }

    /// What it should be, in `f64` throughout.
    fn naive(x: &[f32], count: usize, inner: usize) -> Vec<f64> {
        let at = |outer: usize, channel: usize| {
            (0..count).map(|row| f64::from(x[(outer * count + row) * inner + channel])).sum()
        };
        (0..x.len() / count / inner).flat_map(|outer| (0..inner).map(move |channel| at(outer, channel))).collect()
    }

    #[test]
    fn sums_along_an_axis_are_those_of_f64() {
        for (outer, count, inner) in [(1, 1, 1), (3, 257, 1), (2, 300_001, 1), (5, 1000, 3), (2, 70_000, 4), (1, 5, 70)]
        {
            let x = tenths(outer * count * inner);
            let mut out = vec![f32::NAN; outer * inner];
            axis_sums(&x, count, 0.5, &mut out, &mut vec![f64::NAN; inner], &mut vec![f32::NAN; inner]);
            for (out, right) in out.into_iter().zip(naive(&x, count, inner)) {
                let off = (f64::from(out) / (right * 0.5) - 1.0).abs();
                assert!(off < 2e-7, "{outer} x {count} x {inner}: {off}");
            }
        }
    }

    #[test]
    fn parts_add_up_to_the_sums_of_f64() {
        let (rows, channels) = (100_003, 3);
        let x = tenths(rows * channels);
        let count = parts(rows);
        let mut all = vec![f64::NAN; count * channels];
        for (part, part_sums) in crate::naive::parts(count).zip(all.chunks_exact_mut(channels)) {
            sums(part.of(rows), &x, part_sums, &mut vec![f32::NAN; channels]);
        }
        let mut out = vec![f32::NAN; channels];
        add_parts(&all, 1.0, &mut out);
        for (out, right) in out.into_iter().zip(naive(&x, rows, channels)) {
            assert!((f64::from(out) / right - 1.0).abs() < 2e-7);
        }
    }
}
