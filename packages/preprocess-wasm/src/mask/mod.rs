//! Gray levels to a mask: which pixels are lighter than the threshold, one byte or one bit per pixel.
//!
//! Bit order is that of PBM, of 1-bit PNG and of `numpy.packbits`: bit 7 of a byte is its first pixel. Rows follow each
//! other without padding; unused bits of the last byte are 0.

pub mod depth_16;
pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
use scalar::{write_bits, write_bytes};
#[cfg(target_feature = "simd128")]
use simd128::{write_bits, write_bytes};

#[cfg(not(target_feature = "simd128"))]
pub use scalar::unpack_bits;
#[cfg(target_feature = "simd128")]
pub use simd128::unpack_bits;

/// How a mask is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Eight pixels per byte.
    Bits,
    /// 0 or 1, one byte per pixel.
    ZeroOne,
    /// 0 or 255, one byte per pixel.
    Zero255,
}

impl Format {
    /// Bytes of a mask of `pixels` pixels.
    #[must_use]
    pub fn bytes(self, pixels: usize) -> usize {
        match self {
            Self::Bits => packed_bytes(pixels),
            Self::ZeroOne | Self::Zero255 => pixels,
        }
    }
}

/// The style of a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// How the mask is written.
    pub format: Format,
    /// Whether the mask marks the pixels that are not above the threshold, instead of those that are.
    pub inverted: bool,
}

/// Writes the mask of the `levels` that are above `threshold` to `mask`, which has `style.format.bytes(levels.len())`
/// bytes.
pub fn write_mask(levels: &[u8], threshold: u8, style: Style, mask: &mut [u8]) {
    let bytes_of = |marked: u8| if style.inverted { [marked, 0] } else { [0, marked] };
    match style.format {
        Format::Bits => write_bits(levels, threshold, style.inverted, mask),
        Format::ZeroOne => write_bytes(levels, threshold, bytes_of(1), mask),
        Format::Zero255 => write_bytes(levels, threshold, bytes_of(255), mask),
    }
}

/// Bytes that hold `pixels` packed pixels.
#[must_use]
pub fn packed_bytes(pixels: usize) -> usize {
    pixels.div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask_of(levels: &[u8], threshold: u8, format: Format, inverted: bool) -> Vec<u8> {
        let mut mask = vec![0xaa; format.bytes(levels.len())];
        write_mask(levels, threshold, Style { format, inverted }, &mut mask);
        mask
    }

    #[test]
    fn the_first_pixel_is_the_highest_bit_and_unused_bits_are_zero() {
        let levels = [1, 0, 0, 0, 0, 0, 0, 1, 0, 1];
        assert_eq!(mask_of(&levels, 0, Format::Bits, false), [0b1000_0001, 0b0100_0000]);
        assert_eq!(mask_of(&levels, 0, Format::Bits, true), [0b0111_1110, 0b1000_0000]);
    }

    #[test]
    fn a_level_equal_to_the_threshold_is_not_above_it() {
        let levels = [99, 100, 101];
        assert_eq!(mask_of(&levels, 100, Format::ZeroOne, false), [0, 0, 1]);
        assert_eq!(mask_of(&levels, 100, Format::ZeroOne, true), [1, 1, 0]);
        assert_eq!(mask_of(&levels, 100, Format::Zero255, false), [0, 0, 255]);
        assert_eq!(mask_of(&levels, 100, Format::Zero255, true), [255, 255, 0]);
    }

    #[test]
    fn unpacking_gives_back_what_was_packed_at_every_short_length() {
        for pixels in 0..=65 {
            let mask: Vec<u8> = (0..pixels).map(|i| (i * i % 7 < 3).into()).collect();
            let mut back = vec![9; pixels];
            unpack_bits(&mask_of(&mask, 0, Format::Bits, false), &mut back);
            assert_eq!(back, mask);
        }
    }

    #[test]
    fn bits_say_what_bytes_say_at_every_short_length() {
        for pixels in 0..=65_u32 {
            let levels: Vec<u8> = (0..pixels).map(|i| (i * 89 % 256) as u8).collect();
            for inverted in [false, true] {
                let mut unpacked = vec![9; levels.len()];
                unpack_bits(&mask_of(&levels, 128, Format::Bits, inverted), &mut unpacked);
                assert_eq!(unpacked, mask_of(&levels, 128, Format::ZeroOne, inverted));
            }
        }
    }
}
