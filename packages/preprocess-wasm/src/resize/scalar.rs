//! Weighted sums of rows, and transposition, one pixel at a time: the definition.

use super::{AxisPlan, FRACTION_BITS, HALF, LOW_BITS, PAIR};

/// Columns whose sums are kept at once, so that a weight is put together once for all of them.
const COLUMNS: usize = 16;

/// The plan down the columns of `plane`: `plan.target()` rows of `width` levels into `output`, from rows of `width`
/// levels. Each output pixel is the weighted sum of its column in the row's window, rounded.
pub fn weighted_rows(plane: &[u8], width: usize, plan: &AxisPlan, output: &mut [u8]) {
    for (y, output_row) in output.chunks_exact_mut(width).enumerate() {
        let (window, weights) = plan.output(y);
        let rows = &plane[window.start as usize * width..][..window.count as usize * width];
        for (step, pixels) in output_row.chunks_mut(COLUMNS).enumerate() {
            let mut sums = [HALF; COLUMNS];
            for (tap, row) in rows.chunks_exact(width).enumerate() {
                let high = tap / PAIR * 2 * PAIR + tap % PAIR;
                let weight = (i32::from(weights[high]) << LOW_BITS) + i32::from(weights[high + PAIR]);
                for (sum, &level) in sums.iter_mut().zip(&row[step * COLUMNS..]) {
                    *sum += i32::from(level) * weight;
                }
            }
            for (pixel, sum) in pixels.iter_mut().zip(sums) {
                // Rounded weights can sum to a little more than one.
                *pixel = (sum >> FRACTION_BITS).clamp(0, 255) as u8;
            }
        }
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
