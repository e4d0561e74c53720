//! Gray levels to a mask of 0 and 1, and eight mask pixels to a byte.
//!
//! Bit order is that of PBM, of 1-bit PNG and of `numpy.packbits`: bit 7 of a byte is its first pixel. Rows follow each
//! other without padding; unused bits of the last byte are 0.

pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
pub use scalar::{pack_above, pack_bits, threshold_mask, unpack_bits};
#[cfg(target_feature = "simd128")]
pub use simd128::{pack_above, pack_bits, threshold_mask, unpack_bits};

/// Bytes that hold `pixels` packed pixels.
#[must_use]
pub fn packed_bytes(pixels: usize) -> usize {
    pixels.div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pixel_is_the_highest_bit_and_unused_bits_are_zero() {
        let mut bits = [0xff; 2];
        pack_bits(&[1, 0, 0, 0, 0, 0, 0, 1, 0, 1], &mut bits);
        assert_eq!(bits, [0b1000_0001, 0b0100_0000]);
    }

    #[test]
    fn a_level_equal_to_the_threshold_is_black() {
        let mut mask = [9; 3];
        threshold_mask(&[99, 100, 101], 100, &mut mask);
        assert_eq!(mask, [0, 0, 1]);
    }

    #[test]
    fn unpacking_gives_back_what_was_packed_at_every_short_length() {
        for pixels in 0..=65 {
            let mask: Vec<u8> = (0..pixels).map(|i| (i * i % 7 < 3).into()).collect();
            let mut bits = vec![0xaa; packed_bytes(pixels)];
            let mut back = vec![9; pixels];
            pack_bits(&mask, &mut bits);
            unpack_bits(&bits, &mut back);
            assert_eq!(back, mask);
        }
    }

    #[test]
    fn thresholding_and_packing_at_once_equals_one_after_the_other() {
        let gray: Vec<u8> = (0..61_u32).map(|i| (i * 89 % 256) as u8).collect();
        let mut mask = vec![0; gray.len()];
        let mut two_steps = vec![0; packed_bytes(gray.len())];
        let mut one_step = two_steps.clone();
        threshold_mask(&gray, 128, &mut mask);
        pack_bits(&mask, &mut two_steps);
        pack_above(&gray, 128, &mut one_step);
        assert_eq!(one_step, two_steps);
    }
}
