//! Weighted sums of rows, and transposition, one pixel at a time: the definition.

use super::{FRACTION_BITS, GROUP, HALF, LOW_BITS, Window};

/// One output row: `output[x]` is the weighted sum of the window's rows at column `x`, rounded, 0..=255.
///
/// Rows of `plane` are `pitch` bytes apart; `weights` are those of the window, as `AxisPlan::output` gives them.
pub fn weighted_row(plane: &[u8], pitch: usize, window: Window, weights: &[i16], output: &mut [u8]) {
    for (column, pixel) in output.iter_mut().enumerate() {
        let mut sum = HALF;
        for tap in 0..window.count as usize {
            let high = tap / GROUP * 2 * GROUP + tap % GROUP;
            let weight = (i32::from(weights[high]) << LOW_BITS) + i32::from(weights[high + GROUP]);
            sum += i32::from(plane[(window.start as usize + tap) * pitch + column]) * weight;
        }
        // Rounded weights can sum to a little more than one.
        *pixel = (sum >> FRACTION_BITS).clamp(0, 255) as u8;
    }
}

/// `target[column * target_pitch + row] = source[row * source_pitch + column]` for all `(rows, columns)`.
pub fn transpose(
    source: &[u8],
    source_pitch: usize,
    (rows, columns): (usize, usize),
    target: &mut [u8],
    target_pitch: usize,
) {
    for row in 0..rows {
        for column in 0..columns {
            target[column * target_pitch + row] = source[row * source_pitch + column];
        }
    }
}
