//! Masks, sixteen pixels at a time.
//!
//! ```text
//! is_above = level > threshold ? 0xff : 0                     16 lanes
//! bytes    = is_above ? above : below
//! bits     = bitmask(is_above with each half's lanes reversed)  bitmask puts lane 0 in bit 0; we want it in bit 7
//! ```

use core::arch::wasm32::*;

use super::scalar;

/// Pixels per step.
const PIXELS: usize = 16;

/// As [`scalar::write_bytes`].
pub fn write_bytes(levels: &[u8], threshold: u8, [below, above]: [u8; 2], mask: &mut [u8]) {
    let whole_steps = levels.len() - levels.len() % PIXELS;
    let (level_steps, level_rest) = levels.split_at(whole_steps);
    let (mask_steps, mask_rest) = mask.split_at_mut(whole_steps);
    for (levels, pixels) in level_steps.chunks_exact(PIXELS).zip(mask_steps.chunks_exact_mut(PIXELS)) {
        let bytes = v128_bitselect(u8x16_splat(above), u8x16_splat(below), above_u8x16(levels, threshold));
        // SAFETY: `pixels` is a chunk of 16 bytes.
        unsafe { v128_store(pixels.as_mut_ptr().cast(), bytes) };
    }
    scalar::write_bytes(level_rest, threshold, [below, above], mask_rest);
}

/// As [`scalar::write_bits`].
pub fn write_bits(levels: &[u8], threshold: u8, inverted: bool, bits: &mut [u8]) {
    let flipped = if inverted { u16::MAX } else { 0 };
    let whole_steps = levels.len() - levels.len() % PIXELS;
    let (level_steps, level_rest) = levels.split_at(whole_steps);
    let (bits_steps, bits_rest) = bits.split_at_mut(whole_steps / 8);
    for (levels, bytes) in level_steps.chunks_exact(PIXELS).zip(bits_steps.chunks_exact_mut(2)) {
        let above = above_u8x16(levels, threshold);
        let reversed = i8x16_shuffle::<7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8>(above, above);
        bytes.copy_from_slice(&(u8x16_bitmask(reversed) ^ flipped).to_le_bytes());
    }
    scalar::write_bits(level_rest, threshold, inverted, bits_rest);
}

/// As [`scalar::unpack_bits`].
pub fn unpack_bits(bits: &[u8], mask: &mut [u8]) {
    const BIT_OF_LANE: v128 = u8x16(128, 64, 32, 16, 8, 4, 2, 1, 128, 64, 32, 16, 8, 4, 2, 1);
    let whole_steps = mask.len() - mask.len() % PIXELS;
    let (bits_steps, bits_rest) = bits.split_at(whole_steps / 8);
    let (mask_steps, mask_rest) = mask.split_at_mut(whole_steps);
    for (bytes, pixels) in bits_steps.chunks_exact(2).zip(mask_steps.chunks_exact_mut(PIXELS)) {
        let pair = u16x8_splat(u16::from_le_bytes([bytes[0], bytes[1]]));
        let byte_of_lane = i8x16_shuffle::<0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1>(pair, pair);
        let is_set = u8x16_eq(v128_and(byte_of_lane, BIT_OF_LANE), BIT_OF_LANE);
        // SAFETY: `pixels` is a chunk of 16 bytes.
        unsafe { v128_store(pixels.as_mut_ptr().cast(), v128_and(is_set, u8x16_splat(1))) };
    }
    scalar::unpack_bits(bits_rest, mask_rest);
}

/// 0xff where one of the 16 `levels` is above the threshold, else 0.
fn above_u8x16(levels: &[u8], threshold: u8) -> v128 {
    // SAFETY: every caller hands over a chunk of 16 bytes.
    let levels = unsafe { v128_load(levels.as_ptr().cast()) };
    u8x16_gt(levels, u8x16_splat(threshold))
}
