//! Convolution, bias, ReLU and 2x2 maximum in one pass, and what its gradient needs: the map before pooling, the largest
//! tensor of a network, never exists.

use crate::convolution::{Convolution, convolve_row};
use crate::input_gradient::MOST_RUNS;
use crate::tile::{pack_panels, panel_floats};

/// What is kept of a forward pass.
#[derive(Clone, Copy, Debug)]
pub struct Pooled<'a> {
    /// `[batch, height, width, channels]`.
    pub output: &'a [f32],
    /// Where in its window each maximum was, row times 2 plus column: 2 bits each, four channels a byte, the first of them
    /// in the lowest bits.
    pub places: &'a [u8],
    /// Rows of an image.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Numbers of a pixel: a multiple of 4.
    pub channels: usize,
}

/// Numbers of workspace: the packed filter, and two rows before pooling.
pub fn workspace_floats(convolution: &Convolution) -> usize {
    filter_panels(convolution) + 2 * convolution.out_row()
}

/// Writes the pooled output and the places of its maxima (see [`Pooled`]): of equal values the first in reading order.
/// A last odd row or column of the convolution is dropped.
///
/// # Panics
/// If the convolution is padded, strided or dilated, its output channels are no multiple of 4, or a slice's length does
/// not fit.
pub fn conv_pool(
    convolution: &Convolution,
    x: &[f32],
    filter: &[f32],
    bias: &[f32],
    output: &mut [f32],
    places: &mut [u8],
    workspace: &mut [f32],
) {
    let &Convolution { batch, in_height, in_channels, out_channels, filter_height, filter_width, .. } = convolution;
    let plain = convolution.stride_height * convolution.stride_width == 1
        && convolution.dilation_height * convolution.dilation_width == 1
        && convolution.pad_top == 0
        && convolution.pad_left == 0
        && convolution.out_height + filter_height == in_height + 1
        && convolution.out_width + filter_width == convolution.in_width + 1;
    let (height, width) = (convolution.out_height / 2, convolution.out_width / 2);
    let pooled_row = width * out_channels;
    assert!(plain && out_channels.is_multiple_of(4) && filter_height < MOST_RUNS);
    assert!(x.len() == convolution.in_floats() && filter.len() == convolution.filter_floats());
    assert!(bias.len() == out_channels && output.len() == batch * height * pooled_row);
    assert!(places.len() * 4 == output.len());

    let (panels, workspace) = workspace.split_at_mut(filter_panels(convolution));
    let (upper, lower) = workspace[..4 * pooled_row].split_at_mut(2 * pooled_row);
    let depth = filter_height * filter_width * in_channels;
    pack_panels(panels, depth, out_channels, |k, n| filter[k * out_channels + n]);
    for image in 0..batch {
        for y in 0..height {
            let mut runs = [core::ptr::null(); MOST_RUNS];
            for (i, run) in runs[..=filter_height].iter_mut().enumerate() {
                *run = x[(image * in_height + 2 * y + i) * convolution.in_row()..].as_ptr();
            }
            for (i, out) in [&mut *upper, &mut *lower].into_iter().enumerate() {
                let runs = &runs[i..i + filter_height];
                let length = filter_width * in_channels;
                // SAFETY: a run is an input row, of which the last pixel of the `2 * width` sees no more than there is.
                unsafe {
                    convolve_row(runs, length, in_channels, panels, out.as_mut_ptr(), 2 * width, out_channels);
                };
            }
            let first = (image * height + y) * pooled_row;
            let output = &mut output[first..first + pooled_row];
            let places = &mut places[first / 4..(first + pooled_row) / 4];
            pool_rows(upper, lower, bias, output, places);
        }
    }
}

/// Bias, maximum and ReLU of two rows.
fn pool_rows(upper: &[f32], lower: &[f32], bias: &[f32], output: &mut [f32], places: &mut [u8]) {
    let channels = bias.len();
    let pairs = upper.chunks_exact(2 * channels).zip(lower.chunks_exact(2 * channels));
    let pooled = output.chunks_exact_mut(channels).zip(places.chunks_exact_mut(channels / 4));
    for ((upper, lower), (output, places)) in pairs.zip(pooled) {
        let window = [&upper[..channels], &upper[channels..], &lower[..channels], &lower[channels..]];
        for (quad, place) in places.iter_mut().enumerate() {
            *place = 0;
            for lane in 0..4 {
                let channel = 4 * quad + lane;
                let mut most = window[0][channel];
                let mut at = 0;
                for (index, pixel) in window.iter().enumerate().skip(1) {
                    // A NaN is passed on, as TensorFlow does.
                    if pixel[channel] > most || pixel[channel].is_nan() {
                        most = pixel[channel];
                        at = index as u8;
                    }
                }
                let value = most + bias[channel];
                output[channel] = if value < 0.0 { 0.0 } else { value };
                *place |= at << (2 * lane);
            }
        }
    }
}

/// Rows whose sums of the bias' gradient are taken alone: long chains of `f32` additions lose digits.
const BLOCK_ROWS: usize = 256;

/// Writes the gradient of the bias, `[channels]`: the sums of `gradient` where `output` is above 0. `sums` has as many
/// numbers as `bias`.
pub fn bias_gradient(gradient: &[f32], output: &[f32], bias: &mut [f32], sums: &mut [f32]) {
    let channels = bias.len();
    assert!(gradient.len() == output.len() && sums.len() == channels);
    bias.fill(0.0);
    for (gradient, output) in gradient.chunks(BLOCK_ROWS * channels).zip(output.chunks(BLOCK_ROWS * channels)) {
        sums.fill(0.0);
        for (gradient, output) in gradient.chunks_exact(channels).zip(output.chunks_exact(channels)) {
            for ((sum, gradient), output) in sums.iter_mut().zip(gradient).zip(output) {
                *sum += if *output > 0.0 { *gradient } else { 0.0 };
            }
        }
        for (bias, sum) in bias.iter_mut().zip(&*sums) {
            *bias += sum;
        }
    }
}

fn filter_panels(convolution: &Convolution) -> usize {
    let depth = convolution.filter_height * convolution.filter_width * convolution.in_channels;
    panel_floats(depth, convolution.out_channels)
}
