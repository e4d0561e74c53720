//! The inverse DCT, eight columns or rows at a time.
//!
//! ```text
//! for each half of the lanes:
//!     even = (c0 ± c4 << 13) ± dot([c2 c6], EVEN)
//!     odd  = dot([c1 c3], ODD) + dot([c5 c7], ODD)
//! out = narrow((even ± odd + half) >> shift)
//! ```
//! With levels up to 16,383, the sums of four products stay below 2^31.
//!
//! If all but the first four rows and columns are 0, coefficients 4 to 7 are left out, and half of the columns.

use core::arch::wasm32::*;
use core::hint::black_box;

use super::super::interleave::{dot, high, low, pair, transposed};
use super::{COLUMN_SHIFT, EVEN, FEW, MOST_BETWEEN, MOST_OUTPUT, ODD, ONE_BITS, ROW_SHIFT};
use crate::narrow::{i16x8_of_i32x4, u8x16_of_i16x8};
use crate::opaque::opaque;

/// Factors of pairs of coefficients, in memory: engines make a constant anew wherever it is used, in three instructions.
#[repr(C, align(16))]
struct Factors {
    /// Of 2 and 6.
    even: [[i16; 8]; 2],
    /// Of 1 and 3.
    first: [[i16; 8]; 4],
    /// Of 5 and 7.
    last: [[i16; 8]; 4],
}

static FACTORS: Factors = Factors {
    even: [pair(EVEN[0][0], EVEN[0][1]), pair(EVEN[1][0], EVEN[1][1])],
    first: [
        pair(ODD[0][0], ODD[0][1]),
        pair(ODD[1][0], ODD[1][1]),
        pair(ODD[2][0], ODD[2][1]),
        pair(ODD[3][0], ODD[3][1]),
    ],
    last: [
        pair(ODD[0][2], ODD[0][3]),
        pair(ODD[1][2], ODD[1][3]),
        pair(ODD[2][2], ODD[2][3]),
        pair(ODD[3][2], ODD[3][3]),
    ],
};

/// As [`super::scalar::idct`].
#[inline(never)]
pub fn idct(coefficients: &mut [i16; 64], last: usize, output: &mut [u8], stride: usize) -> Option<()> {
    let factors = black_box(&FACTORS);
    let (levels, exceeds_between) = if last < FEW {
        let columns = few_columns(factors, taken(coefficients));
        (pass_of_few::<ROW_SHIFT>(factors, columns), exceeds(&columns, MOST_BETWEEN))
    } else {
        let columns = transposed(pass::<COLUMN_SHIFT>(factors, taken(coefficients)));
        (pass::<ROW_SHIFT>(factors, columns), exceeds(&columns, MOST_BETWEEN))
    };
    if exceeds_between || exceeds(&levels, MOST_OUTPUT) {
        return None;
    }
    let middle = i16x8_splat(128);
    let rows = transposed(levels).map(|row| i16x8_add(row, middle));
    let output = output.get_mut(..7 * stride + 8)?;
    for (index, pair) in rows.chunks_exact(2).enumerate() {
        let levels = u8x16_of_i16x8([pair[0], pair[1]]);
        let (first, second) = output[2 * index * stride..].split_at_mut_checked(stride)?;
        let (first, second) = (first.first_chunk_mut::<8>()?, second.first_chunk_mut::<8>()?);
        // SAFETY: the arrays have 8 bytes.
        unsafe {
            v128_store64_lane::<0>(levels, first.as_mut_ptr().cast());
            v128_store64_lane::<1>(levels, second.as_mut_ptr().cast());
        }
    }
    Some(())
}

/// The first rows of coefficients, which are 0 afterwards.
#[inline(always)]
fn taken<const ROWS: usize>(coefficients: &mut [i16; 64]) -> [v128; ROWS] {
    // Opaque, so that it does not become a call that fills memory.
    let zeros = opaque(i16x8_splat(0));
    core::array::from_fn(|y| {
        let row = &mut coefficients[8 * y..][..8];
        // SAFETY: the slice has 16 bytes.
        unsafe {
            let levels = v128_load(row.as_ptr().cast());
            v128_store(row.as_mut_ptr().cast(), zeros);
            levels
        }
    })
}

