//! [`conv_pool`](super::conv_pool) of rows whose pixels are 0 or 1, by looking up: what a filter of 3x3 sees of
//! one channel are nine bits, a code.
//!
//! ```text
//! table[code]   = bias + the taps whose bit the code has                  512 rows of channels, once
//! forward       four codes of a window ─▶ four rows ─▶ maximum, place
//! gradient      buckets[code of the place] += dy                          512 rows of channels
//!               dw[tap] = Σ buckets whose code has the tap's bit          once
//! ```
//!
//! Most windows of a silhouette lie within an area: their four codes are one.

use crate::simd::lanes::{F32x4, U32x4};
use crate::simd::window::{self, BLOCK, Places};

/// Rows and columns of the filter.
pub const SIDE: usize = 3;

/// Pixels of the filter.
pub const TAPS: usize = SIDE * SIDE;

/// Different codes.
pub const CODES: usize = 1 << TAPS;

/// Rows of the input that a row of windows sees.
pub const ROWS_SEEN: usize = SIDE + 1;

/// The bit of a tap, and the tap of a bit: filters are made of rows, codes of columns.
const fn transposed(index: usize) -> usize {
    index % SIDE * SIDE + index / SIDE
}

/// Words that the codes of `width` windows are made in.
pub const fn code_words(width: usize) -> usize {
    4 * row_words(width)
}

/// Words of two numbers a window, and of what vectors read and write beyond.
const fn row_words(width: usize) -> usize {
    2 * width + 4
}

/// The codes of a row of windows, as the places in a table where their rows begin.
#[derive(Debug)]
pub struct Codes<'a> {
    upper: &'a [u32],
    lower: &'a [u32],
    channels: usize,
}

impl<'a> Codes<'a> {
    /// Of `width` windows, in a table with rows of `channels` numbers; `None` if a pixel is neither 0 nor 1. `words`
    /// are [`code_words`] to work in.
    ///
    /// # Panics
    /// If a row has fewer than `2 * width + 2` pixels, or there are too few words.
    pub fn of(rows: [&[f32]; ROWS_SEEN], width: usize, channels: usize, words: &'a mut [u32]) -> Option<Self> {
        let seen = 2 * width + SIDE - 1;
        assert!(width > 0 && rows.iter().all(|row| row.len() >= seen) && words.len() >= code_words(width));
        let (upper_columns, words) = words.split_at_mut(row_words(width));
        let (lower_columns, words) = words.split_at_mut(row_words(width));
        let (upper, lower) = words.split_at_mut(row_words(width));

        // A pixel a bit, the first row's the lowest, for the three rows of either half.
        let one = F32x4::splat(1.0).bits();
        for column in (0..seen).step_by(4) {
            // The last ones may be those before once more: there are at least four.
            let column = column.min(seen - 4);
            let mut bits = U32x4::splat(0);
            let mut others = U32x4::splat(0);
            for (i, row) in rows.iter().enumerate() {
                // SAFETY: `column + 4 <= seen`, and the row has so many.
                let pixels = unsafe { F32x4::load(row.as_ptr().add(column)) }.bits();
                let are_one = pixels.equals(one);
                others = others.or(pixels.and_not(are_one));
                bits = bits.or(are_one.and(U32x4::splat(1 << i)));
            }
            if !others.is_zero() {
                return None;
            }
            // SAFETY: `column + 4 <= seen`, and both have more words.
            unsafe {
                bits.and(U32x4::splat((1 << SIDE) - 1)).store(upper_columns.as_mut_ptr().add(column));
                bits.down::<1>().store(lower_columns.as_mut_ptr().add(column));
            }
        }

        let step = U32x4::splat(channels as u32);
        for (columns, codes) in [(upper_columns, &mut *upper), (lower_columns, &mut *lower)] {
            for x in (0..2 * width).step_by(4) {
                // SAFETY: `x + 2 + 4 <= 2 * width + 4`, the words of a row.
                unsafe {
                    let column = |j: usize| U32x4::load(columns.as_ptr().add(x + j));
                    let code = column(0).or(column(1).up::<3>()).or(column(2).up::<6>());
                    code.times(step).store(codes.as_mut_ptr().add(x));
                }
            }
        }
        Some(Self { upper: &upper[..2 * width], lower: &lower[..2 * width], channels })
    }

    /// Those of each window, in reading order: each at most `(CODES - 1) * channels`.
    fn windows(&self) -> impl Iterator<Item = [usize; 4]> {
        let pairs = self.upper.chunks_exact(2).zip(self.lower.chunks_exact(2));
        pairs.map(|(upper, lower)| [upper[0], upper[1], lower[0], lower[1]].map(|code| code as usize))
    }
}

/// Whether the four pixels of a window are the same.
#[inline(always)]
const fn is_flat([a, b, c, d]: [usize; 4]) -> bool {
    (a ^ b) | (a ^ c) | (a ^ d) == 0
}

