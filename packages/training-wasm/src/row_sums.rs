//! Sums over the rows of `[rows, channels]`, for each channel, in parts: each part sums its rows in `f64`, and the parts are
//! added in their order.

use core::ops::Range;

use crate::parts::parts_of;

/// Rows whose sums are taken in `f32`, before they are added to sums in `f64`.
pub const BLOCK_ROWS: usize = 256;

/// How many parts `rows` rows are divided into.
pub const fn parts(rows: usize) -> usize {
    parts_of(rows.div_ceil(BLOCK_ROWS))
}

/// Writes the sums of `value(row * channels + channel, channel)` over `rows` to `sums`, a number a channel. The workspace
/// has as many.
pub fn sum_rows(rows: Range<usize>, sums: &mut [f64], workspace: &mut [f32], value: impl Fn(usize, usize) -> f32) {
    let channels = sums.len();
    let partial = &mut workspace[..channels];
    sums.fill(0.0);
    let mut first = rows.start;
    while first < rows.end {
        let end = rows.end.min(first + BLOCK_ROWS);
        partial.fill(0.0);
        for row in first..end {
            for (channel, partial) in partial.iter_mut().enumerate() {
                *partial += value(row * channels + channel, channel);
            }
        }
        for (sum, partial) in sums.iter_mut().zip(&*partial) {
            *sum += f64::from(*partial);
        }
        first = end;
    }
}

/// Writes the sums of the rows `rows` of `x`, a number a channel. The workspace has as many.
pub fn sums(rows: Range<usize>, x: &[f32], sums: &mut [f64], workspace: &mut [f32]) {
    let x = &x[..rows.end * sums.len()];
    sum_rows(rows, sums, workspace, |index, _| x[index]);
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
