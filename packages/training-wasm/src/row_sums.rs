//! Sums over rows `[rows, channels]`, for each channel: they are taken in parts, each of which sums its rows in `f64`, and
//! the parts are added in their order.

use crate::parts::parts_of;

/// Rows that are worth a part, and that may be added in `f32`.
pub const BLOCK_ROWS: usize = 256;

/// How many parts `rows` rows are divided into.
pub const fn parts(rows: usize) -> usize {
    parts_of(rows.div_ceil(BLOCK_ROWS))
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
