//! Blocks of levels to quantized coefficients, by libjpeg's accurate integer method (`jfdctint.c`; Loeffler, Ligtenberg and
//! Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", 1989): rows, then columns, with 13 fraction bits.

// With SIMD, the definition of the results.
#[cfg_attr(target_feature = "simd128", allow(dead_code))]
pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
use scalar::{occurring, quotients};
#[cfg(target_feature = "simd128")]
use simd128::{occurring, quotients};

use crate::jpeg::huffman::NATURAL;

/// Fraction bits of the factors.
const FACTOR_BITS: u32 = 13;
/// Fraction bits that are kept between rows and columns.
const BITS_BETWEEN: u32 = 2;

/// The quantized coefficients of a block.
#[repr(C, align(16))]
pub struct Levels {
    /// Row by row.
    pub levels: [i16; 64],
    /// A bit for each that is not 0, in the order of the file, the lowest for the first.
    pub occurring: u64,
}

/// The place in the order of a file of each coefficient, row by row.
const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut place = 0;
    while place < 64 {
        places[NATURAL[place] as usize] = place as u8;
        place += 1;
    }
    places
};

/// Divisors of the DCT's results, which are 8 times the coefficients, row by row. Each divides by two products of 16 bits
/// (libjpeg-turbo's `compute_reciprocal`): `(value + correction) * reciprocal >> 16` by 2^16 / `scale`.
#[repr(C, align(16))]
pub struct Divisors {
    corrections: [u16; 64],
    reciprocals: [u16; 64],
    scales: [u16; 64],
}

impl Divisors {
    /// The divisors of quantization factors, 1 to 255, row by row.
    pub fn of(factors: &[u8; 64]) -> Self {
        let mut divisors = Self { corrections: [0; 64], reciprocals: [0; 64], scales: [0; 64] };
        for (index, &factor) in factors.iter().enumerate() {
            let divisor = u32::from(factor) << 3;
            let mut shift = divisor.ilog2();
            let (mut reciprocal, rest) = ((1 << (16 + shift)) / divisor, (1 << (16 + shift)) % divisor);
            let mut correction = divisor / 2;
            if rest == 0 {
                reciprocal >>= 1;
                shift -= 1;
            } else if rest <= divisor / 2 {
                correction += 1;
            } else {
                reciprocal += 1;
            }
            divisors.corrections[index] = correction as u16;
            divisors.reciprocals[index] = reciprocal as u16;
            divisors.scales[index] = 1 << (16 - shift);
        }
        divisors
    }
}

/// The quantized coefficients of the block that begins with `levels`, in rows `stride` bytes apart.
pub fn quantized(levels: &[u8], stride: usize, divisors: &Divisors) -> Levels {
    let levels = quotients(levels, stride, divisors);
    // Most are 0.
    let (mut rest, mut occurring) = (occurring(&levels), 0);
    while rest != 0 {
        occurring |= 1 << PLACES[rest.trailing_zeros() as usize];
        rest &= rest - 1;
    }
    Levels { levels, occurring }
}
