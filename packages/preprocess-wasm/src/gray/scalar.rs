//! Gray, one pixel at a time: the definition.

use super::{BLUE, FRACTION_BITS, GREEN, HALF, RED};

/// Gray levels of `rgb` (3 bytes per pixel) into `gray` (1 byte per pixel, for as many pixels).
pub fn gray_from_rgb(rgb: &[u8], gray: &mut [u8]) {
    for (pixel, level) in rgb.chunks_exact(3).zip(gray) {
        *level = level_of(pixel[0], pixel[1], pixel[2]);
    }
}

/// Gray levels of `rgba` (4 bytes per pixel) into `gray` (1 byte per pixel, for as many pixels). Alpha is ignored, as
/// OpenCV does.
pub fn gray_from_rgba(rgba: &[u8], gray: &mut [u8]) {
    for (pixel, level) in rgba.chunks_exact(4).zip(gray) {
        *level = level_of(pixel[0], pixel[1], pixel[2]);
    }
}

/// The gray level of a pixel. At most (255 * 2^15 + 2^14) >> 15 = 255: the cast never cuts.
pub fn level_of(red: u8, green: u8, blue: u8) -> u8 {
    let weighted =
        i32::from(RED) * i32::from(red) + i32::from(GREEN) * i32::from(green) + i32::from(BLUE) * i32::from(blue);
    ((weighted + HALF) >> FRACTION_BITS) as u8
}
