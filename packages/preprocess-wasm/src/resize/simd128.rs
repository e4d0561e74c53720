//! The two passes, four pixels a step along a row and sixteen a step down the columns.

use core::arch::wasm32::*;

use super::{AxisPlan, FRACTION_BITS, GROUP, HALF, LOW_BITS, ROW_PADDING, Window, scalar};

/// As [`scalar::horizontal_row`].
///
/// ```text
/// for each output:
///     for each group of 8 taps: high += dot(taps_i16x8, high halves), low += dot(taps_i16x8, low halves)
///     sum_i32x4 = (high << LOW_BITS) + low                        four partial sums
/// for each four outputs: add the partial sums by a 4 x 4 transposition, round, store
/// ```
pub fn horizontal_row(row: &[u8], plan: &AxisPlan, output: &mut [u8]) {
    const OUTPUTS: usize = 4;
    let mut planned = plan.outputs();
    let mut next_sum = || {
        let (window, weights) = planned.next().unwrap_or((Window::default(), &[]));
        window_sum_i32x4(row, window, weights)
    };
    for pixels in output.chunks_mut(OUTPUTS) {
        let sums = transposed_sum_i32x4([next_sum(), next_sum(), next_sum(), next_sum()]);
        let levels = rounded_i32x4(sums);
        let words = i16x8_narrow_i32x4(levels, levels);
        let bytes = u32x4_extract_lane::<0>(u8x16_narrow_i16x8(words, words)).to_le_bytes();
        pixels.copy_from_slice(&bytes[..pixels.len()]);
    }
}

/// As [`scalar::vertical_row`].
///
/// ```text
/// for each 16 columns:
///     for each two taps: interleave the two rows' pixels as i16
///         high += dot([a b], [high_a high_b]), low += dot([a b], [low_a low_b])          4 vectors each
///     pixel = ((high << LOW_BITS) + low + HALF) >> FRACTION_BITS
/// ```
pub fn vertical_row(plane: &[u8], pitch: usize, plan: &AxisPlan, y: usize, output: &mut [u8]) {
    const COLUMNS: usize = 16;
    let (window, weights) = plan.output(y);
    let count = window.count as usize;
    let rows = &plane[window.start as usize * pitch..];
    assert!(rows.len() >= (count - 1) * pitch + output.len() && weights.len() >= 2 * count.next_multiple_of(GROUP));

    if output.len() < COLUMNS {
        return scalar::vertical_row(plane, pitch, plan, y, output);
    }
    for step in (0..output.len()).step_by(COLUMNS) {
        // The last step overlaps the one before, so that it ends with the row.
        let column = step.min(output.len() - COLUMNS);
        let mut high = [i32x4_splat(0); 4];
        let mut low = [i32x4_splat(0); 4];
        for tap in (0..count).step_by(2) {
            // A window of odd length reads its last row twice: the second weight is 0.
            let below = if tap + 1 < count { pitch } else { 0 };
            let index = tap / GROUP * 2 * GROUP + tap % GROUP;
            // SAFETY: `column + 16 <= output.len()`, so both row reads end within `rows`, and `index + GROUP + 2` lies
            // within `weights`: both by the assertion above.
            let (a, b, high_weights, low_weights) = unsafe {
                let row = rows.as_ptr().add(tap * pitch + column);
                let weights = weights.as_ptr().add(index);
                (
                    v128_load(row.cast()),
                    v128_load(row.add(below).cast()),
                    v128_load32_splat(weights.cast()),
                    v128_load32_splat(weights.add(GROUP).cast()),
                )
            };
            let first = i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b);
            let last = i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b);
            let pairs = [
                u16x8_extend_low_u8x16(first),
                u16x8_extend_high_u8x16(first),
                u16x8_extend_low_u8x16(last),
                u16x8_extend_high_u8x16(last),
            ];
            for (part, pairs) in pairs.into_iter().enumerate() {
                high[part] = i32x4_add(high[part], i32x4_dot_i16x8(pairs, high_weights));
                low[part] = i32x4_add(low[part], i32x4_dot_i16x8(pairs, low_weights));
            }
        }
        let pixel = |part: usize| rounded_i32x4(joined_i32x4(high[part], low[part]));
        let levels = u8x16_narrow_i16x8(i16x8_narrow_i32x4(pixel(0), pixel(1)), i16x8_narrow_i32x4(pixel(2), pixel(3)));
        // SAFETY: `column + 16 <= output.len()`.
        unsafe { v128_store(output.as_mut_ptr().add(column).cast(), levels) };
    }
}

/// Four numbers whose sum is that of all `tap * weight` of a window.
fn window_sum_i32x4(row: &[u8], window: Window, weights: &[i16]) -> v128 {
    let groups = (window.count as usize).div_ceil(GROUP);
    let taps = &row[window.start as usize..];
    assert!(taps.len() >= groups * GROUP && weights.len() >= groups * 2 * GROUP);
    let mut high = i32x4_splat(0);
    let mut low = i32x4_splat(0);
    for group in 0..groups {
        // SAFETY: the assertion above bounds both slices by whole groups.
        let (taps, high_weights, low_weights) = unsafe {
            let weights = weights.as_ptr().add(group * 2 * GROUP);
            (
                i16x8_load_extend_u8x8(taps.as_ptr().add(group * GROUP)),
                v128_load(weights.cast()),
                v128_load(weights.add(GROUP).cast()),
            )
        };
        high = i32x4_add(high, i32x4_dot_i16x8(taps, high_weights));
        low = i32x4_add(low, i32x4_dot_i16x8(taps, low_weights));
    }
    joined_i32x4(high, low)
}

/// Lane i of the result is the sum of the four lanes of vector i.
fn transposed_sum_i32x4([a, b, c, d]: [v128; 4]) -> v128 {
    let ab = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
    let cd = i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    i32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd))
}

/// The sum whose two halves were taken apart.
fn joined_i32x4(high: v128, low: v128) -> v128 {
    i32x4_add(i32x4_shl(high, LOW_BITS), low)
}

/// `(sum + HALF) >> FRACTION_BITS`; narrowing clamps it to 0..=255.
fn rounded_i32x4(sum: v128) -> v128 {
    i32x4_shr(i32x4_add(sum, i32x4_splat(HALF)), FRACTION_BITS)
}

/// Windows are read in whole groups.
const _: () = assert!(ROW_PADDING >= GROUP - 1);