/// Whether the absolute value of any lane is more than `most`.
#[inline(always)]
fn exceeds(vectors: &[v128], most: i16) -> bool {
    let largest = vectors.iter().fold(i16x8_splat(0), |largest, &vector| u16x8_max(largest, i16x8_abs(vector)));
    v128_any_true(u16x8_gt(largest, i16x8_splat(most)))
}

/// One dimension: vector `i` has coefficient `i` of eight columns, and then output `i`.
#[inline(always)]
fn pass<const SHIFT: u32>(factors: &Factors, input: [v128; 8]) -> [v128; 8] {
    let (zero, sum, difference) = (i16x8_splat(0), i16x8_add(input[0], input[4]), i16x8_sub(input[0], input[4]));
    let halves = [low, high].map(|half| {
        let outer = [half(zero, sum), half(zero, difference)];
        let odd = [half(input[1], input[3]), half(input[5], input[7])];
        half_pass::<SHIFT>(factors, outer, half(input[2], input[6]), odd[0], Some(odd[1]))
    });
    core::array::from_fn(|index| i16x8_of_i32x4([halves[0][index], halves[1][index]]))
}

/// [`pass`] of coefficients 0 to 3; the others are 0.
#[inline(always)]
fn pass_of_few<const SHIFT: u32>(factors: &Factors, input: [v128; 4]) -> [v128; 8] {
    let halves = [low, high].map(|half| half_pass_of_few::<SHIFT>(factors, input, half));
    core::array::from_fn(|index| i16x8_of_i32x4([halves[0][index], halves[1][index]]))
}

#[inline(always)]
fn half_pass_of_few<const SHIFT: u32>(
    factors: &Factors,
    input: [v128; 4],
    half: impl Fn(v128, v128) -> v128,
) -> [v128; 8] {
    let zero = i16x8_splat(0);
    let outer = half(zero, input[0]);
    half_pass::<SHIFT>(factors, [outer, outer], half(input[2], zero), half(input[1], input[3]), None)
}

/// The first four columns of a block whose others are 0, as those of [`pass`], transposed.
#[inline(always)]
fn few_columns(factors: &Factors, rows: [v128; 4]) -> [v128; 4] {
    let outputs = half_pass_of_few::<COLUMN_SHIFT>(factors, rows, low);
    // Outputs `i` and `i + 4`, of four columns each.
    let [a, b, c, d] = core::array::from_fn(|index| i16x8_of_i32x4([outputs[index], outputs[index + 4]]));
    let (evens, odds) = (low(a, c), low(b, d));
    let (first, second) = (low(evens, odds), high(evens, odds));
    let (evens, odds) = (high(a, c), high(b, d));
    let (third, fourth) = (low(evens, odds), high(evens, odds));
    [
        i64x2_shuffle::<0, 2>(first, third),
        i64x2_shuffle::<1, 3>(first, third),
        i64x2_shuffle::<0, 2>(second, fourth),
        i64x2_shuffle::<1, 3>(second, fourth),
    ]
}

/// Outputs of pairs of coefficients: 0 with 4, whose sum and difference are in the upper halves of the lanes; 2 with 6; 1 with 3; and 5 with 7,
/// unless they are 0.
#[inline(always)]
fn half_pass<const SHIFT: u32>(
    factors: &Factors,
    outer: [v128; 2],
    inner: v128,
    first: v128,
    last: Option<v128>,
) -> [v128; 8] {
    let half = i32x4_splat(1 << (SHIFT - 1));
    let [sum, difference] = outer.map(|outer| i32x4_add(i32x4_shr(outer, 16 - ONE_BITS), half));
    let [one, two] = core::array::from_fn(|index| dot(inner, &factors.even[index]));
    let even = [i32x4_add(sum, one), i32x4_add(difference, two), i32x4_sub(difference, two), i32x4_sub(sum, one)];
    let odd: [v128; 4] = core::array::from_fn(|index| {
        let sum = dot(first, &factors.first[index]);
        last.map_or(sum, |last| i32x4_add(sum, dot(last, &factors.last[index])))
    });
    core::array::from_fn(|index| match index {
        0..4 => i32x4_shr(i32x4_add(even[index], odd[index]), SHIFT),
        _ => i32x4_shr(i32x4_sub(even[7 - index], odd[7 - index]), SHIFT),
    })
}
