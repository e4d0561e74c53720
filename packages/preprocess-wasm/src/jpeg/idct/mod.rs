//! The inverse DCT of a block of 8 x 8 coefficients, by libjpeg's accurate integer method (`jidctint.c`): columns, then rows,
//! with 13 fraction bits.
//!
//! ```text
//! even = [8192 (c0 + c4) + (10703 c2 + 4433 c6), 8192 (c0 - c4) + (4433 c2 - 10704 c6), ...]
//! odd  = [11363 c1 + 9633 c3 + 6437 c5 + 2260 c7, ...]
//! out  = (even ± odd + half) >> shift
//! ```
//! libjpeg has fewer multiplications, by which the factors of the odd part are the sums below. Nothing is rounded in between, so
//! the results are the same.

// With SIMD, the definition of the results.
#[cfg_attr(target_feature = "simd128", allow(dead_code))]
pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
pub use scalar::idct;
#[cfg(target_feature = "simd128")]
pub use simd128::idct;

/// Factors of coefficients 2 and 6.
const EVEN: [[i16; 2]; 2] = [[10_703, 4_433], [4_433, -10_704]];
/// Factors of coefficients 1, 3, 5 and 7, for the outputs 0 and 7, 1 and 6, 2 and 5, 3 and 4.
const ODD: [[i16; 4]; 4] = [
    [11_363, 9_633, 6_437, 2_260],
    [9_633, -2_259, -11_362, -6_436],
    [6_437, -11_362, 2_261, 9_633],
    [2_260, -6_436, 9_633, -11_363],
];
/// Fraction bits: the factor of coefficients 0 and 4 is 1.
const ONE_BITS: u32 = 13;
/// Places from which on, in the order of a file, a coefficient may be in the last four rows or columns.
#[cfg(target_feature = "simd128")]
const FEW: usize = 10;
/// Bits that the pass over columns drops: it keeps two.
const COLUMN_SHIFT: u32 = 11;
/// Bits that the pass over rows drops.
const ROW_SHIFT: u32 = 18;
/// Largest level after the columns that every implementation computes alike, in 16 or 32 bits.
const MOST_BETWEEN: i16 = 16_383;
/// Largest level after the rows that every implementation clamps alike.
const MOST_OUTPUT: i16 = 511;

/// [`idct`] of a block of which only the first coefficient, `dc`, is not 0.
pub fn flat(dc: i16, output: &mut [u8], stride: usize) -> Option<()> {
    let level = (i32::from(dc) + 4) >> 3;
    if level.unsigned_abs() > MOST_OUTPUT.unsigned_abs().into() {
        return None;
    }
    let level = (level + 128).clamp(0, 255) as u8;
    for row in output.chunks_mut(stride).take(8) {
        *row.first_chunk_mut::<8>()? = [level; 8];
    }
    Some(())
}
