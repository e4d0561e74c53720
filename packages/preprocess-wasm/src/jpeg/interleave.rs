//! Vectors of 16-bit lanes in turns, for products of pairs and for transposes.

use core::arch::wasm32::{i16x8_shuffle, v128};

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
