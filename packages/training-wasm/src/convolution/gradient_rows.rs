//! Where the rows of a convolution's output gradient come from: a tensor, or a pooled one that is unpooled on the way.

use crate::conv_pool::place;

/// Rows of `width * channels` numbers of a batch of images.
pub trait Rows {
    /// Writes row `y` of `image`.
    fn write(&self, image: usize, y: usize, row: &mut [f32]);
}

/// Rows of a tensor `[batch, height, row.len()]`.
#[derive(Clone, Copy, Debug)]
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

/// Rows of the gradient before ReLU and 2x2 pooling: each pooled gradient is where its place says, if anywhere; all
/// else is 0, rows and columns that pooling dropped included.
#[derive(Clone, Copy, Debug)]
pub struct Unpooled<'a> {
    /// The gradient of the pooled output, `[batch, height, width, channels]`.
    pub gradient: &'a [f32],
    /// The places that [`conv_pool`](crate::conv_pool::conv_pool) wrote.
    pub places: &'a [u8],
    /// Rows of an image.
    pub height: usize,
    /// Pixels per row.
    pub width: usize,
    /// Numbers per pixel: a multiple of 4.
    pub channels: usize,
}

impl Rows for Unpooled<'_> {
    fn write(&self, image: usize, y: usize, row: &mut [f32]) {
        let &Unpooled { gradient, places, height, width, channels } = self;
        row.fill(0.0);
        let pooled_y = y / 2;
        if pooled_y >= height {
            return;
        }
        let first = (image * height + pooled_y) * width;
        for x in 0..width {
            let cell = (first + x) * channels;
            let (left, right) = row[2 * x * channels..][..2 * channels].split_at_mut(channels);
            for channel in 0..channels {
                let place = place(places, cell + channel) >> (2 * (y % 2));
                left[channel] = if place & 1 == 0 { 0.0 } else { gradient[cell + channel] };
                right[channel] = if place & 2 == 0 { 0.0 } else { gradient[cell + channel] };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensors_rows_are_copied() {
        // [batch 2, height 2, width * channels 3]
        let values: Vec<f32> = (0..12).map(|index| index as f32).collect();
        let mut row = [f32::NAN; 3];
        Plain { values: &values, height: 2 }.write(1, 0, &mut row);
        assert_eq!(row, [6.0, 7.0, 8.0]);
    }

    #[test]
    fn a_pooled_gradient_stands_where_its_maximum_was_and_nowhere_else() {
        // One window, and a row and a column that pooling dropped; the third gradient goes nowhere.
        let gradient = [10.0, 20.0, 30.0, 40.0];
        let rows =
            Unpooled { gradient: &gradient, places: &[0b0010_0001, 0b1000_0000], height: 1, width: 1, channels: 4 };
        let expected = [
            [[10.0, 0.0, 0.0, 0.0], [0.0, 20.0, 0.0, 0.0], [0.0; 4]],
            [[0.0; 4], [0.0, 0.0, 0.0, 40.0], [0.0; 4]],
            [[0.0; 4]; 3],
        ];
        for (y, expected) in expected.iter().enumerate() {
            let mut row = [f32::NAN; 12];
            rows.write(0, y, &mut row);
            assert_eq!(row.as_slice(), expected.concat(), "row {y}");
        }
    }
}
