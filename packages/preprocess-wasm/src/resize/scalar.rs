//! Weighted sums of rows, and transposition, one pixel at a time: the definition.

use super::{AxisPlan, FRACTION_BITS, HALF, LOW_BITS, PAIR, Plane};

/// Columns whose sums are kept at once, so that a weight is put together once for all of them.
const COLUMNS: usize = 16;

/// The plan down the columns of `plane`: `plan.target()` rows of `width` levels into `output`, from `plan.source()`
/// rows. Each output pixel is the weighted sum of its column in the row's window, rounded.
pub fn weighted_rows(plane: Plane, width: usize, plan: &AxisPlan, output: &mut [u8]) {
    for ((window, weights), output_row) in plan.outputs().zip(output.chunks_exact_mut(width)) {
        for (step, pixels) in output_row.chunks_mut(COLUMNS).enumerate() {
            let mut sums = [HALF; COLUMNS];
            for tap in 0..window.count as usize {
                let row = &plane.levels[(window.start as usize + tap) * plane.stride..][..width];
                let high = tap / PAIR * 2 * PAIR + tap % PAIR;
                let weight = (i32::from(weights[high]) << LOW_BITS) + i32::from(weights[high + PAIR]);
                for (sum, &level) in sums.iter_mut().zip(&row[step * COLUMNS..]) {
                    *sum += i32::from(level) * weight;
                }
            }
            for (pixel, sum) in pixels.iter_mut().zip(sums) {
                // Rounded weights can sum to a little more than one, and some filters have negative ones.
                *pixel = (sum >> FRACTION_BITS).clamp(0, 255) as u8;
            }
        }
    }
}

/// `target[column * target_stride + row] = plane[row][column]` for all `(rows, columns)`.
pub fn transpose(plane: Plane, (rows, columns): (usize, usize), target: &mut [u8], target_stride: usize) {
    for row in 0..rows {
        for column in 0..columns {
            target[column * target_stride + row] = plane.levels[row * plane.stride + column];
        }
    }
}
