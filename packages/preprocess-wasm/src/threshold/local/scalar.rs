//! Sums and thresholds of windows, one pixel at a time: the definition.

use super::BLOCK;

/// Writes `sum` for each pixel while the window moves on: one column enters, one leaves.
pub fn slide(sum: &mut i32, entering: &[i32; BLOCK], leaving: &[i32; BLOCK], sums: &mut [i32; BLOCK]) {
    for ((&entering, &leaving), written) in entering.iter().zip(leaving).zip(sums) {
        *written = *sum;
        *sum += entering - leaving;
    }
}

/// As [`slide`], for sums that are beyond 32 bits. All are integers, and exact.
pub fn slide_squares(sum: &mut f64, entering: &[i32; BLOCK], leaving: &[i32; BLOCK], sums: &mut [f64; BLOCK]) {
    for ((&entering, &leaving), written) in entering.iter().zip(leaving).zip(sums) {
        *written = *sum;
        *sum += f64::from(entering - leaving);
    }
}

/// `mask[i]` = 1 where `sums[i] - area * levels[i] <= most`, else 0. `sums[i] <= 255 * area < 2^31`.
pub fn mean_mask(levels: &[u8; BLOCK], sums: &[i32; BLOCK], area: i32, most: i32, mask: &mut [u8; BLOCK]) {
    for ((&level, &sum), pixel) in levels.iter().zip(sums).zip(mask) {
        *pixel = (sum - area * i32::from(level) <= most).into();
    }
}

/// `mask[i]` = 1 where `levels[i] > m * (1 + k * (s / 128 - 1))`, else 0.
///
/// The order of the operations is that of scikit-image `skimage/filters/thresholding.py`, `_mean_std` and
/// `threshold_sauvola`:
///
/// ```text
/// m = sum / area        s = sqrt(max(square / area - m * m, 0))
/// ```
pub fn sauvola_mask(
    levels: &[u8; BLOCK],
    sums: &[i32; BLOCK],
    squares: &[f64; BLOCK],
    area: f64,
    k: f64,
    mask: &mut [u8; BLOCK],
) {
    for (((&level, &sum), &square), pixel) in levels.iter().zip(sums).zip(squares).zip(mask) {
        let mean = f64::from(sum) / area;
        let deviation = libm::sqrt((square / area - mean * mean).max(0.0));
        *pixel = (f64::from(level) > mean * (1.0 + k * (deviation / 128.0 - 1.0))).into();
    }
}
