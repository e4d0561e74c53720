//! Weighted sums of rows, and transposition, sixteen pixels at a time.

use core::arch::wasm32::*;

use super::{FRACTION_BITS, GROUP, HALF, LOW_BITS, Window, scalar};

/// Pixels in a vector.
const LANES: usize = 16;

/// As [`scalar::weighted_row`].
///
/// ```text
/// for each 16 columns:
///     for each two taps: interleave the two rows' pixels as i16
///         high += dot([a b], [high_a high_b]), low += dot([a b], [low_a low_b])          4 vectors each
///     pixel = ((high << LOW_BITS) + low + HALF) >> FRACTION_BITS
/// ```
pub fn weighted_row(plane: &[u8], pitch: usize, window: Window, weights: &[i16], output: &mut [u8]) {
    if output.len() < LANES {
        return scalar::weighted_row(plane, pitch, window, weights, output);
    }
    let count = window.count as usize;
    let rows = &plane[window.start as usize * pitch..];
    assert!(rows.len() >= (count - 1) * pitch + output.len() && weights.len() >= 2 * count.next_multiple_of(GROUP));

    for step in (0..output.len()).step_by(LANES) {
        // The last step overlaps the one before, so that it ends with the row.
        let column = step.min(output.len() - LANES);
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
            let (first, last) = (interleaved_low_u8x16(a, b), interleaved_high_u8x16(a, b));
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
        let pixel = |part: usize| rounded_i32x4(high[part], low[part]);
        let levels = u8x16_narrow_i16x8(i16x8_narrow_i32x4(pixel(0), pixel(1)), i16x8_narrow_i32x4(pixel(2), pixel(3)));
        // SAFETY: `column + 16 <= output.len()`.
        unsafe { v128_store(output.as_mut_ptr().add(column).cast(), levels) };
    }
}

/// As [`scalar::transpose`].
///
/// ```text
/// for each 16 x 16 tile: four times, vector 2 i and 2 i + 1 become vectors i and i + 8 interleaved
/// ```
pub fn transpose(
    source: &[u8],
    source_pitch: usize,
    (rows, columns): (usize, usize),
    target: &mut [u8],
    target_pitch: usize,
) {
    if rows < LANES || columns < LANES {
        return scalar::transpose(source, source_pitch, (rows, columns), target, target_pitch);
    }
    assert!(source.len() >= (rows - 1) * source_pitch + columns && target.len() >= (columns - 1) * target_pitch + rows);
    // The last tile of a row or column overlaps the one before, so that it ends with the plane.
    let starts = |length: usize| (0..length).step_by(LANES).map(move |start| start.min(length - LANES));
    for row in starts(rows) {
        for column in starts(columns) {
            let mut tile = [i32x4_splat(0); LANES];
            for (index, vector) in tile.iter_mut().enumerate() {
                // SAFETY: row + index < rows and column + 16 <= columns: within `source` by the assertion above.
                *vector = unsafe { v128_load(source.as_ptr().add((row + index) * source_pitch + column).cast()) };
            }
            for _ in 0..LANES.ilog2() {
                let mut interleaved = tile;
                for index in 0..LANES / 2 {
                    let (a, b) = (tile[index], tile[index + LANES / 2]);
                    interleaved[2 * index] = interleaved_low_u8x16(a, b);
                    interleaved[2 * index + 1] = interleaved_high_u8x16(a, b);
                }
                tile = interleaved;
            }
            for (index, &vector) in tile.iter().enumerate() {
                // SAFETY: column + index < columns and row + 16 <= rows: within `target` by the assertion above.
                unsafe { v128_store(target.as_mut_ptr().add((column + index) * target_pitch + row).cast(), vector) };
            }
        }
    }
}

/// `[a0 b0 a1 b1 ... a7 b7]`
fn interleaved_low_u8x16(a: v128, b: v128) -> v128 {
    i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b)
}

/// `[a8 b8 a9 b9 ... a15 b15]`
fn interleaved_high_u8x16(a: v128, b: v128) -> v128 {
    i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b)
}

/// The sum whose two halves were taken apart, rounded; narrowing clamps it to 0..=255.
fn rounded_i32x4(high: v128, low: v128) -> v128 {
    let sum = i32x4_add(i32x4_shl(high, LOW_BITS), low);
    i32x4_shr(i32x4_add(sum, i32x4_splat(HALF)), FRACTION_BITS)
}
