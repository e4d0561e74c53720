//! Chroma interpolation and conversion, value by value.

use super::{BLUE, GREEN, Planes, RED, Rounding, Row, Samples};
use crate::gray::scalar::level_of;

/// `[height, width]` gray pixels.
pub fn gray_rows(planes: &Planes, (width, height): (usize, usize), _workspace: &mut [u8], pixels: &mut [u8]) {
    for (y, pixels) in pixels.chunks_exact_mut(width).enumerate().take(height) {
        let row = planes.row(y, height);
        for (x, level) in pixels.iter_mut().enumerate() {
            let [red, green, blue] = color(&row, x);
            *level = level_of(red, green, blue);
        }
    }
}

/// `width` RGB pixels.
pub fn rgb(row: &Row, width: usize, pixels: &mut [u8]) {
    for (x, pixel) in pixels.chunks_exact_mut(3).enumerate().take(width) {
        pixel.copy_from_slice(&color(row, x));
    }
}

fn color(row: &Row, x: usize) -> [u8; 3] {
    converted(row.luma[x], sample(&row.blue, x), sample(&row.red, x))
}

/// Red, green and blue of a luma and two chroma samples.
pub(super) fn converted(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let [luma, blue, red] = [i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128];
    [RED * red, GREEN[0] * blue + GREEN[1] * red, BLUE * blue]
        .map(|offset| (luma + ((offset + 32_768) >> 16)).clamp(0, 255) as u8)
}

/// The sample of pixel `x`.
fn sample(samples: &Samples, x: usize) -> u8 {
    match *samples {
        Samples::Full(samples) => samples[x],
        Samples::Half { near, far, rounding: Rounding { even, odd } } => {
            let sum = |at: usize| 3 * u16::from(near[at]) + u16::from(far[at]);
            // Those of the samples before, here and behind.
            let [before, here, after] = [0, 1, 2].map(|offset| sum(x / 2 + offset));
            let level = if x.is_multiple_of(2) { 3 * here + before + even } else { 3 * here + after + odd };
            (level >> 4) as u8
        }
    }
}
