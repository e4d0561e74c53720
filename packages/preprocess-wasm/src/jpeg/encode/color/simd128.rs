//! Colors, sixteen pixels at a time. The last step of a row overlaps the one before, so that it ends with the row.
//!
//! ```text
//! for each four pixels, in 16 fraction bits:
//!     Y  = dot([r g], [19595 22086])   + dot([b g], [7471 16384])
//!     Cb = dot([r g], [-11059 -21709]) + dot([b b], [16384 16384])
//!     Cr = dot([b g], [-5329 -27439])  + dot([r r], [16384 16384])
//! ```

use core::arch::wasm32::*;

use super::{HALF, MIDDLE, Rgb, scalar};
use crate::jpeg::interleave::{high, low};
use crate::narrow::u8x16_of_i32x4;
use crate::opaque::opaque;

const LANES: usize = 16;

/// As [`scalar::luma`].
pub fn luma(rgb: Rgb, output: &mut [u8]) {
    if output.len() < LANES {
        return scalar::luma(rgb, output);
    }
    let factors = [(19_595, 22_086), (7_471, 16_384)].map(pair);
    for x in steps(output.len()) {
        let [red, green, blue] = rgb.map(|row| load(row, x));
        store(output, x, level([(red, green), (blue, green)], factors, HALF));
    }
}

/// As [`scalar::chroma`].
pub fn chroma(rgb: Rgb, blue_output: &mut [u8], red_output: &mut [u8]) {
    if blue_output.len() < LANES {
        return scalar::chroma(rgb, blue_output, red_output);
    }
    let [blue_factors, red_factors, half] = [(-11_059, -21_709), (-5_329, -27_439), (16_384, 16_384)].map(pair);
    for x in steps(blue_output.len()) {
        let [red, green, blue] = rgb.map(|row| load(row, x));
        store(blue_output, x, level([(red, green), (blue, blue)], [blue_factors, half], MIDDLE));
        store(red_output, x, level([(blue, green), (red, red)], [red_factors, half], MIDDLE));
    }
}

/// As [`scalar::halved`].
pub fn halved(upper: &[u8], lower: &[u8], output: &mut [u8]) {
    let roundings = u16x8(1, 2, 1, 2, 1, 2, 1, 2);
    for (step, means) in output.chunks_exact_mut(LANES / 2).enumerate() {
        let [upper, lower] = [upper, lower].map(|row| u16x8_extadd_pairwise_u8x16(load(row, LANES * step)));
        let sums = u16x8_shr(i16x8_add(i16x8_add(upper, lower), roundings), 2);
        let bytes = i8x16_shuffle::<0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14>(sums, sums);
        // SAFETY: the chunk has 8 bytes.
        unsafe { v128_store64_lane::<0>(bytes, means.as_mut_ptr().cast()) };
    }
}

/// The first pixels of the steps of a row.
fn steps(width: usize) -> impl Iterator<Item = usize> {
    (0..width).step_by(LANES).map(move |x| x.min(width - LANES))
}

/// The sum of two pairs of channels times their factors, and of `rest`, without its fraction.
#[inline(always)]
fn level([first, second]: [(v128, v128); 2], factors: [v128; 2], rest: i32) -> v128 {
    let (one, other) = (products(first, factors[0]), products(second, factors[1]));
    let rest = i32x4_splat(rest);
    u8x16_of_i32x4(core::array::from_fn(|part| i32x4_shr(i32x4_add(i32x4_add(one[part], other[part]), rest), 16)))
}

#[inline(always)]
fn products((one, other): (v128, v128), factors: v128) -> [v128; 4] {
    let first = (u16x8_extend_low_u8x16(one), u16x8_extend_low_u8x16(other));
    let last = (u16x8_extend_high_u8x16(one), u16x8_extend_high_u8x16(other));
    [low(first.0, first.1), high(first.0, first.1), low(last.0, last.1), high(last.0, last.1)]
        .map(|pairs| i32x4_dot_i16x8(pairs, factors))
}

/// In a register.
fn pair((first, second): (i16, i16)) -> v128 {
    opaque(i16x8(first, second, first, second, first, second, first, second))
}

#[inline(always)]
fn load(row: &[u8], x: usize) -> v128 {
    // SAFETY: the slice has 16 bytes.
    unsafe { v128_load(row[x..][..LANES].as_ptr().cast()) }
}

#[inline(always)]
fn store(row: &mut [u8], x: usize, levels: v128) {
    // SAFETY: the slice has 16 bytes.
    unsafe { v128_store(row[x..][..LANES].as_mut_ptr().cast(), levels) }
}
