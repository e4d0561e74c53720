//! [`conv_pool`](super::conv_pool) on the register [`tile`](crate::simd::tile), two rows of the map before pooling at a
//! time.

use core::ops::Range;

use super::Filter;
use crate::convolution::{Convolution, convolve_row};
use crate::row_sums::BLOCK_ROWS;
use crate::simd::lanes::F32x4;
use crate::simd::tile::{pack_panels, panel_floats};
use crate::simd::window::{self, Places};

/// Rows that a filter may have.
pub const MOST_ROWS: usize = 1024;

/// Numbers of workspace: two rows before pooling.
pub fn workspace_floats(convolution: &Convolution) -> usize {
    2 * convolution.out_row()
}

/// Numbers of the packed filter.
pub fn panels_floats(convolution: &Convolution) -> usize {
    panel_floats(filter_depth(convolution), convolution.out_channels)
}

/// Writes the packed filter to `panels`.
pub fn pack_filter(convolution: &Convolution, filter: &[f32], panels: &mut [f32]) {
    assert!(filter.len() == convolution.filter_floats() && panels.len() == panels_floats(convolution));
    let out_channels = convolution.out_channels;
    pack_panels(panels, filter_depth(convolution), out_channels, |k, n| filter[k * out_channels + n]);
}

/// See [`conv_pool`](super::conv_pool).
///
/// # Panics
/// If the convolution is padded, strided or dilated, its output channels are no multiple of 4, or a slice's length does
/// not fit.
pub fn conv_pool(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    Filter { panels, bias, relu }: Filter<'_>,
    output: &mut [f32],
    places: &mut [u8],
    workspace: &mut [f32],
) {
    let &Convolution { in_height, in_channels, out_channels, filter_height, filter_width, .. } = convolution;
    let plain = convolution.stride_height * convolution.stride_width == 1
        && convolution.dilation_height * convolution.dilation_width == 1
        && convolution.pad_top == 0
        && convolution.pad_left == 0
        && convolution.out_height + filter_height == in_height + 1
        && convolution.out_width + filter_width == convolution.in_width + 1;
    let (height, width) = (convolution.out_height / 2, convolution.out_width / 2);
    let pooled_row = width * out_channels;
    assert!(plain && out_channels.is_multiple_of(4) && filter_height <= MOST_ROWS);
    assert!(x.len() == convolution.in_floats() && panels.len() == panels_floats(convolution));
    assert!(bias.len() == out_channels && output.len() == rows.len() * pooled_row);
    assert!(places.len() * 2 == output.len());
    if output.is_empty() {
        return;
    }

    let (upper, lower) = workspace[..4 * pooled_row].split_at_mut(2 * pooled_row);
    let pooled = output.chunks_exact_mut(pooled_row).zip(places.chunks_exact_mut(pooled_row / 2));
    for (row, (output, places)) in rows.zip(pooled) {
        let (image, y) = (row / height, row % height);
        let mut runs = [core::ptr::null(); MOST_ROWS];
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
        pool_rows(upper, lower, bias, relu, output, places);
    }
}

/// Bias and maximum of two rows, and ReLU if `relu`.
fn pool_rows(upper: &[f32], lower: &[f32], bias: &[f32], relu: bool, output: &mut [f32], places: &mut [u8]) {
    let channels = bias.len();
    let pairs = upper.chunks_exact(2 * channels).zip(lower.chunks_exact(2 * channels));
    let pooled = output.chunks_exact_mut(channels).zip(places.chunks_exact_mut(channels / 2));
    for ((upper, lower), (output, places)) in pairs.zip(pooled) {
        let window = [&upper[..channels], &upper[channels..], &lower[..channels], &lower[channels..]];
        for (pair, place) in places.iter_mut().enumerate() {
            *place = 0;
            for half in 0..2 {
                let channel = 2 * pair + half;
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
                output[channel] = if relu && value < 0.0 { 0.0 } else { value };
                *place |= u8::from(!relu || value > 0.0) << at << (4 * half);
            }
        }
    }
}

