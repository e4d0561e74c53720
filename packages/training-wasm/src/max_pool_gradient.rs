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
