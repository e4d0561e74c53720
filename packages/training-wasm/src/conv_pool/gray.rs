//! [`conv_pool`](super::conv_pool) of one channel with any values and a filter of 3x3: the nine taps of four
//! channels stay in registers for a whole row of windows.
//!
//! ```text
//! for 4 channels
//!   for each window     4x4 pixels, each in all lanes, times the taps that see it
//! ```

use super::binary::{ROWS_SEEN, SIDE, TAPS};
use crate::simd::lanes::F32x4;
use crate::simd::window::{self, Places};

/// Pixels of a window.
const PIXELS: usize = 4;

/// Writes the maxima of a row of windows, with `RELU` past it, and their places; `filter` is `[TAPS][channels]`.
///
/// If `BOUNDED`, all of `rows`, `filter` and `bias` [are](window::are_bounded).
///
/// # Panics
/// If a slice's length does not fit, or the channels are no multiple of 4.
pub fn pool_row<const BOUNDED: bool, const RELU: bool>(
    rows: [&[f32]; ROWS_SEEN],
    filter: &[f32],
    bias: &[f32],
    output: &mut [f32],
    places: &mut [u8],
) {
    let channels = bias.len();
    let width = output.len() / channels;
    assert!(channels.is_multiple_of(4) && filter.len() == TAPS * channels);
    assert!(output.len() == width * channels && places.len() * 2 == output.len());
    assert!(rows.iter().all(|row| row.len() >= 2 * width + SIDE - 1));
    for channel in (0..channels).step_by(4) {
        // SAFETY: channels are a multiple of 4; windows see pixels 2 * x to 2 * x + 3, x < width.
        unsafe {
            let taps: [F32x4; TAPS] =
                core::array::from_fn(|tap| F32x4::load(filter.as_ptr().add(tap * channels + channel)));
            let bias = F32x4::load(bias.as_ptr().add(channel));
            for x in 0..width {
                let mut sums = [bias; PIXELS];
                visit_products(rows, x, |seen, tap, pixel| sums[pixel] = sums[pixel].plus_product(seen, taps[tap]));
                let (value, place) = window::pool::<BOUNDED, RELU>(sums);
                let at = x * channels + channel;
                value.store(output.as_mut_ptr().add(at));
                window::store_places([place], places.as_mut_ptr().add(at / 2));
            }
        }
    }
}

/// Adds what a row of windows has of the filter's gradient to `sums`, `[TAPS][pitch]`.
///
/// # Panics
/// If a slice's length does not fit, or the channels are no multiple of 4.
pub fn add_row(
    rows: [&[f32]; ROWS_SEEN],
    gradient: &[f32],
    places: &[u8],
    channels: usize,
    sums: &mut [f32],
    pitch: usize,
) {
    let width = gradient.len() / channels;
    assert!(channels.is_multiple_of(4) && channels <= pitch && sums.len() == TAPS * pitch);
    assert!(gradient.len() == width * channels && places.len() * 2 == gradient.len());
    assert!(rows.iter().all(|row| row.len() >= 2 * width + SIDE - 1));
    for channel in (0..channels).step_by(4) {
        let mut of_row = [F32x4::splat(0.0); TAPS];
        // SAFETY: channels are a multiple of 4; windows see pixels 2 * x to 2 * x + 3, x < width.
        unsafe {
            for x in 0..width {
                let at = x * channels + channel;
                let gradient = F32x4::load(gradient.as_ptr().add(at));
                let [places] = Places::load(places.as_ptr().add(at / 2));
                let of_pixels: [F32x4; PIXELS] = core::array::from_fn(|pixel| gradient.masked(places.are_at(pixel)));
                visit_products(rows, x, |seen, tap, pixel| {
                    of_row[tap] = of_row[tap].plus_product(seen, of_pixels[pixel]);
                });
            }
            for (tap, of_row) in of_row.into_iter().enumerate() {
                let sum = sums.as_mut_ptr().add(tap * pitch + channel);
                (F32x4::load(sum) + of_row).store(sum);
            }
        }
    }
}

/// Calls `visit` for each product of window `x`: what is seen, in all lanes, the tap, and the window's pixel. Those of
/// a pixel come with their taps ascending.
///
/// # Safety
/// The rows have `2 * x + 4` numbers.
#[inline(always)]
unsafe fn visit_products(rows: [&[f32]; ROWS_SEEN], x: usize, mut visit: impl FnMut(F32x4, usize, usize)) {
    for (i, row) in rows.iter().enumerate() {
        for j in 0..SIDE + 1 {
            // SAFETY: upheld by this function's own contract: `2 * x` and the three numbers behind it are within the
            // rows.
            let seen = F32x4::splat(unsafe { *row.get_unchecked(2 * x + j) });
            for pixel in 0..PIXELS {
                let (y, x) = (i.wrapping_sub(pixel / 2), j.wrapping_sub(pixel % 2));
                if y < SIDE && x < SIDE {
                    visit(seen, y * SIDE + x, pixel);
                }
            }
        }
    }
}
