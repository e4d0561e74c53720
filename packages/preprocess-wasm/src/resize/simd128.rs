//! Weighted sums of rows, and transposition, sixteen pixels at a time.

use core::arch::wasm32::*;

use super::{AxisPlan, FRACTION_BITS, HALF, LOW_BITS, PAIR, scalar};

/// Pixels in a vector.
const LANES: usize = 16;

/// As [`scalar::weighted_rows`].
///
/// ```text
/// for each output row, each 16 columns:
///     for each two taps: interleave the two rows' pixels as i16
///         high += dot([a b], [high_a high_b]), low += dot([a b], [low_a low_b])          4 vectors each
///     pixel = ((high << LOW_BITS) + low) >> FRACTION_BITS                                 low starts at HALF
/// ```
pub fn weighted_rows(plane: &[u8], width: usize, plan: &AxisPlan, output: &mut [u8]) {
    if width < LANES {
        return scalar::weighted_rows(plane, width, plan, output);
    }
    for (y, output_row) in output.chunks_exact_mut(width).enumerate() {
        let (window, weights) = plan.output(y);
        let rows = &plane[window.start as usize * width..][..window.count as usize * width];
        for step in (0..width).step_by(LANES) {
            // The last step overlaps the one before, so that it ends with the row.
            let column = step.min(width - LANES);
            // SAFETY: column + 16 <= width, the length of each row; `AxisPlan::output` gives weights for at least `count`
            // taps, in whole pairs.
            unsafe {
                let levels = weighted_u8x16(rows.as_ptr().add(column), width, window.count as usize, weights.as_ptr());
                v128_store(output_row.as_mut_ptr().add(column).cast(), levels);
            }
        }
    }
}

/// Sixteen output pixels from `count` rows, which are `pitch` bytes apart.
///
/// # Safety
/// 16 bytes can be read at `rows` and at each of `count - 1` steps of `pitch` behind it, and whole pairs of weights for
/// `count` taps at `weights`.
#[inline(always)]
unsafe fn weighted_u8x16(rows: *const u8, pitch: usize, count: usize, weights: *const i16) -> v128 {
    let mut high = [i32x4_splat(0); 4];
    let mut low = [i32x4_splat(HALF); 4];
    for tap in (0..count).step_by(2) {
        // A window of odd length reads its last row twice: the second weight is 0.
        let below = if tap + 1 < count { pitch } else { 0 };
        // SAFETY: the caller's contract.
        let (a, b, high_weights, low_weights) = unsafe {
            let row = rows.add(tap * pitch);
            // `tap` is even: the halves of the pairs before are 2 * tap numbers.
            let weights = weights.add(2 * tap);
            (
                v128_load(row.cast()),
                v128_load(row.add(below).cast()),
                v128_load32_splat(weights.cast()),
                v128_load32_splat(weights.add(PAIR).cast()),
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
    let level = |part: usize| i32x4_shr(i32x4_add(i32x4_shl(high[part], LOW_BITS), low[part]), FRACTION_BITS);
    // Narrowing clamps to 0..=255.
    u8x16_narrow_i16x8(i16x8_narrow_i32x4(level(0), level(1)), i16x8_narrow_i32x4(level(2), level(3)))
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
            let tile = interleaved_tile(interleaved_tile(interleaved_tile(interleaved_tile(tile))));
            for (index, &vector) in tile.iter().enumerate() {
                // SAFETY: column + index < columns and row + 16 <= rows: within `target` by the assertion above.
                unsafe { v128_store(target.as_mut_ptr().add((column + index) * target_pitch + row).cast(), vector) };
            }
        }
    }
}

/// Vectors 2 i and 2 i + 1 are vectors i and i + 8 interleaved.
#[inline(always)]
fn interleaved_tile([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]: [v128; LANES]) -> [v128; LANES] {
    [
        interleaved_low_u8x16(a, i),
        interleaved_high_u8x16(a, i),
        interleaved_low_u8x16(b, j),
        interleaved_high_u8x16(b, j),
        interleaved_low_u8x16(c, k),
        interleaved_high_u8x16(c, k),
        interleaved_low_u8x16(d, l),
        interleaved_high_u8x16(d, l),
        interleaved_low_u8x16(e, m),
        interleaved_high_u8x16(e, m),
        interleaved_low_u8x16(f, n),
        interleaved_high_u8x16(f, n),
        interleaved_low_u8x16(g, o),
        interleaved_high_u8x16(g, o),
        interleaved_low_u8x16(h, p),
        interleaved_high_u8x16(h, p),
    ]
}

/// `[a0 b0 a1 b1 ... a7 b7]`
fn interleaved_low_u8x16(a: v128, b: v128) -> v128 {
    i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b)
}

/// `[a8 b8 a9 b9 ... a15 b15]`
fn interleaved_high_u8x16(a: v128, b: v128) -> v128 {
    i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b)
}
