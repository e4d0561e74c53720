//! Planes of luma and chroma to rows of pixels.
//!
//! ```text
//! chroma ─▶ column sums (3 near + far, of 4:2:0) ─▶ full width (3 near + far) ─┐
//! luma ────────────────────────────────────────────────────────────────────────┴▶ RGB
//! ```
//!
//! Chroma is interpolated by libjpeg's triangle filter (`jdsample.c`, `h2v1_fancy_upsample` and `h2v2_fancy_upsample`), and converted
//! with 16 fraction bits (`jdcolor.c`, `ycc_rgb_convert`).

// With SIMD, the definition of the results.
#[cfg_attr(target_feature = "simd128", allow(dead_code))]
pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

use super::SLACK;
use super::header::Sampling;

#[cfg(not(target_feature = "simd128"))]
use scalar as kernels;
#[cfg(target_feature = "simd128")]
use simd128 as kernels;

/// Chroma of a picture.
pub struct Chroma<'a> {
    pub blue: &'a [u8],
    pub red: &'a [u8],
    /// Bytes from one row of either to the next.
    pub stride: usize,
    pub sampling: Sampling,
}

impl Chroma<'_> {
    /// Bytes for two rows of chroma at full width, and their column sums.
    pub fn scratch_bytes(width: usize) -> usize {
        2 * (width + SLACK) + 2 * (width / 2 + SLACK)
    }
}

/// Rounding of the interpolation, which alternates so that it has no bias.
#[derive(Clone, Copy)]
pub struct Rounding {
    pub even: u16,
    pub odd: u16,
    pub shift: u32,
}

/// `[height, width, 3]` pixels of a luma plane and chroma. Reads and writes up to [`SLACK`] bytes beyond a row.
pub fn rgb_rows(
    luma: &[u8],
    luma_stride: usize,
    chroma: &Chroma,
    (width, height): (usize, usize),
    scratch: &mut [u8],
    pixels: &mut [u8],
) {
    let (blue, rest) = scratch.split_at_mut(width + SLACK);
    let (red, sums) = rest.split_at_mut(width + SLACK);
    for y in 0..height {
        let luma = &luma[y * luma_stride..];
        let pixels = &mut pixels[3 * y * width..];
        let planes = [(chroma.blue, &mut *blue), (chroma.red, &mut *red)];
        match chroma.sampling {
            Sampling::Full => {
                let at = y * chroma.stride;
                kernels::rgb(luma, &chroma.blue[at..], &chroma.red[at..], width, pixels);
                continue;
            }
            Sampling::HalfWidth => {
                for (plane, row) in planes {
                    let here = &plane[y * chroma.stride..];
                    widen(here, None, width.div_ceil(2), sums, row);
                }
            }
            Sampling::HalfBoth => {
                let near = y / 2;
                // The last row continues beyond the border, as the first does.
                let far = if y % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(height.div_ceil(2) - 1) };
                for (plane, row) in planes {
                    let [near, far] = [near, far].map(|y| &plane[y * chroma.stride..]);
                    widen(near, Some(far), width.div_ceil(2), sums, row);
                }
            }
        }
        kernels::rgb(luma, blue, red, width, pixels);
    }
}

/// Twice the `count` samples of a row, interpolated with those of the row `far`, if there is one.
fn widen(near: &[u8], far: Option<&[u8]>, count: usize, sums: &mut [u8], row: &mut [u8]) {
    // SAFETY: any bytes are valid 16-bit numbers.
    let (_, sums, _) = unsafe { sums.align_to_mut::<u16>() };
    let rounding = match far {
        Some(far) => {
            kernels::column_sums(near, far, count, &mut sums[1..]);
            Rounding { even: 8, odd: 7, shift: 4 }
        }
        None => {
            kernels::copy(near, count, &mut sums[1..]);
            Rounding { even: 1, odd: 2, shift: 2 }
        }
    };
    // The borders continue.
    sums[0] = sums[1];
    sums[count + 1] = sums[count];
    kernels::interpolate(sums, count, rounding, row);
}

/// `[height, width]` pixels of a luma plane.
pub fn gray_rows(luma: &[u8], stride: usize, (width, height): (usize, usize), pixels: &mut [u8]) {
    for (row, luma) in pixels.chunks_exact_mut(width).zip(luma.chunks(stride)).take(height) {
        row.copy_from_slice(&luma[..width]);
    }
}
