//! Mask and bits, one pixel at a time: the definition.

/// `mask[i]` = 1 where `gray[i] > threshold`, else 0. Slices of one length.
pub fn threshold_mask(gray: &[u8], threshold: u8, mask: &mut [u8]) {
    for (&level, pixel) in gray.iter().zip(mask) {
        *pixel = (level > threshold).into();
    }
}

/// Packs a mask of 0 and 1 into `bits`, which has `packed_bytes(mask.len())` bytes.
pub fn pack_bits(mask: &[u8], bits: &mut [u8]) {
    pack_above(mask, 0, bits);
}

/// Bit = 1 where `gray > threshold`, into `bits`, which has `packed_bytes(gray.len())` bytes.
pub fn pack_above(gray: &[u8], threshold: u8, bits: &mut [u8]) {
    for (levels, byte) in gray.chunks(8).zip(bits) {
        *byte = 0;
        for (position, &level) in levels.iter().enumerate() {
            *byte |= u8::from(level > threshold) << (7 - position);
        }
    }
}

/// The inverse of [`pack_bits`]: `mask.len()` pixels of 0 or 1 from `packed_bytes(mask.len())` bytes.
pub fn unpack_bits(bits: &[u8], mask: &mut [u8]) {
    for (&byte, pixels) in bits.iter().zip(mask.chunks_mut(8)) {
        for (position, pixel) in pixels.iter_mut().enumerate() {
            *pixel = (byte >> (7 - position)) & 1;
        }
    }
}
