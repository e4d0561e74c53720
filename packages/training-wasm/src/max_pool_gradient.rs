//! The gradient of a maximum over windows: each output's gradient goes to its window's maximum, of equal ones to the first
//! in reading order, as in TensorFlow.

/// Sizes of a pooling. Fourteen 32-bit words, so that a foreign caller passes one address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Pooling {
    /// Images.
    pub batch: usize,
    /// Numbers of a pixel.
    pub channels: usize,
    /// Rows of an input image.
    pub in_height: usize,
    /// Pixels of an input row.
    pub in_width: usize,
    /// Rows of an output image.
    pub out_height: usize,
    /// Pixels of an output row.
    pub out_width: usize,
    /// Rows of a window.
    pub window_height: usize,
    /// Columns of a window.
    pub window_width: usize,
    /// Input rows from one window to the next.
    pub stride_height: usize,
    /// Input pixels from one window to the next.
    pub stride_width: usize,
    /// Input rows from one row of a window to the next.
    pub dilation_height: usize,
    /// Input pixels from one column of a window to the next.
    pub dilation_width: usize,
    /// Rows above the image that windows see; nothing is there.
    pub pad_top: isize,
    /// Pixels left of the image that windows see.
    pub pad_left: isize,
}

impl Pooling {
    /// Numbers of the input.
    pub const fn in_floats(&self) -> usize {
        self.batch * self.in_height * self.in_width * self.channels
    }

    /// Numbers of the output.
    pub const fn out_floats(&self) -> usize {
        self.batch * self.out_height * self.out_width * self.channels
    }
}

/// Writes the gradient of the input to `dx`: `x` is the input, `dy` the gradient of the output.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn max_pool_gradient(pooling: &Pooling, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let &Pooling { batch, channels, in_height, in_width, out_height, out_width, .. } = pooling;
    assert!(x.len() == pooling.in_floats() && dx.len() == x.len() && dy.len() == pooling.out_floats());
    dx.fill(0.0);
    for image in 0..batch {
        for y in 0..out_height {
            for column in 0..out_width {
                let cell = ((image * out_height + y) * out_width + column) * channels;
                for channel in 0..channels {
                    let mut most = f32::NEG_INFINITY;
                    let mut place = None;
                    for i in 0..pooling.window_height {
                        let row = (y * pooling.stride_height + i * pooling.dilation_height)
                            .checked_add_signed(-pooling.pad_top)
                            .filter(|&row| row < in_height);
                        let Some(row) = row else { continue };
                        for j in 0..pooling.window_width {
                            let at = (column * pooling.stride_width + j * pooling.dilation_width)
                                .checked_add_signed(-pooling.pad_left)
                                .filter(|&at| at < in_width);
                            let Some(at) = at else { continue };
                            let index = ((image * in_height + row) * in_width + at) * channels + channel;
                            if place.is_none() || x[index] > most {
                                most = x[index];
                                place = Some(index);
                            }
                        }
                    }
                    if let Some(index) = place {
                        dx[index] += dy[cell + channel];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers};

    /// Window, stride, dilation and padding each alike on both axes, except that a row has one pixel more of padding.
    fn pooling(image: [usize; 2], window: usize, stride: usize, dilation: usize, pad: usize) -> Pooling {
        let [out_height, out_width] =
            [0, 1].map(|axis| (image[axis] + 2 * pad + axis - (window - 1) * dilation - 1) / stride + 1);
        Pooling {
            batch: 2,
            channels: 3,
            in_height: image[0],
            in_width: image[1],
            out_height,
            out_width,
            window_height: window,
            window_width: window,
            stride_height: stride,
            stride_width: stride,
            dilation_height: dilation,
            dilation_width: dilation,
            pad_top: pad as isize,
            pad_left: pad as isize,
        }
    }

    /// Whole numbers, so that sums are exact, and windows have equal maxima.
    fn assert_equals_its_definition(pooling: &Pooling, x: &[f32], numbers: &mut Numbers) {
        let x = Fenced::holding(x);
        let dy = Fenced::holding(&numbers.whole(pooling.out_floats(), 9));
        let mut dx = Fenced::unset(pooling.in_floats());
        max_pool_gradient(pooling, x.inside(), dy.inside(), dx.inside_mut());
        let mut expected = vec![0.0; pooling.in_floats()];
        for (place, dy) in naive::max_places(pooling, x.inside()).into_iter().zip(dy.inside()) {
            if let Some(index) = place {
                expected[index] += dy;
            }
        }
        assert_eq!(dx.check(), expected, "{pooling:?}");
    }

    #[test]
    fn equals_its_definition_at_every_window_stride_dilation_and_padding() {
        let mut numbers = Numbers::seeded(5);
        for image in [[3, 3], [5, 4], [4, 7], [8, 9]] {
            for window in [1, 2, 3] {
                for stride in [1, 2, 3] {
                    for (dilation, pad) in [(1, 0), (1, 1), (1, 2), (2, 1), (2, 3)] {
                        let pooling = pooling(image, window, stride, dilation, pad);
                        let x = numbers.whole(pooling.in_floats(), 3);
                        assert_equals_its_definition(&pooling, &x, &mut numbers);
                    }
                }
            }
        }
    }

    #[test]
    fn windows_whose_maximum_is_negative_or_zero_get_their_gradient() {
        let mut numbers = Numbers::seeded(6);
        let pooling = pooling([6, 6], 2, 2, 1, 1);
        let x: Vec<f32> = numbers.whole(pooling.in_floats(), 3).iter().map(|x| -x.abs()).collect();
        assert_equals_its_definition(&pooling, &x, &mut numbers);
        assert_equals_its_definition(&pooling, &vec![-1e30; x.len()], &mut numbers);
        assert_equals_its_definition(&pooling, &vec![f32::NEG_INFINITY; x.len()], &mut numbers);
    }

    #[test]
    fn two_axes_may_differ() {
        let mut numbers = Numbers::seeded(7);
        let pooling =
            Pooling { batch: 1, out_height: 2, window_height: 4, stride_height: 3, ..pooling([7, 6], 2, 2, 1, 0) };
        let x = numbers.whole(pooling.in_floats(), 3);
        assert_equals_its_definition(&pooling, &x, &mut numbers);
    }

    #[test]
    fn of_equal_maxima_the_first_in_reading_order_gets_the_gradient() {
        let pooling = Pooling { batch: 1, channels: 1, ..pooling([2, 2], 2, 2, 1, 0) };
        let mut dx = [f32::NAN; 4];
        max_pool_gradient(&pooling, &[1.0, 2.0, 2.0, 2.0], &[5.0], &mut dx);
        assert_eq!(dx, [0.0, 5.0, 0.0, 0.0]);
    }
}