/// Writes what the rows `rows` have of the bias' gradient, one number per channel: the sums of `gradient` where its
/// place is somewhere, [taken](crate::row_sums) in blocks.
///
/// # Panics
/// If there are fewer rows, or the channels are no multiple of 4.
pub fn bias_gradient(rows: Range<usize>, gradient: &[f32], places: &[u8], sums: &mut [f64]) {
    let channels = sums.len();
    assert!(channels.is_multiple_of(4) && gradient.len() >= rows.end * channels);
    assert!(places.len() >= rows.end * channels / 2);
    sums.fill(0.0);
    for first in rows.clone().step_by(BLOCK_ROWS) {
        let rows = first..rows.end.min(first + BLOCK_ROWS);
        let mut channel = 0;
        // SAFETY: the channels of a block are within the rows, and those within the slices.
        unsafe {
            while channel + 4 * window::BLOCK <= channels {
                add_places::<{ window::BLOCK }>(rows.clone(), channel, gradient, places, sums);
                channel += 4 * window::BLOCK;
            }
            while channel < channels {
                add_places::<1>(rows.clone(), channel, gradient, places, sums);
                channel += 4;
            }
        }
    }
}

/// `V` vectors of the rows from `channel` on, a multiple of 4.
///
/// # Safety
/// The sums have `channel + 4 * V` numbers, the gradient `rows.end` times as many as there are sums, places
/// half of that.
unsafe fn add_places<const V: usize>(
    rows: Range<usize>,
    channel: usize,
    gradient: &[f32],
    places: &[u8],
    sums: &mut [f64],
) {
    let mut partial = [F32x4::splat(0.0); V];
    for row in rows {
        let at = row * sums.len() + channel;
        // SAFETY: upheld by this function's own contract.
        unsafe {
            let places: [Places; V] = Places::load(places.as_ptr().add(at / 2));
            for vector in 0..V {
                let gradient = F32x4::load(gradient.as_ptr().add(at + 4 * vector));
                partial[vector] = partial[vector] + places[vector].keep(gradient);
            }
        }
    }
    for (sums, partial) in sums[channel..].chunks_exact_mut(4).zip(partial) {
        let mut numbers = [0.0; 4];
        // SAFETY: as many lanes.
        unsafe { partial.store(numbers.as_mut_ptr()) };
        for (sum, number) in sums.iter_mut().zip(numbers) {
            *sum += f64::from(number);
        }
    }
}

/// The four bits of the value `index`.
#[inline(always)]
pub fn place(places: &[u8], index: usize) -> u8 {
    places[index / 2] >> (index % 2 * 4) & 15
}

