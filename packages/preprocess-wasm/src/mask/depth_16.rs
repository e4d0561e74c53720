//! 16-bit gray levels to a mask of 0 and 1.

/// `mask[i]` = 1 where `gray[i] > threshold`, else 0. Slices of one length.
pub fn threshold_mask_16(gray: &[u16], threshold: u16, mask: &mut [u8]) {
    for (&level, pixel) in gray.iter().zip(mask) {
        *pixel = (level > threshold).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_compared_whole() {
        let mut mask = [9; 4];
        threshold_mask_16(&[0x0100, 0x00ff, 0x0101, 0xffff], 0x0100, &mut mask);
        assert_eq!(mask, [0, 0, 1, 1]);
    }
}
