//! Gray, sixteen pixels at a time.
//!
//! ```text
//! for each 4 pixels:
//!     red_blue = [R0 B0 R1 B1 R2 B2 R3 B3] as i16
//!     green    = [G0 .. G1 .. G2 .. G3 ..] as i16
//!     level    = (dot(red_blue, [RED BLUE ...]) + dot(green, [GREEN 0 ...]) + HALF) >> 15
//! ```
//! Products stay below 255 * 2^15 < 2^31: the 32-bit sums are exact.

use core::arch::wasm32::*;

use super::{BLUE, FRACTION_BITS, GREEN, HALF, RED, scalar};
use crate::narrow::u8x16_of_i32x4;
use crate::opaque::opaque;

/// Pixels per step.
const PIXELS: usize = 16;

/// As [`scalar::gray_from_rgb`].
pub fn gray_from_rgb(rgb: &[u8], gray: &mut [u8]) {
    // Bytes of R and B, and of G, among the 12 that hold four pixels; `O` is a 0 byte.
    const O: i8 = -128;
    const RED_BLUE: v128 = i8x16(0, O, 2, O, 3, O, 5, O, 6, O, 8, O, 9, O, 11, O);
    const GREENS: v128 = i8x16(1, O, O, O, 4, O, O, O, 7, O, O, O, 10, O, O, O);
    // The fourth load of a step starts 4 bytes early, so that it ends with the step's 48 bytes.
    const LAST_RED_BLUE: v128 = i8x16(4, O, 6, O, 7, O, 9, O, 10, O, 12, O, 13, O, 15, O);
    const LAST_GREENS: v128 = i8x16(5, O, O, O, 8, O, O, O, 11, O, O, O, 14, O, O, O);

    let weights = Weights::opaque();
    let [red_blue, greens] = [opaque(RED_BLUE), opaque(GREENS)];
    let [last_red_blue, last_greens] = [opaque(LAST_RED_BLUE), opaque(LAST_GREENS)];
    let whole_steps = gray.len() - gray.len() % PIXELS;
    let (rgb_steps, rgb_rest) = rgb.split_at(3 * whole_steps);
    let (gray_steps, gray_rest) = gray.split_at_mut(whole_steps);
    for (pixels, levels) in rgb_steps.chunks_exact(3 * PIXELS).zip(gray_steps.chunks_exact_mut(PIXELS)) {
        let four_levels = |offset: usize, red_blue: v128, green: v128| {
            // SAFETY: `pixels` has 48 bytes; the largest offset is 32.
            let bytes = unsafe { v128_load(pixels.as_ptr().add(offset).cast()) };
            weights.sums(i8x16_swizzle(bytes, red_blue), i8x16_swizzle(bytes, green))
        };
        store_u8x16(
            levels,
            [
                four_levels(0, red_blue, greens),
                four_levels(12, red_blue, greens),
                four_levels(24, red_blue, greens),
                four_levels(32, last_red_blue, last_greens),
            ],
        );
    }
    scalar::gray_from_rgb(rgb_rest, gray_rest);
}

/// As [`scalar::gray_from_rgba`].
pub fn gray_from_rgba(rgba: &[u8], gray: &mut [u8]) {
    let weights = Weights::opaque();
    let low_bytes = opaque(u16x8_splat(0xff));
    let whole_steps = gray.len() - gray.len() % PIXELS;
    let (rgba_steps, rgba_rest) = rgba.split_at(4 * whole_steps);
    let (gray_steps, gray_rest) = gray.split_at_mut(whole_steps);
    for (pixels, levels) in rgba_steps.chunks_exact(4 * PIXELS).zip(gray_steps.chunks_exact_mut(PIXELS)) {
        let four_levels = |offset: usize| {
            // SAFETY: `pixels` has 64 bytes; the largest offset is 48.
            let bytes = unsafe { v128_load(pixels.as_ptr().add(offset).cast()) };
            // A 16-bit lane is R + 256 G or B + 256 A: the low bytes are R and B, the high ones G and A.
            weights.sums(v128_and(bytes, low_bytes), u16x8_shr(bytes, 8))
        };
        store_u8x16(levels, [four_levels(0), four_levels(16), four_levels(32), four_levels(48)]);
    }
    scalar::gray_from_rgba(rgba_rest, gray_rest);
}

/// The factors of four pixels, and one half.
#[derive(Clone, Copy)]
struct Weights {
    red_blue: v128,
    green: v128,
    half: v128,
}

impl Weights {
    #[inline(always)]
    fn opaque() -> Self {
        Self {
            red_blue: opaque(i16x8(RED, BLUE, RED, BLUE, RED, BLUE, RED, BLUE)),
            green: opaque(i16x8(GREEN, 0, GREEN, 0, GREEN, 0, GREEN, 0)),
            half: opaque(i32x4_splat(HALF)),
        }
    }

    /// Four gray levels; the odd lanes of `green` are ignored.
    #[inline(always)]
    fn sums(self, red_blue: v128, green: v128) -> v128 {
        let weighted = i32x4_add(i32x4_dot_i16x8(red_blue, self.red_blue), i32x4_dot_i16x8(green, self.green));
        i32x4_shr(i32x4_add(weighted, self.half), FRACTION_BITS)
    }
}

/// Sixteen levels of 0..=255 from four vectors of four.
fn store_u8x16(levels: &mut [u8], fours: [v128; 4]) {
    // SAFETY: every caller hands over a chunk of 16 bytes.
    unsafe { v128_store(levels.as_mut_ptr().cast(), u8x16_of_i32x4(fours)) }
}