/// Writes the table of a filter `[TAPS][channels]`: the sums that [`gray`](super::gray) takes, in the same order,
/// so that both give the same bytes.
pub fn write_table(filter: &[f32], bias: &[f32], table: &mut [f32]) {
    let channels = bias.len();
    assert!(filter.len() == TAPS * channels && table.len() == CODES * channels);
    for (code, sums) in table.chunks_exact_mut(channels).enumerate() {
        sums.copy_from_slice(bias);
        for (tap, weights) in filter.chunks_exact(channels).enumerate() {
            if code >> transposed(tap) & 1 == 1 {
                add(sums, weights);
            }
        }
    }
}

/// Writes the maxima of a row of windows, with `RELU` past it, and their places. The table has no NaN.
///
/// # Panics
/// If a slice's length does not fit, or the channels are no multiple of 4.
pub fn pool_row<const RELU: bool>(codes: &Codes<'_>, table: &[f32], output: &mut [f32], places: &mut [u8]) {
    let channels = codes.channels;
    assert!(channels.is_multiple_of(4) && table.len() == CODES * channels);
    assert!(output.len() == codes.upper.len() / 2 * channels && places.len() * 2 == output.len());
    let pooled = output.chunks_exact_mut(channels).zip(places.chunks_exact_mut(channels / 2));
    for (window, (output, places)) in codes.windows().zip(pooled) {
        let pixels = window.map(|code| table.as_ptr().wrapping_add(code));
        let is_flat = is_flat(window);
        let mut channel = 0;
        // SAFETY: a code's row is within the table; the channels of a block are within the rows.
        unsafe {
            while channel + 4 * BLOCK <= channels {
                pool_block::<BLOCK, RELU>(is_flat, pixels, channel, output, places);
                channel += 4 * BLOCK;
            }
            while channel < channels {
                pool_block::<1, RELU>(is_flat, pixels, channel, output, places);
                channel += 4;
            }
        }
    }
}

/// `V` vectors of a window from `channel` on, a multiple of 4.
///
/// # Safety
/// The pixels and the output have `channel + 4 * V` numbers, the places half as many bytes.
#[inline(always)]
unsafe fn pool_block<const V: usize, const RELU: bool>(
    is_flat: bool,
    pixels: [*const f32; 4],
    channel: usize,
    output: &mut [f32],
    places: &mut [u8],
) {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        let found: [U32x4; V] = core::array::from_fn(|vector| {
            let at = channel + 4 * vector;
            let (value, place) = if is_flat {
                window::pool_flat::<RELU>(F32x4::load(pixels[0].add(at)))
            } else {
                window::pool::<true, RELU>(pixels.map(|pixel| F32x4::load(pixel.add(at))))
            };
            value.store(output.as_mut_ptr().add(at));
            place
        });
        window::store_places(found, places.as_mut_ptr().add(channel / 2));
    }
}

/// Adds the gradient of a row of windows to `buckets`, `[CODES][channels]`, each number to the code of its place.
///
/// # Panics
/// If a slice's length does not fit, or the channels are no multiple of 4.
pub fn add_to_buckets(codes: &Codes<'_>, gradient: &[f32], places: &[u8], buckets: &mut [f32]) {
    let channels = codes.channels;
    assert!(channels.is_multiple_of(4) && buckets.len() == CODES * channels);
    assert!(gradient.len() == codes.upper.len() / 2 * channels && places.len() * 2 == gradient.len());
    let pooled = gradient.chunks_exact(channels).zip(places.chunks_exact(channels / 2));
    for (window, (gradient, places)) in codes.windows().zip(pooled) {
        let pixels = window.map(|code| buckets.as_mut_ptr().wrapping_add(code));
        let is_flat = is_flat(window);
        let mut channel = 0;
        // SAFETY: a code's row is within the buckets; the channels of a block are within the rows.
        unsafe {
            while channel + 4 * BLOCK <= channels {
                add_block::<BLOCK>(is_flat, pixels, channel, gradient, places);
                channel += 4 * BLOCK;
            }
            while channel < channels {
                add_block::<1>(is_flat, pixels, channel, gradient, places);
                channel += 4;
            }
        }
    }
}

/// `V` vectors of a window from `channel` on, a multiple of 4.
///
/// # Safety
/// The pixels' rows, which may be the same ones, are writable; they and the gradient have `channel + 4 * V`
/// numbers, the places half as many bytes.
#[inline(always)]
unsafe fn add_block<const V: usize>(
    is_flat: bool,
    pixels: [*mut f32; 4],
    channel: usize,
    gradient: &[f32],
    places: &[u8],
) {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        let places: [Places; V] = Places::load(places.as_ptr().add(channel / 2));
        for (vector, places) in places.into_iter().enumerate() {
            let at = channel + 4 * vector;
            let gradient = F32x4::load(gradient.as_ptr().add(at));
            let add = |bucket: *mut f32, term: F32x4| (F32x4::load(bucket) + term).store(bucket);
            if is_flat {
                add(pixels[0].add(at), places.keep(gradient));
            } else {
                for (index, pixel) in pixels.into_iter().enumerate() {
                    add(pixel.add(at), gradient.masked(places.are_at(index)));
                }
            }
        }
    }
}

