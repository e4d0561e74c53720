//! Where the rows of a convolution's output gradient come from: a tensor, or a pooled one that is unpooled on the way.

use crate::conv_pool::Pooled;

/// Rows of `width * channels` numbers of a batch of images.
pub trait Rows {
    /// Writes row `y` of `image`.
    fn write(&self, image: usize, y: usize, row: &mut [f32]);
}

/// Rows of a tensor `[batch, height, row.len()]`.
#[derive(Debug)]
pub struct Plain<'a> {
    /// All numbers.
    pub values: &'a [f32],
    /// Rows of an image.
    pub height: usize,
}

impl Rows for Plain<'_> {
    fn write(&self, image: usize, y: usize, row: &mut [f32]) {
        let first = (image * self.height + y) * row.len();
        row.copy_from_slice(&self.values[first..first + row.len()]);
    }
}

/// Rows of the gradient before ReLU and 2x2 pooling: each pooled gradient stands where its window's maximum was, if
/// that was above 0; all else is 0, rows and columns that pooling dropped included.
#[derive(Debug)]
pub struct Unpooled<'a> {
    /// The gradient of the pooled output, `[batch, height, width, channels]`.
    pub gradient: &'a [f32],
    /// What was kept of the forward pass.
    pub pooled: Pooled<'a>,
}

impl Rows for Unpooled<'_> {
    fn write(&self, image: usize, y: usize, row: &mut [f32]) {
        let Pooled { output, places, height, width, channels } = self.pooled;
        row.fill(0.0);
        let pooled_y = y / 2;
        if pooled_y >= height {
            return;
        }
        let first = (image * height + pooled_y) * width;
        for x in 0..width {
            let cell = (first + x) * channels;
            let gradient = &self.gradient[cell..cell + channels];
            let output = &output[cell..cell + channels];
            let places = &places[cell / 4..(cell + channels) / 4];
            let (left, right) = row[2 * x * channels..][..2 * channels].split_at_mut(channels);
            let quads = gradient.chunks_exact(4).zip(output.chunks_exact(4)).zip(places);
            let pixels = left.chunks_exact_mut(4).zip(right.chunks_exact_mut(4));
            for (((gradient, output), &place), (left, right)) in quads.zip(pixels) {
                for lane in 0..4 {
                    let place = place >> (2 * lane) & 3;
                    let kept = if output[lane] > 0.0 { gradient[lane] } else { 0.0 };
                    left[lane] = if usize::from(place) == 2 * (y % 2) { kept } else { 0.0 };
                    right[lane] = if usize::from(place) == 2 * (y % 2) + 1 { kept } else { 0.0 };
                }
            }
        }
    }
}
