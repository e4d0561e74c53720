//! Chroma interpolation and conversion, 8 or 16 samples at a time. Reads and writes up to 16 samples beyond a row.
//!
//! ```text
//! red   = luma + cr     + (dot([cr 2], [26345 16384]) >> 16)           91881 = 65536 + 26345
//! green = luma - cr     + (dot([cb cr], [-22554 18734]) + 32768 >> 16) 46802 = 65536 - 18734
//! blue  = luma + cb + cb + (dot([cb 2], [-14942 16384]) >> 16)        116130 = 131072 - 14942
//! ```

use core::arch::wasm32::*;

use super::Rounding;
use crate::narrow::u8x16_of_i16x8;

/// As [`super::scalar::column_sums`].
pub fn column_sums(near: &[u8], far: &[u8], count: usize, sums: &mut [u16]) {
    for x in (0..count).step_by(8) {
        let [near, far] = [eight(near, x), eight(far, x)];
        store(sums, x, i16x8_add(i16x8_add(near, far), i16x8_shl(near, 1)));
    }
}

/// As [`super::scalar::copy`].
pub fn copy(samples: &[u8], count: usize, sums: &mut [u16]) {
    for x in (0..count).step_by(8) {
        store(sums, x, eight(samples, x));
    }
}

/// As [`super::scalar::interpolate`].
pub fn interpolate(sums: &[u16], count: usize, rounding: Rounding, row: &mut [u8]) {
    let (even, odd) = (u16x8_splat(rounding.even), u16x8_splat(rounding.odd));
    for x in (0..count).step_by(8) {
        let [before, here, after] = [load(sums, x), load(sums, x + 1), load(sums, x + 2)];
        let here = i16x8_add(here, i16x8_shl(here, 1));
        let first = u16x8_shr(i16x8_add(i16x8_add(here, before), even), rounding.shift);
        let second = u16x8_shr(i16x8_add(i16x8_add(here, after), odd), rounding.shift);
        let both = v128_or(first, i16x8_shl(second, 8));
        let row = &mut row[2 * x..][..16];
        // SAFETY: the slice has 16 bytes.
        unsafe { v128_store(row.as_mut_ptr().cast(), both) };
    }
}

/// As [`super::scalar::rgb`].
pub fn rgb(luma: &[u8], blue: &[u8], red: &[u8], width: usize, pixels: &mut [u8]) {
    for x in (0..width).step_by(16) {
        let halves = [x, x + 8].map(|x| {
            let middle = i16x8_splat(128);
            let (luma, blue, red) =
                (eight(luma, x), i16x8_sub(eight(blue, x), middle), i16x8_sub(eight(red, x), middle));
            let two = i16x8_splat(2);
            let no_half = i32x4_splat(0);
            [
                i16x8_add(i16x8_add(luma, red), sixteenth(red, two, (26_345, 16_384), no_half)),
                i16x8_add(i16x8_sub(luma, red), sixteenth(blue, red, (-22_554, 18_734), i32x4_splat(32_768))),
                i16x8_add(i16x8_add(luma, i16x8_shl(blue, 1)), sixteenth(blue, two, (-14_942, 16_384), no_half)),
            ]
        });
        let [red, green, blue] = core::array::from_fn(|plane| u8x16_of_i16x8([halves[0][plane], halves[1][plane]]));
        let pixels = &mut pixels[3 * x..][..48];
        for (pixels, vector) in pixels.chunks_exact_mut(16).zip(interleaved(red, green, blue)) {
            // SAFETY: the chunk has 16 bytes.
            unsafe { v128_store(pixels.as_mut_ptr().cast(), vector) };
        }
    }
}

/// `(factors.0 * one + factors.1 * other + half) >> 16` of eight 16-bit lanes.
#[inline(always)]
fn sixteenth(one: v128, other: v128, (first, second): (i16, i16), half: v128) -> v128 {
    let factors = i16x8(first, second, first, second, first, second, first, second);
    let low = i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(one, other);
    let high = i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(one, other);
    let [low, high] = [low, high].map(|pairs| i32x4_add(i32x4_dot_i16x8(pairs, factors), half));
    // The upper half of each 32-bit lane.
    i16x8_shuffle::<1, 3, 5, 7, 9, 11, 13, 15>(low, high)
}

#[inline(always)]
fn interleaved(red: v128, green: v128, blue: v128) -> [v128; 3] {
    let first = i8x16_shuffle::<0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5>(red, green);
    let second = i8x16_shuffle::<21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26>(red, green);
    let third = i8x16_shuffle::<0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0>(red, green);
    [
        i8x16_shuffle::<0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15>(first, blue),
        i8x16_shuffle::<0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15>(second, blue),
        i8x16_shuffle::<26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31>(third, blue),
    ]
}

#[inline(always)]
fn eight(samples: &[u8], at: usize) -> v128 {
    let samples = &samples[at..][..8];
    // SAFETY: the slice has 8 bytes.
    u16x8_extend_low_u8x16(unsafe { v128_load64_zero(samples.as_ptr().cast()) })
}

#[inline(always)]
fn load(sums: &[u16], at: usize) -> v128 {
    let sums = &sums[at..][..8];
    // SAFETY: the slice has 16 bytes.
    unsafe { v128_load(sums.as_ptr().cast()) }
}

#[inline(always)]
fn store(sums: &mut [u16], at: usize, vector: v128) {
    let sums = &mut sums[at..][..8];
    // SAFETY: the slice has 16 bytes.
    unsafe { v128_store(sums.as_mut_ptr().cast(), vector) }
}
