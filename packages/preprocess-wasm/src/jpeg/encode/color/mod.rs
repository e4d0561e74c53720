//! Red, green and blue to luma and chroma (`jccolor.c`), and chroma to half the width and height (`jcsample.c`).

// With SIMD, the definition of the results, and what does narrow rows.
#[cfg_attr(target_feature = "simd128", allow(dead_code))]
pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
pub use scalar::{chroma, halved, luma};
#[cfg(target_feature = "simd128")]
pub use simd128::{chroma, halved, luma};

/// One half, in 16 fraction bits.
const HALF: i32 = 1 << 15;
/// 128 and less than one half, in 16 fraction bits.
const MIDDLE: i32 = (128 << 16) + HALF - 1;

/// Rows of red, green and blue, of the same length.
pub type Rgb<'a> = [&'a [u8]; 3];
