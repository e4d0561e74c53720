//! Planes of luma and chroma to rows of pixels.
//!
//! ```text
//! chroma ─▶ column sums (3 near + far) ─▶ full width (3 near + far) ─┬▶ RGB
//! luma ──────────────────────────────────────────────────────────────┴▶ or gray
//! ```
//!
//! Chroma is interpolated by libjpeg's triangle filter (`jdsample.c`, `h2v1_fancy_upsample` and `h2v2_fancy_upsample`), and converted
//! with 16 fraction bits (`jdcolor.c`, `ycc_rgb_convert`). Gray is [`crate::gray`]'s of these RGB pixels.

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

/// Bytes between two rows of a chroma plane: one on either side of a row continues it, and vectors remain aligned.
pub const MARGIN: usize = 16;

/// Factor of red chroma for red, in 65,536ths.
const RED: i32 = 91_881;
/// Factors of blue and red chroma for green.
const GREEN: [i32; 2] = [-22_554, -46_802];
/// Factor of blue chroma for blue.
const BLUE: i32 = 116_130;

/// The planes of a color picture. Those of chroma begin with a [`MARGIN`], and have one behind every row.
pub struct Planes<'a> {
    pub luma: &'a [u8],
    /// Bytes from one row of luma to the next.
    pub luma_stride: usize,
    pub blue: &'a mut [u8],
    pub red: &'a mut [u8],
    /// Bytes from one row of either to the next.
    pub chroma_stride: usize,
    pub sampling: Sampling,
}

/// What becomes of a row.
pub struct Row<'a> {
    pub luma: &'a [u8],
    pub blue: Samples<'a>,
    pub red: Samples<'a>,
}

/// Chroma for a row of pixels.
pub enum Samples<'a> {
    /// One for each pixel.
    Full(&'a [u8]),
    /// One for two pixels: the row that is nearer and the one that is farther, from one sample before the first to one behind the last.
    Half { near: &'a [u8], far: &'a [u8], rounding: Rounding },
}

/// Rounding of the interpolation, in 16ths, which alternates so that it has no bias.
#[derive(Clone, Copy)]
pub struct Rounding {
    pub even: u16,
    pub odd: u16,
}

/// Bytes that [`pixel_rows`] works in.
pub fn workspace_bytes(width: usize) -> usize {
    2 * (width + SLACK)
}

/// `[height, width, channels]` pixels, of 1 or 3 channels. Reads and writes up to [`SLACK`] bytes beyond a row.
pub fn pixel_rows(
    mut planes: Planes,
    (width, height): (usize, usize),
    channels: usize,
    workspace: &mut [u8],
    pixels: &mut [u8],
) {
    if planes.sampling != Sampling::Full {
        planes.continue_rows(width.div_ceil(2));
    }
    if channels == 1 {
        kernels::gray_rows(&planes, (width, height), workspace, pixels);
        return;
    }
    for y in 0..height {
        kernels::rgb(&planes.row(y, height), width, &mut pixels[3 * y * width..]);
    }
}

impl Planes<'_> {
    /// Repeats the first and the last of `count` samples of each row.
    fn continue_rows(&mut self, count: usize) {
        for plane in [&mut *self.blue, &mut *self.red] {
            for row in plane[MARGIN - 1..].chunks_mut(self.chroma_stride) {
                // What is left behind the last row.
                if row.len() < self.chroma_stride {
                    break;
                }
                row[0] = row[1];
                row[count + 1] = row[count];
            }
        }
    }

    fn row(&self, y: usize, height: usize) -> Row<'_> {
        let luma = &self.luma[y * self.luma_stride..];
        Row { luma, blue: self.samples(self.blue, y, height), red: self.samples(self.red, y, height) }
    }

    fn samples<'a>(&self, plane: &'a [u8], y: usize, height: usize) -> Samples<'a> {
        let (near, far, rounding) = match self.sampling {
            Sampling::Full => return Samples::Full(&plane[MARGIN + y * self.chroma_stride..]),
            Sampling::HalfWidth => (y, y, Rounding { even: 4, odd: 8 }),
            Sampling::HalfBoth => {
                let near = y / 2;
                // The last row continues beyond the border, as the first does.
                let far =
                    if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(height.div_ceil(2) - 1) };
                (near, far, Rounding { even: 8, odd: 7 })
            }
        };
        let [near, far] = [near, far].map(|y| &plane[MARGIN - 1 + y * self.chroma_stride..]);
        Samples::Half { near, far, rounding }
    }
}

/// `[height, width]` pixels of a luma plane.
pub fn luma_rows(luma: &[u8], stride: usize, (width, height): (usize, usize), pixels: &mut [u8]) {
    for (row, luma) in pixels.chunks_exact_mut(width).zip(luma.chunks(stride)).take(height) {
        row.copy_from_slice(&luma[..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::scalar::converted;
    use crate::gray::scalar::level_of;

    /// What the SIMD variant relies on.
    #[test]
    fn gray_is_luma_that_is_farther_from_0_and_255_than_twice_the_distance_of_chroma_from_128() {
        for (blue, red) in (0..=255_u8).flat_map(|blue| (0..=255_u8).map(move |red| (blue, red))) {
            let distance = blue.abs_diff(128).max(red.abs_diff(128)).saturating_mul(2);
            for luma in distance..=255 - distance {
                let [red, green, blue] = converted(luma, blue, red);
                assert_eq!(level_of(red, green, blue), luma);
            }
        }
    }
}
