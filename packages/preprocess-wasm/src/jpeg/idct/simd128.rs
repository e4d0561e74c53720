//! The inverse DCT, eight columns or rows at a time.
//!
//! ```text
//! for each half of the lanes:
//!     even = dot([c0 c4], [ONE ±ONE]) ± dot([c2 c6], EVEN)
//!     odd  = dot([c1 c3], ODD) + dot([c5 c7], ODD)
//! out = narrow((even ± odd + half) >> shift)
//! ```
//! With levels up to 16,383, the sums of four products stay below 2^31.

use core::arch::wasm32::*;

use super::{COLUMN_SHIFT, EVEN, MOST_BETWEEN, MOST_OUTPUT, ODD, ONE, ROW_SHIFT};
use crate::narrow::{i16x8_of_i32x4, u8x16_of_i16x8};
use crate::opaque::opaque;

/// As [`super::scalar::idct`].
#[inline(always)]
pub fn idct(coefficients: &mut [i16; 64], output: &mut [u8], stride: usize) -> Option<()> {
    // Opaque, so that it does not become a call that fills memory.
    let zeros = opaque(i16x8_splat(0));
    let rows = core::array::from_fn(|y| {
        let row = &mut coefficients[8 * y..][..8];
        // SAFETY: the slice has 16 bytes.
        unsafe {
            let levels = v128_load(row.as_ptr().cast());
            v128_store(row.as_mut_ptr().cast(), zeros);
            levels
        }
    });
    let columns = transposed(pass::<COLUMN_SHIFT>(rows));
    let levels = pass::<ROW_SHIFT>(columns);
    if exceeds(&columns, MOST_BETWEEN) || exceeds(&levels, MOST_OUTPUT) {
        return None;
    }
    let middle = i16x8_splat(128);
    let rows = transposed(levels).map(|row| i16x8_add(row, middle));
    for (pair, row) in rows.chunks_exact(2).zip(output.chunks_mut(2 * stride)) {
        let levels = u8x16_of_i16x8([pair[0], pair[1]]);
        let (first, second) = row.split_at_mut_checked(stride)?;
        *first.first_chunk_mut()? = u64x2_extract_lane::<0>(levels).to_le_bytes();
        *second.first_chunk_mut()? = u64x2_extract_lane::<1>(levels).to_le_bytes();
    }
    Some(())
}

/// Whether the absolute value of any lane is more than `most`.
#[inline(always)]
fn exceeds(vectors: &[v128; 8], most: i16) -> bool {
    let largest = vectors.iter().fold(i16x8_splat(0), |largest, &vector| u16x8_max(largest, i16x8_abs(vector)));
    v128_any_true(u16x8_gt(largest, i16x8_splat(most)))
}

#[inline(always)]
fn pair(first: i16, second: i16) -> v128 {
    i16x8(first, second, first, second, first, second, first, second)
}

#[inline(always)]
fn low(one: v128, other: v128) -> v128 {
    i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(one, other)
}

#[inline(always)]
fn high(one: v128, other: v128) -> v128 {
    i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(one, other)
}

/// One dimension: vector `i` has coefficient `i` of eight columns, and then output `i`.
#[inline(always)]
fn pass<const SHIFT: u32>(input: [v128; 8]) -> [v128; 8] {
    let halves = [low, high].map(|half| {
        half_pass::<SHIFT>([
            half(input[0], input[4]),
            half(input[2], input[6]),
            half(input[1], input[3]),
            half(input[5], input[7]),
        ])
    });
    core::array::from_fn(|index| i16x8_of_i32x4([halves[0][index], halves[1][index]]))
}

#[inline(always)]
fn half_pass<const SHIFT: u32>([outer, inner, first, last]: [v128; 4]) -> [v128; 8] {
    let half = i32x4_splat(1 << (SHIFT - 1));
    let sum = i32x4_add(i32x4_dot_i16x8(outer, pair(ONE, ONE)), half);
    let difference = i32x4_add(i32x4_dot_i16x8(outer, pair(ONE, -ONE)), half);
    let [one, two] = EVEN.map(|[two, six]| i32x4_dot_i16x8(inner, pair(two, six)));
    let even = [i32x4_add(sum, one), i32x4_add(difference, two), i32x4_sub(difference, two), i32x4_sub(sum, one)];
    let odd = ODD.map(|[one, three, five, seven]| {
        i32x4_add(i32x4_dot_i16x8(first, pair(one, three)), i32x4_dot_i16x8(last, pair(five, seven)))
    });
    core::array::from_fn(|index| match index {
        0..4 => i32x4_shr(i32x4_add(even[index], odd[index]), SHIFT),
        _ => i32x4_shr(i32x4_sub(even[7 - index], odd[7 - index]), SHIFT),
    })
}

#[inline(always)]
fn transposed(rows: [v128; 8]) -> [v128; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    let (a, b, c, d, e, f, g, h) =
        (low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h));
    let (a, b, c, d, e, f, g, h) =
        (low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h));
    [low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h)]
}
