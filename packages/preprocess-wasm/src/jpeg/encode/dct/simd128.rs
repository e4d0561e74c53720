//! The DCT, eight columns or rows at a time.
//!
//! ```text
//! for each half of the lanes, with g0 to g3 the differences of the outermost two inputs to the innermost:
//!     even = dot([outer inner], EVEN)
//!     odd  = dot([g0 g1], ODD) + dot([g2 g3], ODD)
//! out = narrow((even or odd + half) >> shift)
//! ```
//! The factors of the odd part are the sums of libjpeg's. Nothing is rounded in between, so the results are the same.

use core::arch::wasm32::*;
use core::hint::black_box;

use super::{BITS_BETWEEN, Divisors, FACTOR_BITS};
use crate::jpeg::interleave::{dot, high, low, pair, transposed};
use crate::narrow::i16x8_of_i32x4;

/// Factors of pairs, in memory: engines make a constant anew wherever it is used, in three instructions.
#[repr(C, align(16))]
struct Factors {
    /// Of the even part, for coefficients 2 and 6.
    even: [[i16; 8]; 2],
    /// Of g0 and g1, for coefficients 1, 3, 5 and 7.
    first: [[i16; 8]; 4],
    /// Of g2 and g3.
    last: [[i16; 8]; 4],
}

static FACTORS: Factors = Factors {
    even: [pair(10_703, 4_433), pair(4_433, -10_704)],
    first: [pair(11_363, 9_633), pair(9_633, -2_259), pair(6_437, -11_362), pair(2_260, -6_436)],
    last: [pair(6_437, 2_260), pair(-11_362, -6_436), pair(2_261, 9_633), pair(9_633, -11_363)],
};

/// As [`super::scalar::quotients`].
#[inline(never)]
pub fn quotients(levels: &[u8], stride: usize, divisors: &Divisors) -> [i16; 64] {
    let factors = black_box(&FACTORS);
    assert!(levels.len() >= 7 * stride + 8);
    let rows = core::array::from_fn(|y| {
        // SAFETY: the last row's 8 bytes end within the levels, by the assertion above.
        let row = unsafe { i16x8_load_extend_u8x8(levels.as_ptr().add(y * stride)) };
        i16x8_sub(row, i16x8_splat(128))
    });
    let once = pass::<{ FACTOR_BITS - BITS_BETWEEN }>(factors, transposed(rows), |sum| i16x8_shl(sum, BITS_BETWEEN));
    let half = i16x8_splat(1 << (BITS_BETWEEN - 1));
    let plain = |sum| i16x8_shr(i16x8_add(sum, half), BITS_BETWEEN);
    let coefficients = pass::<{ FACTOR_BITS + BITS_BETWEEN }>(factors, transposed(once), plain);
    let mut quotients = [0; 64];
    for (y, (row, coefficients)) in quotients.chunks_exact_mut(8).zip(coefficients).enumerate() {
        // SAFETY: all of these arrays have 64 numbers, of which these are 8.
        unsafe {
            let [correction, reciprocal, scale] = [&divisors.corrections, &divisors.reciprocals, &divisors.scales]
                .map(|numbers| v128_load(numbers.as_ptr().add(8 * y).cast()));
            let sum = i16x8_add(i16x8_abs(coefficients), correction);
            let quotient = upper_halves(upper_halves(sum, reciprocal), scale);
            let sign = i16x8_shr(coefficients, 15);
            v128_store(row.as_mut_ptr().cast(), i16x8_sub(v128_xor(quotient, sign), sign));
        }
    }
    quotients
}

/// As [`super::scalar::occurring`].
pub fn occurring(numbers: &[i16; 64]) -> u64 {
    numbers.chunks_exact(8).rev().fold(0, |bits, row| {
        // SAFETY: the chunk has 16 bytes.
        let zeros = i16x8_eq(unsafe { v128_load(row.as_ptr().cast()) }, i16x8_splat(0));
        bits << 8 | u64::from(!i16x8_bitmask(zeros))
    })
}

/// The upper 16 bits of products of unsigned lanes.
#[inline(always)]
fn upper_halves(one: v128, other: v128) -> v128 {
    let (first, last) = (u32x4_extmul_low_u16x8(one, other), u32x4_extmul_high_u16x8(one, other));
    i16x8_shuffle::<1, 3, 5, 7, 9, 11, 13, 15>(first, last)
}

/// One dimension: vector `i` has input `i` of eight rows or columns, and then coefficient `i`. As [`super::scalar::pass`].
#[inline(always)]
fn pass<const SHIFT: u32>(factors: &Factors, input: [v128; 8], plain: impl Fn(v128) -> v128) -> [v128; 8] {
    let [a, b, c, d, e, f, g, h] = input;
    let (ends, middle) = (i16x8_add(a, h), i16x8_add(d, e));
    let (next, inside) = (i16x8_add(b, g), i16x8_add(c, f));
    let (outer, outer_gap) = (i16x8_add(ends, middle), i16x8_sub(ends, middle));
    let (inner, inner_gap) = (i16x8_add(next, inside), i16x8_sub(next, inside));
    let gaps = [i16x8_sub(a, h), i16x8_sub(b, g), i16x8_sub(c, f), i16x8_sub(d, e)];
    let halves = [low, high].map(|half| {
        let gap = half(outer_gap, inner_gap);
        let (first, last) = (half(gaps[0], gaps[1]), half(gaps[2], gaps[3]));
        let even: [v128; 2] = core::array::from_fn(|index| rounded::<SHIFT>(dot(gap, &factors.even[index])));
        let odd: [v128; 4] = core::array::from_fn(|index| {
            rounded::<SHIFT>(i32x4_add(dot(first, &factors.first[index]), dot(last, &factors.last[index])))
        });
        (even, odd)
    });
    let even = |index: usize| i16x8_of_i32x4([halves[0].0[index], halves[1].0[index]]);
    let odd = |index: usize| i16x8_of_i32x4([halves[0].1[index], halves[1].1[index]]);
    let (sum, difference) = (plain(i16x8_add(outer, inner)), plain(i16x8_sub(outer, inner)));
    [sum, odd(0), even(0), odd(1), difference, odd(2), even(1), odd(3)]
}

#[inline(always)]
fn rounded<const SHIFT: u32>(sum: v128) -> v128 {
    i32x4_shr(i32x4_add(sum, i32x4_splat(1 << (SHIFT - 1))), SHIFT)
}