const fn filter_depth(convolution: &Convolution) -> usize {
    convolution.filter_height * convolution.filter_width * convolution.in_channels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convolution::gradient_rows::Unpooled;
    use crate::naive::{self, Fenced, Numbers, Padding, Sum};
    use crate::parts::parts_of;
    use crate::row_sums;

    /// Channels in multiples of 4 below, at and above a tile's; outputs with and without a last odd row and column,
    /// from one window on.
    fn convolutions() -> Vec<Convolution> {
        let mut all = Vec::new();
        for (index, filter) in [[1, 1], [3, 3], [5, 2], [2, 1]].into_iter().enumerate() {
            for (in_channels, out_channels) in [(1, 4), (1, 32), (3, 8), (5, 12), (8, 20), (12, 36)] {
                for outputs in [[2, 2], [3, 2], [2, 3], [5, 7], [8, 9], [11, 20]] {
                    let image = [0, 1].map(|axis| outputs[axis] + filter[axis] - 1);
                    let sizes = [1 + (index + outputs[1]) % 3, in_channels, out_channels];
                    all.extend(naive::convolution(sizes, image, filter, [1, 1], [1, 1], Padding::Valid));
                }
            }
        }
        all
    }

    fn run(convolution: &Convolution, x: &[f32], filter: &[f32], bias: &[f32], relu: bool) -> (Vec<f32>, Vec<u8>) {
        let count = naive::halving(convolution).out_floats();
        let (x, filter, bias) = (Fenced::holding(x), Fenced::holding(filter), Fenced::holding(bias));
        let mut output = Fenced::unset(count);
        let mut places = vec![0xAA; count / 2];
        let mut panels = Fenced::unset(panels_floats(convolution));
        pack_filter(convolution, filter.inside(), panels.inside_mut());
        let rows = convolution.batch * (convolution.out_height / 2);
        for part in naive::parts(parts_of(rows)) {
            let rows = part.of(rows);
            let row = convolution.out_width / 2 * convolution.out_channels;
            let within = rows.start * row..rows.end * row;
            let mut workspace = Fenced::unset(workspace_floats(convolution));
            conv_pool(
                convolution,
                rows,
                x.inside(),
                Filter { panels: panels.check(), bias: bias.inside(), relu },
                &mut output.inside_mut()[within.clone()],
                &mut places[within.start / 2..within.end / 2],
                workspace.inside_mut(),
            );
            workspace.check();
        }
        (output.check().to_vec(), places)
    }

    /// The map after the bias, and ReLU if `least` is 0. Bias and sums are whole, so that all of it is exact.
    fn map(convolution: &Convolution, x: &[f32], filter: &[f32], bias: &[f32], least: f32) -> Vec<f32> {
        let sums = naive::conv2d(convolution, x, filter);
        let biases = bias.iter().cycle();
        sums.iter().zip(biases).map(|(sum, bias)| (sum.value as f32 + bias).max(least)).collect()
    }

    fn run_bias_gradient(gradient: &[f32], places: &[u8], channels: usize) -> Vec<f32> {
        let rows = gradient.len() / channels;
        let count = row_sums::parts(rows);
        let mut all = vec![f64::NAN; count * channels];
        for (part, sums) in naive::parts(count).zip(all.chunks_exact_mut(channels)) {
            bias_gradient(part.of(rows), gradient, places, sums);
        }
        let mut bias = vec![f32::NAN; channels];
        row_sums::add_parts(&all, 1.0, &mut bias);
        bias
    }

    #[test]
    fn output_and_gradients_equal_those_of_the_operations_one_after_the_other() {
        let mut numbers = Numbers::seeded(11);
        for (convolution, relu) in convolutions().into_iter().flat_map(|each| [(each, true), (each, false)]) {
            // Whole numbers: many windows have equal maxima, or nothing above 0.
            let x = numbers.whole(convolution.in_floats(), 2);
            let filter = numbers.whole(convolution.filter_floats(), 2);
            let bias = numbers.whole(convolution.out_channels, 3);
            let (output, places) = run(&convolution, &x, &filter, &bias, relu);

            let least = if relu { 0.0 } else { f32::NEG_INFINITY };
            let map = map(&convolution, &x, &filter, &bias, least);
            let pooling = naive::halving(&convolution);
            let maxima: Vec<usize> = naive::max_places(&pooling, &map).into_iter().flatten().collect();
            let expected: Vec<f32> = maxima.iter().map(|&index| map[index]).collect();
            assert_eq!(output, expected, "{convolution:?}");

            // [batch, out_height, out_width, out_channels]: the gradient of the map.
            let gradient = numbers.floats(output.len());
            let mut dy = vec![0.0; convolution.out_floats()];
            let mut d_bias = vec![Sum::default(); convolution.out_channels];
            for (index, (&at, &gradient)) in maxima.iter().zip(&gradient).enumerate() {
                // The gradient of ReLU at 0 is 0.
                if map[at] > least {
                    dy[at] = gradient;
                    d_bias[index % convolution.out_channels].add(gradient, 1.0);
                }
            }
            let rows = Unpooled {
                gradient: &gradient,
                places: &places,
                height: pooling.out_height,
                width: pooling.out_width,
                channels: pooling.channels,
            };

            let actual = naive::run_filter_gradient(&convolution, &x, &rows);
            let expected = naive::filter_gradient(&convolution, &x, &dy);
            naive::assert_near(&actual, &expected, &("filter", convolution));

            let actual = naive::run_input_gradient(&convolution, &filter, &rows);
            let expected = naive::input_gradient(&convolution, &filter, &dy);
            naive::assert_near(&actual, &expected, &("input", convolution));

            let actual = run_bias_gradient(&gradient, &places, convolution.out_channels);
            naive::assert_near(&actual, &d_bias, &("bias", convolution));
        }
    }

    #[test]
    fn any_numbers_give_the_maximum_of_their_sums() {
        let mut numbers = Numbers::seeded(12);
        for convolution in convolutions() {
            let x = numbers.floats(convolution.in_floats());
            let filter = numbers.floats(convolution.filter_floats());
            let bias = numbers.floats(convolution.out_channels);
            let (output, _) = run(&convolution, &x, &filter, &bias, true);
            let pooling = naive::halving(&convolution);
            // A maximum is as near as the furthest of its window's sums.
            let sums = naive::conv2d(&convolution, &x, &filter);
            let map: Vec<f32> = sums.iter().map(|sum| sum.value as f32).collect();
            let most = sums.iter().fold(Sum::default(), |most, sum| Sum {
                magnitude: most.magnitude.max(sum.magnitude),
                terms: most.terms.max(sum.terms),
                ..most
            });
            for (index, at) in naive::max_places(&pooling, &map).into_iter().flatten().enumerate() {
                let bias = bias[index % convolution.out_channels];
                let sum = Sum {
                    value: (sums[at].value + f64::from(bias)).max(0.0),
                    magnitude: most.magnitude + f64::from(bias.abs()),
                    terms: most.terms + 2,
                };
                naive::assert_near(&output[index..=index], &[sum], &(index, convolution));
            }
        }
    }

    /// One window of four channels, with the identity for a filter.
    fn one_window(pixels: [[f32; 4]; 4], bias: [f32; 4]) -> (Vec<f32>, Vec<u8>) {
        let shape = naive::convolution([1, 4, 4], [2, 2], [1, 1], [1, 1], [1, 1], Padding::Valid);
        let identity: Vec<f32> = (0..16).map(|index| if index / 4 == index % 4 { 1.0 } else { 0.0 }).collect();
        run(&shape.expect("it has outputs"), &pixels.concat(), &identity, &bias, true)
    }

    #[test]
    fn of_equal_maxima_the_first_in_reading_order_is_kept() {
        let pixels = [[5.0, 1.0, 1.0, 1.0], [5.0, 5.0, 1.0, 1.0], [5.0, 5.0, 5.0, 1.0], [5.0, 5.0, 5.0, 5.0]];
        let (output, places) = one_window(pixels, [0.0; 4]);
        assert_eq!(output, [5.0; 4]);
        assert_eq!(places, [0b0010_0001, 0b1000_0100]);
    }

    #[test]
    fn the_bias_decides_with_the_sum_what_is_above_zero() {
        let (output, places) = one_window([[-1.0, -1.0, 1.0, 1.0]; 4], [0.5, 1.5, -0.5, -1.5]);
        assert_eq!(output, [0.0, 0.5, 0.5, 0.0]);
        assert_eq!(places, [0b0001_0000, 0b0000_0001]);
    }

    #[test]
    fn a_nan_anywhere_in_a_window_makes_its_maximum_nan() {
        for pixel in 0..4 {
            let mut pixels = [[1.0, 2.0, 3.0, 4.0]; 4];
            // The identity's zeros carry a NaN into all channels of its pixel.
            pixels[pixel][0] = f32::NAN;
            let (output, _) = one_window(pixels, [0.0; 4]);
            assert!(output.iter().all(|value| value.is_nan()), "pixel {pixel}: {output:?}");
        }
    }

    #[test]
    fn a_nan_is_kept_within_the_windows_that_see_it() {
        let shape = naive::convolution([1, 1, 4], [4, 6], [1, 1], [1, 1], [1, 1], Padding::Valid);
        let mut x = vec![1.0; 24];
        x[2] = f32::NAN;
        let (output, _) = run(&shape.expect("it has outputs"), &x, &[1.0, 2.0, 3.0, 4.0], &[0.0; 4], true);
        for (window, values) in output.chunks_exact(4).enumerate() {
            assert_eq!(values.iter().all(|value| value.is_nan()), window == 1, "window {window}: {values:?}");
        }
    }

    #[test]
    fn the_bias_gradient_of_many_rows_keeps_its_digits() {
        let gradient = vec![0.1; 4 * 100_000];
        let bias = run_bias_gradient(&gradient, &vec![0x11; gradient.len() / 2], 4);
        let exact = f64::from(0.1_f32) * 100_000.0;
        // The additions of a block of 256 rows, and those of the blocks.
        let roundings = (256 + 100_000_usize.div_ceil(256)) as f64;
        for (channel, &bias) in bias.iter().enumerate() {
            naive::assert_within(bias, exact, roundings * f64::from(f32::EPSILON) / 2.0 * exact, channel, &"bias");
        }
    }
}
