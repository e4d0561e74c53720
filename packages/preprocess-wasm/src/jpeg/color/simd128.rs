//! Chroma interpolation and conversion, 16 pixels at a time: those of even and of odd columns, in 16 bits. Reads and writes up to 16
//! pixels beyond a row.
//!
//! ```text
//! red   = luma + cr      + round(cr 13173)                 91881 / 2 = 32768 + 13173, nearly
//! green = luma           + round(cb -11277 + cr -23401)   -22554 / 2, -46802 / 2
//! blue  = luma + cb + cb + round(cb -7471)                116130 / 2 = 65536 - 7471        in 32768ths
//! gray  = luma, unless a channel is clamped
//! ```
//!
//! Gray has the weights of luma: with the channels as they are rounded, gray is luma in 8 bits for all chroma. So only
//! vectors in which luma may be within a channel's distance of 0 or 255 are converted.

use core::arch::wasm32::*;

use super::super::SLACK;
use super::super::header::Sampling;
use super::super::interleave::{high, low};
use super::{BLUE, GREEN, MARGIN, Planes, RED, Rounding, Row, Samples};
use crate::gray;
use crate::narrow::{i16x8_of_i32x4, u8x16_of_i16x8, u8x16_of_i32x4};

/// As [`super::scalar::gray_rows`].
pub fn gray_rows(planes: &Planes, (width, height): (usize, usize), workspace: &mut [u8], pixels: &mut [u8]) {
    let (reach, samples) = workspace.split_at_mut(width + SLACK);
    for y in 0..height {
        let row = planes.row(y, height);
        match planes.sampling {
            Sampling::Full => write_reach(planes, y, width, reach),
            Sampling::HalfWidth => write_reach_of_halves(planes, [y; 3], width.div_ceil(2), samples, reach),
            // The same for a pair of rows.
            Sampling::HalfBoth if y.is_multiple_of(2) => {
                let (here, last) = (y / 2, height.div_ceil(2) - 1);
                let rows = [here.saturating_sub(1), here, (here + 1).min(last)];
                write_reach_of_halves(planes, rows, width.div_ceil(2), samples, reach);
            }
            Sampling::HalfBoth => {}
        }
        gray(&row, reach, width, &mut pixels[y * width..]);
    }
}

fn gray(row: &Row, reach: &[u8], width: usize, pixels: &mut [u8]) {
    for x in (0..width).step_by(16) {
        let (luma, reach) = (sixteen(row.luma, x), sixteen(reach, x));
        let may_clamp = v128_or(u8x16_sub_sat(luma, v128_not(reach)), u8x16_sub_sat(reach, luma));
        let levels = if v128_any_true(may_clamp) { gray_of(channels(luma, row, x)) } else { luma };
        store(&mut pixels[x..], levels);
    }
}

/// Writes how far from luma a channel of each of `count` pixels may be: twice as far as chroma is from 128.
fn write_reach(planes: &Planes, y: usize, count: usize, reach: &mut [u8]) {
    let [blue, red] = [&*planes.blue, &*planes.red].map(|plane| &plane[MARGIN + y * planes.chroma_stride..]);
    for x in (0..count).step_by(16) {
        store(&mut reach[x..], farthest([sixteen(blue, x), sixteen(red, x)]));
    }
}

/// [`write_reach`] of `count` samples for two pixels each, with their neighbours in three rows.
fn write_reach_of_halves(planes: &Planes, rows: [usize; 3], count: usize, samples: &mut [u8], reach: &mut [u8]) {
    let planes =
        [&*planes.blue, &*planes.red].map(|plane| rows.map(|y| &plane[MARGIN - 1 + y * planes.chroma_stride..]));
    for x in (0..count + 2).step_by(16) {
        let [[a, b, c], [d, e, f]] = planes.map(|rows| rows.map(|row| sixteen(row, x)));
        store(&mut samples[x..], farthest([a, b, c, d, e, f]));
    }
    for x in (0..count).step_by(16) {
        let [before, here, after] = [0, 1, 2].map(|offset| sixteen(samples, x + offset));
        let most = u8x16_max(u8x16_max(before, here), after);
        store(&mut reach[2 * x..], i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(most, most));
        let second = i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(most, most);
        store(&mut reach[2 * x + 16..], second);
    }
}

/// Twice the distance from 128 of the farthest of samples, 255 at most.
#[inline(always)]
fn farthest<const COUNT: usize>(samples: [v128; COUNT]) -> v128 {
    let middle = u8x16_splat(128);
    let most = samples.into_iter().fold(middle, |most, sample| u8x16_max(most, sample));
    let least = samples.into_iter().fold(middle, |least, sample| u8x16_min(least, sample));
    let distance = u8x16_max(i8x16_sub(most, middle), i8x16_sub(middle, least));
    u8x16_add_sat(distance, distance)
}

/// As [`super::scalar::rgb`].
pub fn rgb(row: &Row, width: usize, pixels: &mut [u8]) {
    for x in (0..width).step_by(16) {
        let [red, green, blue] = channels(sixteen(row.luma, x), row, x).map(in_order);
        let pixels = &mut pixels[3 * x..][..48];
        for (pixels, vector) in pixels.chunks_exact_mut(16).zip(interleaved(red, green, blue)) {
            store(pixels, vector);
        }
    }
}