/// Adds to the sums of the taps, `[TAPS][pitch]`, what the buckets, `[CODES][channels]`, have of them. The buckets are
/// used up.
pub fn add_buckets(buckets: &mut [f32], channels: usize, sums: &mut [f32], pitch: usize) {
    assert!(buckets.len() == CODES * channels && sums.len() == TAPS * pitch);
    let mut rest = buckets;
    for bit in (0..TAPS).rev() {
        let (without, with) = rest.split_at_mut((1 << bit) * channels);
        for bucket in with.chunks_exact(channels) {
            add(&mut sums[transposed(bit) * pitch..][..channels], bucket);
        }
        // What is left are the codes of the lower bits.
        add(without, with);
        rest = without;
    }
    // A pixel of 0 times an infinite gradient is NaN, as if all had been multiplied.
    for sums in sums.chunks_exact_mut(pitch) {
        for (sum, all) in sums.iter_mut().zip(&*rest) {
            *sum += 0.0 * all;
        }
    }
}

fn add(sums: &mut [f32], terms: &[f32]) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::Numbers;

    /// Pixels of a row beyond those that windows see, and words beyond those that are lent.
    const BEYOND: usize = 3;

    fn rows(pixels: &[f32]) -> [&[f32]; ROWS_SEEN] {
        let width = pixels.len() / ROWS_SEEN;
        core::array::from_fn(|i| &pixels[i * width..][..width])
    }

    #[test]
    fn a_code_has_the_bit_of_each_pixel_that_is_one() {
        let mut numbers = Numbers::seeded(41);
        for width in 1..=17 {
            let row = 2 * width + 2 + BEYOND;
            let pixels: Vec<f32> = (0..ROWS_SEEN * row).map(|_| numbers.below(2) as f32).collect();
            let mut words = vec![0xAAAA_AAAA; code_words(width) + BEYOND];
            let (within, beyond) = words.split_at_mut(code_words(width));
            let codes = Codes::of(rows(&pixels), width, 12, within).expect("all are 0 or 1");
            assert_eq!(beyond, [0xAAAA_AAAA; BEYOND]);
            let windows: Vec<[usize; 4]> = codes.windows().collect();
            assert_eq!(windows.len(), width);
            for (x, window) in windows.into_iter().enumerate() {
                for (pixel, code) in window.into_iter().enumerate() {
                    let seen = |tap: usize| pixels[(pixel / 2 + tap / 3) * row + 2 * x + pixel % 2 + tap % 3] as usize;
                    let expected: usize = (0..TAPS).map(|tap| seen(tap) << transposed(tap)).sum();
                    assert_eq!(code, 12 * expected, "pixel {pixel} of window {x} of {width}");
                }
            }
        }
    }

    #[test]
    fn any_other_pixel_that_a_window_sees_has_no_code_and_those_beyond_do_not_matter() {
        let others = [0.5, -1.0, 2.0, 1.0 + f32::EPSILON, f32::MIN_POSITIVE, -0.0, f32::NAN, f32::INFINITY];
        for width in 1..=5 {
            let row = 2 * width + 2 + BEYOND;
            for at in 0..ROWS_SEEN * row {
                for other in others {
                    let mut pixels = vec![1.0; ROWS_SEEN * row];
                    pixels[at] = other;
                    let mut words = vec![0; code_words(width)];
                    let codes = Codes::of(rows(&pixels), width, 4, &mut words);
                    assert_eq!(codes.is_some(), at % row >= row - BEYOND, "{other} at {at} of {row}");
                }
            }
        }
    }

    #[test]
    fn buckets_add_up_to_the_taps_whose_bits_their_codes_have() {
        let (channels, pitch) = (4, 8);
        let mut numbers = Numbers::seeded(42);
        // Whole numbers: sums are exact.
        let buckets = numbers.whole(CODES * channels, 100);
        let mut sums = vec![1.0; TAPS * pitch];
        add_buckets(&mut buckets.clone(), channels, &mut sums, pitch);
        for (index, &sum) in sums.iter().enumerate() {
            let (tap, channel) = (index / pitch, index % pitch);
            let has_tap = |code: &usize| channel < channels && code >> transposed(tap) & 1 == 1;
            let of_codes = (0..CODES).filter(has_tap).map(|code| buckets[code * channels + channel]);
            assert_eq!(sum, 1.0 + of_codes.sum::<f32>(), "tap {tap}, channel {channel}");
        }
    }
}
