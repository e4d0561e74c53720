//! Sums and thresholds of windows, four pixels at a time. [`mean_mask`] needs no variant: the compiler makes it.
//!
//! ```text
//! before = the differences entering - leaving of the lanes before        4 lanes
//! sums   = sum + before            sum += all four differences
//! ```
//!
//! Four differences of squares' columns stay within 4 * 255^2 * 2901 < 2^31.

use core::arch::wasm32::*;

use super::BLOCK;
pub use super::scalar::mean_mask;

/// Pixels per step.
const PIXELS: usize = 4;
const _: () = assert!(BLOCK.is_multiple_of(PIXELS));

/// As [`scalar::slide`](super::scalar::slide).
pub fn slide(sum: &mut i32, entering: &[i32; BLOCK], leaving: &[i32; BLOCK], sums: &mut [i32; BLOCK]) {
    let mut sum_i32x4 = i32x4_splat(*sum);
    let columns = entering.chunks_exact(PIXELS).zip(leaving.chunks_exact(PIXELS));
    for ((entering, leaving), written) in columns.zip(sums.chunks_exact_mut(PIXELS)) {
        let (before_i32x4, all_i32x4) = running(entering, leaving);
        // SAFETY: `written` is a chunk of four words.
        unsafe { v128_store(written.as_mut_ptr().cast(), i32x4_add(sum_i32x4, before_i32x4)) };
        sum_i32x4 = i32x4_add(sum_i32x4, all_i32x4);
    }
    *sum = i32x4_extract_lane::<0>(sum_i32x4);
}

/// As [`scalar::slide_squares`](super::scalar::slide_squares).
pub fn slide_squares(sum: &mut f64, entering: &[i32; BLOCK], leaving: &[i32; BLOCK], sums: &mut [f64; BLOCK]) {
    let mut sum_f64x2 = f64x2_splat(*sum);
    let columns = entering.chunks_exact(PIXELS).zip(leaving.chunks_exact(PIXELS));
    for ((entering, leaving), written) in columns.zip(sums.chunks_exact_mut(PIXELS)) {
        let (before_i32x4, all_i32x4) = running(entering, leaving);
        let low_f64x2 = f64x2_add(sum_f64x2, f64x2_convert_low_i32x4(before_i32x4));
        let high_f64x2 = f64x2_add(sum_f64x2, f64x2_convert_low_i32x4(upper_half(before_i32x4)));
        let (low, high) = written.split_at_mut(PIXELS / 2);
        // SAFETY: `low` and `high` are the halves of a chunk of four doubles.
        unsafe {
            v128_store(low.as_mut_ptr().cast(), low_f64x2);
            v128_store(high.as_mut_ptr().cast(), high_f64x2);
        }
        sum_f64x2 = f64x2_add(sum_f64x2, f64x2_convert_low_i32x4(all_i32x4));
    }
    *sum = f64x2_extract_lane::<0>(sum_f64x2);
}

/// As [`scalar::sauvola_mask`](super::scalar::sauvola_mask).
pub fn sauvola_mask(
    levels: &[u8; BLOCK],
    sums: &[i32; BLOCK],
    squares: &[f64; BLOCK],
    area: f64,
    k: f64,
    mask: &mut [u8; BLOCK],
) {
    let (area_f64x2, k_f64x2, one_f64x2) = (f64x2_splat(area), f64x2_splat(k), f64x2_splat(1.0));
    // All bits set where a level is above its threshold; of the lower two lanes.
    let above = |level_i32x4, sum_i32x4, square_f64x2| {
        let mean_f64x2 = f64x2_div(f64x2_convert_low_i32x4(sum_i32x4), area_f64x2);
        let variance_f64x2 = f64x2_sub(f64x2_div(square_f64x2, area_f64x2), f64x2_mul(mean_f64x2, mean_f64x2));
        let deviation_f64x2 = f64x2_sqrt(f64x2_max(variance_f64x2, f64x2_splat(0.0)));
        let part_f64x2 = f64x2_sub(f64x2_div(deviation_f64x2, f64x2_splat(128.0)), one_f64x2);
        let threshold_f64x2 = f64x2_mul(mean_f64x2, f64x2_add(one_f64x2, f64x2_mul(k_f64x2, part_f64x2)));
        f64x2_gt(f64x2_convert_low_i32x4(level_i32x4), threshold_f64x2)
    };
    for first in (0..BLOCK).step_by(PIXELS) {
        // SAFETY: four of BLOCK bytes, words and doubles are left from `first` on, since BLOCK is a multiple of four.
        let (level_u8x4, sum_i32x4, low_f64x2, high_f64x2) = unsafe {
            (
                v128_load32_zero(levels.as_ptr().add(first).cast()),
                v128_load(sums.as_ptr().add(first).cast()),
                v128_load(squares.as_ptr().add(first).cast()),
                v128_load(squares.as_ptr().add(first + PIXELS / 2).cast()),
            )
        };
        let level_i32x4 = u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(level_u8x4));
        let low = above(level_i32x4, sum_i32x4, low_f64x2);
        let high = above(upper_half(level_i32x4), upper_half(sum_i32x4), high_f64x2);
        let one_u8x4 =
            v128_and(i8x16_shuffle::<0, 8, 16, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>(low, high), u8x16_splat(1));
        // SAFETY: as above.
        unsafe { v128_store32_lane::<0>(one_u8x4, mask.as_mut_ptr().add(first).cast()) };
    }
}

/// For each of four pixels, the sum of the differences before it; and the sum of all four in each lane.
fn running(entering: &[i32], leaving: &[i32]) -> (v128, v128) {
    // SAFETY: all callers hand over chunks of four words.
    let difference_i32x4 =
        unsafe { i32x4_sub(v128_load(entering.as_ptr().cast()), v128_load(leaving.as_ptr().cast())) };
    let zero = i32x4_splat(0);
    let pairs_i32x4 = i32x4_add(difference_i32x4, i32x4_shuffle::<4, 0, 1, 2>(difference_i32x4, zero));
    let through_i32x4 = i32x4_add(pairs_i32x4, i32x4_shuffle::<4, 5, 0, 1>(pairs_i32x4, zero));
    let all_i32x4 = i32x4_shuffle::<3, 3, 3, 3>(through_i32x4, through_i32x4);
    (i32x4_sub(through_i32x4, difference_i32x4), all_i32x4)
}

/// Lanes 2 and 3 in the place of 0 and 1.
fn upper_half(lanes_i32x4: v128) -> v128 {
    i32x4_shuffle::<2, 3, 2, 3>(lanes_i32x4, lanes_i32x4)
}
