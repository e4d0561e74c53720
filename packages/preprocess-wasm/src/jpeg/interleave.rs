//! Vectors of 16-bit lanes in turns, for products of pairs and for transposes.

use core::arch::wasm32::{i16x8_shuffle, i32x4_dot_i16x8, v128, v128_load};

/// The first four lanes of both, in turns.
#[inline(always)]
pub fn low(one: v128, other: v128) -> v128 {
    i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(one, other)
}

/// The last four lanes of both, in turns.
#[inline(always)]
pub fn high(one: v128, other: v128) -> v128 {
    i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(one, other)
}

/// Factors of pairs of lanes, in memory: engines make a constant anew wherever it is used, in three instructions.
pub const fn pair(first: i16, second: i16) -> [i16; 8] {
    [first, second, first, second, first, second, first, second]
}

/// The sums of pairs of lanes times their factors.
#[inline(always)]
pub fn dot(pairs: v128, factors: &[i16; 8]) -> v128 {
    // SAFETY: the array has 16 bytes.
    i32x4_dot_i16x8(pairs, unsafe { v128_load(factors.as_ptr().cast()) })
}

/// Eight rows of eight lanes to columns.
#[inline(always)]
pub fn transposed(rows: [v128; 8]) -> [v128; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    let (a, b, c, d, e, f, g, h) =
        (low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h));
    let (a, b, c, d, e, f, g, h) =
        (low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h));
    [low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h)]
}
