//! Colors, one pixel at a time: the definition.

use super::{HALF, MIDDLE, Rgb};

/// Y = 0.299 R + 0.587 G + 0.114 B.
pub fn luma([red, green, blue]: Rgb, output: &mut [u8]) {
    for (x, level) in output.iter_mut().enumerate() {
        let [red, green, blue] = [red[x], green[x], blue[x]].map(i32::from);
        *level = ((19_595 * red + 38_470 * green + 7_471 * blue + HALF) >> 16) as u8;
    }
}

/// Cb = (B - Y) / 1.772 + 128, and Cr = (R - Y) / 1.402 + 128.
pub fn chroma([red, green, blue]: Rgb, blue_output: &mut [u8], red_output: &mut [u8]) {
    for (x, (blue_level, red_level)) in blue_output.iter_mut().zip(red_output).enumerate() {
        let [red, green, blue] = [red[x], green[x], blue[x]].map(i32::from);
        *blue_level = ((-11_059 * red - 21_709 * green + (blue << 15) + MIDDLE) >> 16) as u8;
        *red_level = ((-27_439 * green - 5_329 * blue + (red << 15) + MIDDLE) >> 16) as u8;
    }
}

/// Means of two by two levels, which are rounded down and up in turn.
pub fn halved(upper: &[u8], lower: &[u8], output: &mut [u8]) {
    for (x, mean) in output.iter_mut().enumerate() {
        let sum = [upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]].map(u16::from).iter().sum::<u16>();
        *mean = ((sum + 1 + (x as u16 & 1)) >> 2) as u8;
    }
}
