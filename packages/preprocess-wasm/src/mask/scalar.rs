//! Masks, one pixel at a time: the definition.

/// `mask[i]` = `above` where `levels[i] > threshold`, else `below`. Slices of one length.
pub fn write_bytes(levels: &[u8], threshold: u8, [below, above]: [u8; 2], mask: &mut [u8]) {
    for (&level, pixel) in levels.iter().zip(mask) {
        *pixel = if level > threshold { above } else { below };
    }
}

/// Bit = 1 where a level is above `threshold`, or where it is not if `inverted`, into `bits`, which has
/// `packed_bytes(levels.len())` bytes.
pub fn write_bits(levels: &[u8], threshold: u8, inverted: bool, bits: &mut [u8]) {
    for (levels, byte) in levels.chunks(8).zip(bits) {
        *byte = 0;
        for (position, &level) in levels.iter().enumerate() {
            *byte |= u8::from((level > threshold) != inverted) << (7 - position);
        }
    }
}

/// The inverse of [`write_bits`]: `mask.len()` pixels of 0 or 1 from `packed_bytes(mask.len())` bytes.
pub fn unpack_bits(bits: &[u8], mask: &mut [u8]) {
    for (&byte, pixels) in bits.iter().zip(mask.chunks_mut(8)) {
        for (position, pixel) in pixels.iter_mut().enumerate() {
            *pixel = (byte >> (7 - position)) & 1;
        }
    }
}
