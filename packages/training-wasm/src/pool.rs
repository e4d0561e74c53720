//! Maxima and means over windows, and their gradients. Pixels outside of the image are ignored: they are no maxima,
//! and means do not count them, as in TensorFlow. A window without pixels has the maximum -∞ and the mean 0.
//!
//! The gradient of a maximum goes to its place, of equal ones to the first in reading order. A NaN is no maximum
//! either, unless there is nothing else.

use core::ops::Range;

/// Sizes of a pooling. Fourteen 32-bit words, so that a foreign caller passes one address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Pooling {
    /// Images.
    pub batch: usize,
    /// Numbers per pixel.
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

impl Pooling {
    /// Numbers of an input image.
    pub const fn in_image(&self) -> usize {
        self.in_height * self.in_width * self.channels
    }

    /// Numbers of an output image.
    const fn out_image(&self) -> usize {
        self.out_height * self.out_width * self.channels
    }

    /// Calls `visit` with the first number of each pixel that window (`y`, `x`) sees of an image, in reading order.
    #[inline(always)]
    fn visit_window(&self, y: usize, x: usize, mut visit: impl FnMut(usize)) {
        for i in 0..self.window_height {
            let row = (y * self.stride_height + i * self.dilation_height).wrapping_add_signed(-self.pad_top);
            // Above the image it wraps around, and is large.
            if row >= self.in_height {
                continue;
            }
            for j in 0..self.window_width {
                let column = (x * self.stride_width + j * self.dilation_width).wrapping_add_signed(-self.pad_left);
                if column < self.in_width {
                    visit((row * self.in_width + column) * self.channels);
                }
            }
        }
    }
}

/// Whether `value` takes the place of the maximum so far: any number does of a NaN.
#[inline(always)]
fn exceeds(value: f32, most: f32) -> bool {
    value > most || (most.is_nan() && !value.is_nan())
}

/// Writes the maxima of the output rows `rows`, counted across all images, to `y`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn max_pool(pooling: &Pooling, rows: Range<usize>, x: &[f32], y: &mut [f32]) {
    for_each_cell(pooling, rows, x, y, |image, row, column, cell| {
        let mut seen = 0;
        pooling.visit_window(row, column, |first| {
            let pixel = &image[first..][..cell.len()];
            if seen == 0 {
                cell.copy_from_slice(pixel);
            } else {
                for (most, &value) in cell.iter_mut().zip(pixel) {
                    *most = if exceeds(value, *most) { value } else { *most };
                }
            }
            seen += 1;
        });
        if seen == 0 {
            cell.fill(f32::NEG_INFINITY);
        }
    });
}

/// Writes the means of the output rows `rows`, counted across all images, to `y`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn average_pool(pooling: &Pooling, rows: Range<usize>, x: &[f32], y: &mut [f32]) {
    for_each_cell(pooling, rows, x, y, |image, row, column, cell| {
        cell.fill(0.0);
        let mut count = 0;
        pooling.visit_window(row, column, |first| {
            count += 1;
            for (sum, &value) in cell.iter_mut().zip(&image[first..]) {
                *sum += value;
            }
        });
        if count > 0 {
            for sum in cell {
                *sum /= count as f32;
            }
        }
    });
}

/// Calls `write` with each output pixel of `rows`: the input image that it is of, its row and column, and where it
/// goes.
fn for_each_cell(
    pooling: &Pooling,
    rows: Range<usize>,
    x: &[f32],
    y: &mut [f32],
    write: impl Fn(&[f32], usize, usize, &mut [f32]),
) {
    let &Pooling { channels, out_height, out_width, .. } = pooling;
    assert!(x.len() == pooling.in_floats() && y.len() == rows.len() * out_width * channels);
    for (row, cells) in rows.zip(y.chunks_exact_mut(out_width * channels)) {
        let image = &x[row / out_height * pooling.in_image()..][..pooling.in_image()];
        for (column, cell) in cells.chunks_exact_mut(channels).enumerate() {
            write(image, row % out_height, column, cell);
        }
    }
}

/// Numbers of workspace for [`max_pool_gradient`]: maxima and their places.
pub const fn workspace_floats(pooling: &Pooling) -> usize {
    2 * pooling.channels
}

/// Writes the gradient of the input of [`max_pool`], of the images `images`, to `dx`: `x` is the input, `dy` the
/// gradient of the output.
///
/// # Panics
/// If a slice's length is not that of its tensor, or `workspace` is shorter than [`workspace_floats`].
pub fn max_pool_gradient(
    pooling: &Pooling,
    images: Range<usize>,
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    workspace: &mut [f32],
) {
    let (maxima, places) = workspace[..workspace_floats(pooling)].split_at_mut(pooling.channels);
    assert!(x.len() == pooling.in_floats());
    scatter(pooling, images.clone(), dy, dx, |image, row, column, dy, dx| {
        let x = &x[image * pooling.in_image()..][..pooling.in_image()];
        let mut is_first = true;
        pooling.visit_window(row, column, |first| {
            // The place is kept as bits: a float holds those of any word.
            let here = f32::from_bits(first as u32);
            if is_first {
                maxima.copy_from_slice(&x[first..][..pooling.channels]);
                places.fill(here);
            } else {
                for ((most, place), &value) in maxima.iter_mut().zip(&mut *places).zip(&x[first..]) {
                    let takes = exceeds(value, *most);
                    *most = if takes { value } else { *most };
                    *place = if takes { here } else { *place };
                }
            }
            is_first = false;
        });
        if !is_first {
            for (channel, (place, dy)) in places.iter().zip(dy).enumerate() {
                dx[place.to_bits() as usize + channel] += dy;
            }
        }
    });
}

