//! Thresholds of windows, two pixels at a time. [`scalar::mean_mask`](super::scalar::mean_mask) needs no variant: the compiler makes one.

use core::arch::wasm32::*;

/// Pixels a step.
const PIXELS: usize = 2;

/// As [`scalar::sauvola_mask`](super::scalar::sauvola_mask).
pub fn sauvola_mask(levels: &[u8], sums: &[i32], squares: &[f64], area: f64, k: f64, mask: &mut [u8]) {
    let (area_f64x2, k_f64x2) = (f64x2_splat(area), f64x2_splat(k));
    let (zero_f64x2, one_f64x2, range_f64x2) = (f64x2_splat(0.0), f64x2_splat(1.0), f64x2_splat(128.0));
    for first in (0..levels.len()).step_by(PIXELS) {
        // A last pixel without a neighbour is computed twice.
        let second = (first + 1).min(levels.len() - 1);
        let level_f64x2 = f64x2(levels[first].into(), levels[second].into());
        let sum_f64x2 = f64x2(sums[first].into(), sums[second].into());
        let square_f64x2 = f64x2(squares[first], squares[second]);
        let mean_f64x2 = f64x2_div(sum_f64x2, area_f64x2);
        let variance_f64x2 = f64x2_sub(f64x2_div(square_f64x2, area_f64x2), f64x2_mul(mean_f64x2, mean_f64x2));
        let deviation_f64x2 = f64x2_sqrt(f64x2_max(variance_f64x2, zero_f64x2));
        let part_f64x2 = f64x2_sub(f64x2_div(deviation_f64x2, range_f64x2), one_f64x2);
        let threshold_f64x2 = f64x2_mul(mean_f64x2, f64x2_add(one_f64x2, f64x2_mul(k_f64x2, part_f64x2)));
        let above = i64x2_bitmask(f64x2_gt(level_f64x2, threshold_f64x2));
        mask[second] = above >> 1;
        mask[first] = above & 1;
    }
}
