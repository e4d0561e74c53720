//! Two-dimensional convolutions, depthwise ones too, and their gradients.

pub mod depthwise;
pub mod depthwise_filter_gradient;
pub mod filter_gradient;
pub mod forward;
pub mod gradient_rows;
pub mod patches_gradient;
pub mod phases;

use crate::simd::tile::{COLUMNS, ROWS, Tile};

/// Sizes of a convolution of `[batch, in_height, in_width, in_channels]` with a filter
/// `[filter_height, filter_width, in_channels, out_channels]` to `[batch, out_height, out_width, out_channels]`:
/// output (y, x) reads input rows `y * stride_height - pad_top + i * dilation_height`, and columns likewise; outside of
/// the image, the input is 0. Fifteen 32-bit words, so that a foreign caller passes one address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    /// Images.
    pub batch: usize,
    /// Rows of an input image.
    pub in_height: usize,
    /// Pixels of an input row.
    pub in_width: usize,
    /// Numbers of an input pixel.
    pub in_channels: usize,
    /// Rows of an output image.
    pub out_height: usize,
    /// Pixels of an output row.
    pub out_width: usize,
    /// Numbers of an output pixel.
    pub out_channels: usize,
    /// Rows of the filter.
    pub filter_height: usize,
    /// Columns of the filter.
    pub filter_width: usize,
    /// Input rows from one output row to the next.
    pub stride_height: usize,
    /// Input pixels from one output pixel to the next.
    pub stride_width: usize,
    /// Input rows from one filter row to the next.
    pub dilation_height: usize,
    /// Input pixels from one filter column to the next.
    pub dilation_width: usize,
    /// Rows of zeros above the image.
    pub pad_top: isize,
    /// Pixels of zeros left of the image.
    pub pad_left: isize,
}

impl Convolution {
    /// Numbers of the input.
    pub const fn in_floats(&self) -> usize {
        self.batch * self.in_height * self.in_row()
    }

    /// Numbers of an input row.
    pub const fn in_row(&self) -> usize {
        self.in_width * self.in_channels
    }

    /// Numbers of the output.
    pub const fn out_floats(&self) -> usize {
        self.batch * self.out_height * self.out_row()
    }

    /// Numbers of an output row.
    pub const fn out_row(&self) -> usize {
        self.out_width * self.out_channels
    }

    /// Numbers of the filter.
    pub const fn filter_floats(&self) -> usize {
        self.filter_height * self.filter_width * self.in_channels * self.out_channels
    }

    /// The convolution that is the input gradient of one without strides: of dy, with the filter turned by 180 degrees
    /// and its channels exchanged.
    pub const fn turned(&self) -> Self {
        Self {
            in_height: self.out_height,
            in_width: self.out_width,
            in_channels: self.out_channels,
            out_height: self.in_height,
            out_width: self.in_width,
            out_channels: self.in_channels,
            pad_top: ((self.filter_height - 1) * self.dilation_height) as isize - self.pad_top,
            pad_left: ((self.filter_width - 1) * self.dilation_width) as isize - self.pad_left,
            ..*self
        }
    }

    /// The pixels of a filter row lie side by side in the input unless they are dilated, and then make one run: how
    /// many runs a filter row has, and how many numbers of `channels` channels each.
    pub const fn runs(&self, channels: usize) -> (usize, usize) {
        if self.dilation_width == 1 { (1, self.filter_width * channels) } else { (self.filter_width, channels) }
    }
}

/// One row of a convolution's output: `out[x][n] = Σ_r Σ_k runs[r][x * x_step + k] * panels[n / 8][r][k][n % 8]`.
///
/// # Safety
/// Each run has `(width - 1) * x_step + length` readable numbers; `out` has `width * channels` writable ones.
pub unsafe fn convolve_row(
    runs: &[*const f32],
    length: usize,
    x_step: usize,
    panels: &[f32],
    out: *mut f32,
    width: usize,
    channels: usize,
) {
    let panel_floats = runs.len() * length * COLUMNS;
    for (block, panel) in panels.chunks_exact(panel_floats).enumerate() {
        let first = block * COLUMNS;
        let columns = channels - first;
        let mut x = 0;
        while x + ROWS <= width {
            let at = out.wrapping_add(x * channels + first);
            // SAFETY: pixels x to x + M - 1 are within the row; the panel has a run's length for every run.
            unsafe { convolve_pixels::<ROWS>(runs, length, x, x_step, panel).store(at, channels, columns) };
            x += ROWS;
        }
        while x < width {
            let at = out.wrapping_add(x * channels + first);
            // SAFETY: pixels x to x + M - 1 are within the row; the panel has a run's length for every run.
            unsafe { convolve_pixels::<1>(runs, length, x, x_step, panel).store(at, channels, columns) };
            x += 1;
        }
    }
}

/// `M` pixels from `x` on, of eight channels.
///
/// # Safety
/// As for [`convolve_row`], with `x + M <= width`; `panel` has `runs.len() * length * 8` numbers.
#[inline(always)]
unsafe fn convolve_pixels<const M: usize>(
    runs: &[*const f32],
    length: usize,
    x: usize,
    x_step: usize,
    panel: &[f32],
) -> Tile<M> {
    let mut tile = Tile::zeros();
    let mut b = panel.as_ptr();
    for &run in runs {
        let pixels = core::array::from_fn(|m| run.wrapping_add((x + m) * x_step));
        // SAFETY: upheld by this function's own contract: pixel x + m of a run starts `(x + m) * x_step` numbers behind
        // its first, and `panel` has `length` rows of 8 for each run.
        unsafe { tile.add_products(pixels, 1, b, COLUMNS, length) };
        b = b.wrapping_add(length * COLUMNS);
    }
    tile
}