/// Writes the gradient of the input of [`average_pool`], of the images `images`, to `dx`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn average_pool_gradient(pooling: &Pooling, images: Range<usize>, dy: &[f32], dx: &mut [f32]) {
    scatter(pooling, images, dy, dx, |_, row, column, dy, dx| {
        let mut count = 0;
        pooling.visit_window(row, column, |_| count += 1);
        pooling.visit_window(row, column, |first| {
            for (dx, dy) in dx[first..].iter_mut().zip(dy) {
                *dx += dy / count as f32;
            }
        });
    });
}

/// Clears `dx`, and calls `add` with each output pixel of the images `images`: its image, row and column, its gradient,
/// and the image of `dx` that it is of.
fn scatter(
    pooling: &Pooling,
    images: Range<usize>,
    dy: &[f32],
    dx: &mut [f32],
    mut add: impl FnMut(usize, usize, usize, &[f32], &mut [f32]),
) {
    assert!(dy.len() == pooling.out_floats() && dx.len() == images.len() * pooling.in_image());
    dx.fill(0.0);
    for (image, dx) in images.zip(dx.chunks_exact_mut(pooling.in_image())) {
        let dy = &dy[image * pooling.out_image()..][..pooling.out_image()];
        for (cell, dy) in dy.chunks_exact(pooling.channels).enumerate() {
            add(image, cell / pooling.out_width, cell % pooling.out_width, dy, dx);
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
        let dx = in_parts(pooling, |images, dx| {
            let mut workspace = Fenced::unset(workspace_floats(pooling));
            max_pool_gradient(pooling, images, x.inside(), dy.inside(), dx, workspace.inside_mut());
            // Places are no numbers: nothing but the fences can be looked at.
            workspace.check();
        });
        let mut expected = vec![0.0; pooling.in_floats()];
        for (place, dy) in naive::max_places(pooling, x.inside()).into_iter().zip(dy.inside()) {
            if let Some(index) = place {
                expected[index] += dy;
            }
        }
        assert_eq!(dx, expected, "{pooling:?}");

        let rows = pooling.batch * pooling.out_height;
        let row = pooling.out_width * pooling.channels;
        let mut y = Fenced::unset(pooling.out_floats());
        for part in naive::parts(rows.min(3)) {
            let rows = part.of(rows);
            max_pool(pooling, rows.clone(), x.inside(), &mut y.inside_mut()[rows.start * row..rows.end * row]);
        }
        let places = naive::max_places(pooling, x.inside()).into_iter();
        let expected: Vec<f32> =
            places.map(|place| place.map_or(f32::NEG_INFINITY, |index| x.inside()[index])).collect();
        assert_eq!(y.check(), expected, "{pooling:?}");

        // A mean is the sum of the numbers that the window sees, of which each gets its share of the gradient.
        average_pool(pooling, 0..rows, x.inside(), y.inside_mut());
        let (mut means, mut shares) = (vec![0.0; pooling.out_floats()], vec![0.0_f64; pooling.in_floats()]);
        for (cell, seen) in naive::windows(pooling).into_iter().enumerate() {
            for &index in &seen {
                means[cell] += x.inside()[index] / seen.len() as f32;
                shares[index] += f64::from(dy.inside()[cell]) / seen.len() as f64;
            }
        }
        for (index, (y, mean)) in y.check().iter().zip(&means).enumerate() {
            naive::assert_within(*y, f64::from(*mean), 1e-5, index, pooling);
        }
        let dx = in_parts(pooling, |images, dx| average_pool_gradient(pooling, images, dy.inside(), dx));
        for (index, (dx, share)) in dx.iter().zip(&shares).enumerate() {
            naive::assert_within(*dx, *share, 1e-5 * (1.0 + share.abs()), index, pooling);
        }
    }

    /// Runs a gradient image by image.
    fn in_parts(pooling: &Pooling, mut run: impl FnMut(Range<usize>, &mut [f32])) -> Vec<f32> {
        let mut dx = Fenced::unset(pooling.in_floats());
        for (image, dx) in dx.inside_mut().chunks_exact_mut(pooling.in_image()).enumerate() {
            run(image..image + 1, dx);
        }
        dx.check().to_vec()
    }

    #[test]
    fn a_nan_is_no_maximum_unless_there_is_nothing_else() {
        let pooling = Pooling { batch: 1, channels: 1, ..pooling([2, 2], 2, 2, 1, 0) };
        let (mut y, mut dx) = ([0.0], [f32::NAN; 4]);
        for place in 0..4 {
            let mut x = [1.0, 2.0, 4.0, 3.0];
            x[place] = f32::NAN;
            max_pool(&pooling, 0..1, &x, &mut y);
            assert_eq!(y[0], if place == 2 { 3.0 } else { 4.0 });
            max_pool_gradient(&pooling, 0..1, &x, &[5.0], &mut dx, &mut [0.0; 2]);
            assert_eq!(dx.iter().position(|&dx| dx == 5.0), Some(if place == 2 { 3 } else { 2 }));
        }
        max_pool(&pooling, 0..1, &[f32::NAN; 4], &mut y);
        assert!(y[0].is_nan());
        max_pool_gradient(&pooling, 0..1, &[f32::NAN; 4], &[5.0], &mut dx, &mut [0.0; 2]);
        assert_eq!(dx, [5.0, 0.0, 0.0, 0.0]);
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
        max_pool_gradient(&pooling, 0..1, &[1.0, 2.0, 2.0, 2.0], &[5.0], &mut dx, &mut [0.0; 2]);
        assert_eq!(dx, [0.0, 5.0, 0.0, 0.0]);
    }
}
