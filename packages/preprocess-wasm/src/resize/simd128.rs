//! Weighted sums of rows, and transposition, sixteen pixels at a time.

use core::arch::wasm32::*;

use super::{AxisPlan, FRACTION_BITS, HALF, LOW_BITS, PAIR, Plane, Window, scalar};
use crate::narrow::u8x16_of_i32x4;
use crate::opaque::opaque;

/// Pixels in a vector.
const LANES: usize = 16;

/// As [`scalar::weighted_rows`].
///
/// ```text
/// for each output row, each 16 columns:
///     for each two taps: interleave the two rows' pixels as i16
///         high += dot([a b], [high_a high_b]), low += dot([a b], [low_a low_b])          4 vectors each
///     pixel = ((high << LOW_BITS) + low + HALF) >> FRACTION_BITS
/// ```
pub fn weighted_rows(plane: Plane, width: usize, plan: &AxisPlan, output: &mut [u8]) {
    if width < LANES {
        return scalar::weighted_rows(plane, width, plan, output);
    }
    let Plane { levels, stride } = plane;
    assert!(levels.len() >= (plan.source() - 1) * stride + width && output.len() == plan.target() * width);
    let half = opaque(i32x4_splat(HALF));
    for ((Window { start, count }, weights), output) in plan.outputs().zip(output.chunks_exact_mut(width)) {
        let (start, count) = (start as usize, count as usize);
        for step in (0..width).step_by(LANES) {
            // The last step overlaps the one before, so that it ends with the row.
            let column = step.min(width - LANES);
            // SAFETY: column + 16 <= width, and a plan's windows end within its source, by the assertion within the
            // plane; a plan has weights for at least `count` taps, in whole pairs.
            unsafe {
                let rows = levels.as_ptr().add(start * stride + column);
                let resized = weighted_u8x16(rows, stride, count, weights.as_ptr(), half);
                v128_store(output.as_mut_ptr().add(column).cast(), resized);
            }
        }
    }
}

/// Sixteen output pixels from `count` rows, which are `stride` bytes apart.
///
/// # Safety
/// 16 bytes can be read at `rows` and at each of `count - 1` steps of `stride` behind it, and whole pairs of
/// weights for `count` taps at `weights`.
#[inline(always)]
unsafe fn weighted_u8x16(rows: *const u8, stride: usize, count: usize, weights: *const i16, half: v128) -> v128 {
    // A window of odd length reads its last row twice: the second weight is 0.
    let below = |tap: usize| if tap + 1 < count { stride } else { 0 };
    // SAFETY: upheld by this function's own contract.
    let [mut high, mut low] = unsafe { weighted_pair(rows, below(0), weights) };
    let mut tap = 2;
    while tap < count {
        // SAFETY: upheld by this function's own contract; `tap` is even, and the halves of the pairs before are 2 * tap
        // numbers.
        let [more_high, more_low] = unsafe { weighted_pair(rows.add(tap * stride), below(tap), weights.add(2 * tap)) };
        high = sums(high, more_high);
        low = sums(low, more_low);
        tap += 2;
    }
    let level = |part: usize| {
        let sum = i32x4_add(i32x4_shl(high[part], LOW_BITS), low[part]);
        i32x4_shr(i32x4_add(sum, half), FRACTION_BITS)
    };
    // Narrowing clamps to 0..=255.
    u8x16_of_i32x4([level(0), level(1), level(2), level(3)])
}

/// Sixteen columns of two rows, times the high and the low halves of their weights.
///
/// # Safety
/// 16 bytes can be read at `row` and `below` bytes behind it, and four weights.
#[inline(always)]
unsafe fn weighted_pair(row: *const u8, below: usize, weights: *const i16) -> [[v128; 4]; 2] {
    // SAFETY: upheld by this function's own contract.
    let (a, b, high, low) = unsafe {
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
    [pairs.map(|pairs| i32x4_dot_i16x8(pairs, high)), pairs.map(|pairs| i32x4_dot_i16x8(pairs, low))]
}

#[inline(always)]
fn sums(a: [v128; 4], b: [v128; 4]) -> [v128; 4] {
    [i32x4_add(a[0], b[0]), i32x4_add(a[1], b[1]), i32x4_add(a[2], b[2]), i32x4_add(a[3], b[3])]
}

/// As [`scalar::transpose`].
///
/// ```text
/// for each 16 x 16 tile: four times, vector 2 i and 2 i + 1 become vectors i and i + 8 interleaved
/// ```
pub fn transpose(plane: Plane, (rows, columns): (usize, usize), target: &mut [u8], target_stride: usize) {
    if rows < LANES || columns < LANES {
        return scalar::transpose(plane, (rows, columns), target, target_stride);
    }
    let Plane { levels, stride } = plane;
    assert!(levels.len() >= (rows - 1) * stride + columns && target.len() >= (columns - 1) * target_stride + rows);
    // The last tile of a row or column overlaps the one before, so that it ends with the plane.
    let starts = |length: usize| (0..length).step_by(LANES).map(move |start| start.min(length - LANES));
    for row in starts(rows) {
        for column in starts(columns) {
            let mut tile = [i32x4_splat(0); LANES];
            for (index, vector) in tile.iter_mut().enumerate() {
                // SAFETY: row + index < rows and column + 16 <= columns: within `levels` by the assertion above.
                *vector = unsafe { v128_load(levels.as_ptr().add((row + index) * stride + column).cast()) };
            }
            let tile = interleaved_tile(interleaved_tile(interleaved_tile(interleaved_tile(tile))));
            for (index, &vector) in tile.iter().enumerate() {
                // SAFETY: column + index < columns and row + 16 <= rows: within `target` by the assertion above.
                unsafe { v128_store(target.as_mut_ptr().add((column + index) * target_stride + row).cast(), vector) };
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
