//! Color to gray by OpenCV's 15-bit rule: `(9798 R + 19235 G + 3735 B + 2^14) >> 15`.
//!
//! Source: OpenCV `modules/imgproc/src/color_rgb.simd.hpp`, `RGB2Gray<uchar>` (weights .299, .587, .114 times 2^15).

pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
pub use scalar::{gray_from_rgb, gray_from_rgba};
#[cfg(target_feature = "simd128")]
pub use simd128::{gray_from_rgb, gray_from_rgba};

/// Weight of red, times 2^15.
pub const RED: i16 = 9798;
/// Weight of green, times 2^15.
pub const GREEN: i16 = 19235;
/// Weight of blue, times 2^15. The three sum to 2^15, so that white stays 255.
pub const BLUE: i16 = 3735;
/// Fraction bits of the weights.
pub const FRACTION_BITS: u32 = 15;
/// One half, added before the shift: rounds to nearest.
pub const HALF: i32 = 1 << (FRACTION_BITS - 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_the_primaries_have_opencvs_levels() {
        let rgb = [255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255];
        let mut levels = [0; 5];
        gray_from_rgb(&rgb, &mut levels);
        assert_eq!(levels, [255, 0, 76, 150, 29]);
    }

    #[test]
    fn alpha_does_not_count() {
        let mut levels = [0; 2];
        gray_from_rgba(&[10, 20, 30, 0, 10, 20, 30, 255], &mut levels);
        assert_eq!(levels, [18, 18]);
    }
}