/// Red, green and blue of 16 pixels, the ones of even columns first.
#[inline(always)]
fn channels(luma: v128, row: &Row, x: usize) -> [v128; 3] {
    let [lumas, blues, reds] = [parities(luma), samples(&row.blue, x), samples(&row.red, x)];
    let halves = [0, 1].map(|parity| {
        let middle = i16x8_splat(128);
        let (luma, blue, red) = (lumas[parity], i16x8_sub(blues[parity], middle), i16x8_sub(reds[parity], middle));
        let red_level = i16x8_add(red, i16x8_q15mulr_sat(red, i16x8_splat(((RED + 1) / 2 - 32_768) as i16)));
        let blue_level =
            i16x8_add(i16x8_shl(blue, 1), i16x8_q15mulr_sat(blue, i16x8_splat((BLUE / 2 - 65_536) as i16)));
        [red_level, green_level(blue, red), blue_level].map(|level| i16x8_add(luma, level))
    });
    core::array::from_fn(|channel| u8x16_of_i16x8([halves[0][channel], halves[1][channel]]))
}

#[inline(always)]
fn green_level(blue: v128, red: v128) -> v128 {
    let factors = pair((GREEN[0] / 2) as i16, (GREEN[1] / 2) as i16);
    let half = i32x4_splat(1 << 14);
    i16x8_of_i32x4(
        [low(blue, red), high(blue, red)].map(|both| i32x4_shr(i32x4_add(i32x4_dot_i16x8(both, factors), half), 15)),
    )
}

/// Gray levels of 16 pixels, in order.
#[inline(always)]
fn gray_of(channels: [v128; 3]) -> v128 {
    let [evens, odds] = [u16x8_extend_low_u8x16, u16x8_extend_high_u8x16].map(|half| {
        let [red, green, blue] = channels.map(half);
        let one = i16x8_splat(1);
        [(low(red, green), low(blue, one)), (high(red, green), high(blue, one))].map(|(red_green, blue_one)| {
            let weighted = i32x4_add(
                i32x4_dot_i16x8(red_green, pair(gray::RED, gray::GREEN)),
                i32x4_dot_i16x8(blue_one, pair(gray::BLUE, gray::HALF as i16)),
            );
            i32x4_shr(weighted, gray::FRACTION_BITS)
        })
    });
    in_order(u8x16_of_i32x4([evens[0], evens[1], odds[0], odds[1]]))
}

/// The samples of pixels `x` to `x + 15`, those of even columns first, in 16 bits.
#[inline(always)]
fn samples(of: &Samples, x: usize) -> [v128; 2] {
    match *of {
        Samples::Full(samples) => parities(sixteen(samples, x)),
        Samples::Half { near, far, rounding: Rounding { even, odd } } => {
            let rows = [near, far].map(|row| ten(row, x / 2));
            let [before, here, after] = [0, 1, 2].map(|offset| {
                let [near, far] = rows.map(|row| eight(row, offset));
                i16x8_add(i16x8_add(near, far), i16x8_shl(near, 1))
            });
            let here = i16x8_add(here, i16x8_shl(here, 1));
            [(before, even), (after, odd)]
                .map(|(next, rounding)| u16x8_shr(i16x8_add(i16x8_add(here, next), u16x8_splat(rounding)), 4))
        }
    }
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

/// The samples of even columns, and those of odd ones, in 16 bits.
#[inline(always)]
fn parities(samples: v128) -> [v128; 2] {
    [v128_and(samples, u16x8_splat(0xff)), u16x8_shr(samples, 8)]
}

/// Eight samples of even columns and eight of odd ones, in the order of the columns.
#[inline(always)]
fn in_order(samples: v128) -> v128 {
    i8x16_shuffle::<0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15>(samples, samples)
}

#[inline(always)]
fn pair(first: i16, second: i16) -> v128 {
    i16x8(first, second, first, second, first, second, first, second)
}

#[inline(always)]
fn ten(samples: &[u8], at: usize) -> &[u8; 10] {
    samples[at..].first_chunk().expect("there is more behind every row")
}

/// The samples at 0, 1 or 2 and the seven behind, in 16 bits.
#[inline(always)]
fn eight(samples: &[u8; 10], at: usize) -> v128 {
    let samples = &samples[at..][..8];
    // SAFETY: the slice has 8 bytes.
    u16x8_extend_low_u8x16(unsafe { v128_load64_zero(samples.as_ptr().cast()) })
}

#[inline(always)]
fn sixteen(samples: &[u8], at: usize) -> v128 {
    let samples = &samples[at..][..16];
    // SAFETY: the slice has 16 bytes.
    unsafe { v128_load(samples.as_ptr().cast()) }
}

#[inline(always)]
fn store(pixels: &mut [u8], vector: v128) {
    let pixels = &mut pixels[..16];
    // SAFETY: the slice has 16 bytes.
    unsafe { v128_store(pixels.as_mut_ptr().cast(), vector) };
}
