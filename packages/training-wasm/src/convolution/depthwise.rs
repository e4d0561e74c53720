//! A depthwise convolution, in which every input channel has filters of its own, `multiplier` of them, whose outputs are
//! adjacent; with a bias and an activation. And the gradient of its input.
//!
//! ```text
//! y[y][x][c * multiplier + q]  = Σ i, j: x[y + i][x + j][c] * filter[i][j][c][q]
//! dx[y][x][c]                  = Σ i, j, q: dy[y - i][x - j][c * multiplier + q] * filter[i][j][c][q]
//! ```
//!
//! A [`Convolution`] gives the sizes; its output channels are `in_channels * multiplier`, and its filter is
//! `[filter_height, filter_width, in_channels, multiplier]`.
//!
//! Both are sums over the taps that a pixel sees; vectors are four channels. Where a pixel of a 3x3 convolution sees all
//! taps, four neighbouring pixels share what they see; other pixels have a list of the taps that they see.

use core::ops::Range;

use crate::convolution::Convolution;
use crate::epilogue::{Epilogue, normalization_floats};
use crate::simd::lanes::F32x4;

/// Pixels of a row that are computed together.
pub const GROUP: usize = 4;

/// A tap that a pixel sees: where the pixel that it sees begins in its tensor, and where the tap in the filter.
pub type Tap = [u32; 2];

/// Numbers of the filter, which has as many per pixel as the output has channels.
pub const fn filter_floats(convolution: &Convolution) -> usize {
    convolution.filter_height * convolution.filter_width * convolution.out_channels
}

/// Numbers of workspace: a row of zeros, of the input or of the output.
pub const fn zeros_floats(convolution: &Convolution) -> usize {
    let (input, output) = (convolution.in_row(), convolution.out_row());
    if input > output { input } else { output }
}

/// Taps of workspace.
pub const fn most_taps(convolution: &Convolution) -> usize {
    convolution.filter_height * convolution.filter_width
}

/// The pixel that an output's row or column `at` sees through the filter's row or column `tap`, if it is in the image.
#[inline(always)]
pub fn seen(at: usize, stride: usize, tap: usize, dilation: usize, pad: isize, size: usize) -> Option<usize> {
    (at * stride + tap * dilation).checked_add_signed(-pad).filter(|&at| at < size)
}

/// The output's row or column that sees `at` through the filter's row or column `tap`, if there is one.
#[inline(always)]
fn seeing(at: usize, stride: usize, tap: usize, dilation: usize, pad: isize, size: usize) -> Option<usize> {
    let offset = at.checked_add_signed(pad)?.checked_sub(tap * dilation)?;
    (offset.is_multiple_of(stride) && offset / stride < size).then_some(offset / stride)
}

/// Writes the output rows `rows`, counted across all images, to `y`.
///
/// # Panics
/// If a slice's length is not that of its tensor, or the workspace is shorter than [`zeros_floats`] and [`most_taps`].
pub fn convolve(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    filter: &[f32],
    epilogue: Epilogue<'_>,
    y: &mut [f32],
    workspace: (&mut [f32], &mut [Tap]),
) {
    let c = convolution;
    assert!(x.len() == c.in_floats() && y.len() == rows.len() * c.out_row());
    assert!(epilogue.bias.is_empty() || epilogue.bias.len() == c.out_channels);
    assert!(epilogue.normalization.is_empty() || epilogue.normalization.len() == normalization_floats(c.out_channels));
    write_rows::<false>(c, rows, x, filter, epilogue, y, workspace);
}

/// Writes the rows `rows` of the input's gradient, counted across all images, to `dx`.
///
/// # Panics
/// As [`convolve`].
pub fn input_gradient(
    convolution: &Convolution,
    rows: Range<usize>,
    filter: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    workspace: (&mut [f32], &mut [Tap]),
) {
    let c = convolution;
    assert!(dy.len() == c.out_floats() && dx.len() == rows.len() * c.in_row());
    write_rows::<true>(c, rows, dy, filter, Epilogue::none(), dx, workspace);
}

/// Rows of the output of the input `from`, or, with `GRADIENT`, of the input's gradient of the output's gradient `from`.
fn write_rows<const GRADIENT: bool>(
    c: &Convolution,
    rows: Range<usize>,
    from: &[f32],
    filter: &[f32],
    epilogue: Epilogue<'_>,
    to: &mut [f32],
    (zeros, taps): (&mut [f32], &mut [Tap]),
) {
    assert!(filter.len() == filter_floats(c));
    let input = (c.in_height, c.in_width, c.in_channels);
    let output = (c.out_height, c.out_width, c.out_channels);
    let ((from_height, from_width, from_channels), (height, width, channels)) =
        if GRADIENT { (output, input) } else { (input, output) };
    let sees = if GRADIENT { seeing } else { seen };
    let zeros = &mut zeros[..from_width * from_channels];
    zeros.fill(0.0);
    let zeros = &*zeros;
    let grouped = if GRADIENT { gradient_grouped_columns(c) } else { grouped_columns(c) };
    for (row, to_row) in rows.zip(to.chunks_exact_mut(width * channels)) {
        let (image, y) = (row / height, row % height);
        let from_row = |i: usize| {
            let from_y = sees(y, c.stride_height, i, c.dilation_height, c.pad_top, from_height)?;
            Some((image * from_height + from_y) * from_width * from_channels)
        };
        let mut x = 0;
        while x < width {
            let target = &mut to_row[x * channels..];
            if !grouped.contains(&x) {
                let mut count = 0;
                for i in 0..c.filter_height {
                    let Some(first) = from_row(i) else { continue };
                    for j in 0..c.filter_width {
                        let from_x = sees(x, c.stride_width, j, c.dilation_width, c.pad_left, from_width);
                        let Some(from_x) = from_x else { continue };
                        let tap = (i * c.filter_width + j) * c.out_channels;
                        taps[count] = [(first + from_x * from_channels) as u32, tap as u32];
                        count += 1;
                    }
                }
                let target = &mut target[..channels];
                // SAFETY: each tap is that of a pixel of `from` and one of the filter.
                unsafe { sum_taps::<GRADIENT>(&taps[..count], from.as_ptr(), filter.as_ptr(), c, epilogue, target) };
                x += 1;
                continue;
            }
            // The leftmost column that a pixel sees: by the last tap, if it is the gradient's.
            let first = if GRADIENT { x.wrapping_add_signed(c.pad_left - 2) } else { x * c.stride_width };
            let first = if GRADIENT { first } else { first.wrapping_add_signed(-c.pad_left) };
            let seen = [0, 1, 2].map(|i| from_row(i).map_or(zeros, |row| &from[row..])[first * channels..].as_ptr());
            let (filter, target) = (filter.as_ptr(), target.as_mut_ptr());
            let count = if grouped.end - x < GROUP { 1 } else { GROUP };
            // SAFETY: these pixels see all taps, by `grouped_columns`, and are in the row.
            unsafe {
                if count == 1 {
                    convolve_group::<1, 1, GRADIENT>(seen, filter, channels, epilogue, target);
                } else if c.stride_width == 1 {
                    convolve_group::<GROUP, 1, GRADIENT>(seen, filter, channels, epilogue, target);
                } else {
                    convolve_group::<GROUP, 2, GRADIENT>(seen, filter, channels, epilogue, target);
                }
            }
            x += count;
        }
    }
}

/// The columns of outputs that see all taps of a row, if it is 3x3 and of a kind that groups compute.
pub fn grouped_columns(c: &Convolution) -> Range<usize> {
    if !can_group(c) {
        return 0..0;
    }
    columns_where(c.out_width, |out_x| {
        let first = (out_x * c.stride_width) as isize - c.pad_left;
        first >= 0 && first + 3 <= c.in_width as isize
    })
}

/// The columns of inputs that all taps of a row see.
fn gradient_grouped_columns(c: &Convolution) -> Range<usize> {
    if !can_group(c) || c.stride_width > 1 {
        return 0..0;
    }
    columns_where(c.in_width, |in_x| {
        let last = in_x as isize + c.pad_left;
        last >= 2 && last < c.out_width as isize
    })
}

const fn can_group(c: &Convolution) -> bool {
    c.filter_height == 3
        && c.filter_width == 3
        && c.dilation_width == 1
        && c.stride_width <= 2
        && c.in_channels == c.out_channels
        && c.in_channels >= 4
}

/// The range of the columns for which `is_one`, which are adjacent.
fn columns_where(width: usize, is_one: impl Fn(usize) -> bool) -> Range<usize> {
    let first = (0..width).find(|&x| is_one(x)).unwrap_or(width);
    first..first + (first..width).take_while(|&x| is_one(x)).count()
}

/// `G` neighbouring pixels of a 3x3 filter with stride `S`, which see the rows from `seen` on through the filter's rows;
/// columns from left to right are seen through the filter's columns in the same order, or, with `GRADIENT`, in the
/// opposite one.
///
/// # Safety
/// `seen` have `((G - 1) * S + 3) * channels` readable numbers each, `filter` has `9 * channels`, `to` has
/// `G * channels` writable ones, the bias has `channels`, if it has any, and there are four channels or more.
#[inline(never)]
unsafe fn convolve_group<const G: usize, const S: usize, const GRADIENT: bool>(
    seen: [*const f32; 3],
    filter: *const f32,
    channels: usize,
    epilogue: Epilogue<'_>,
    to: *mut f32,
) {
    let mut channel = 0;
    while channel < channels {
        // The last vector may overlap the one before.
        channel = channel.min(channels - 4);
        let mut sums = [F32x4::splat(0.0); G];
        let mut tap = filter.wrapping_add(channel);
        for row in seen {
            // SAFETY: upheld by this function's own contract: four channels of three taps, and of all pixels that
            // these see.
            unsafe {
                let taps = [0, 1, 2].map(|j| F32x4::load(tap.wrapping_add(j * channels)));
                let mut at = row.wrapping_add(channel);
                for column in 0..(G - 1) * S + 3 {
                    let value = F32x4::load(at);
                    for (g, sum) in sums.iter_mut().enumerate() {
                        if column >= g * S && column < g * S + 3 {
                            let j = column - g * S;
                            *sum = sum.plus_product(value, taps[if GRADIENT { 2 - j } else { j }]);
                        }
                    }
                    at = at.wrapping_add(channels);
                }
            }
            tap = tap.wrapping_add(3 * channels);
        }
        for (g, sum) in sums.into_iter().enumerate() {
            // SAFETY: upheld by this function's own contract.
            unsafe { epilogue.of(sum, channel).store(to.wrapping_add(g * channels + channel)) };
        }
        channel += 4;
    }
}

/// Writes the sums of one pixel to `y`.
///
/// # Safety
/// Each tap has the channels of a pixel, all readable, from `x` on, and `out_channels` from `filter` on.
#[inline(never)]
unsafe fn sum_taps<const GRADIENT: bool>(
    taps: &[Tap],
    x: *const f32,
    filter: *const f32,
    c: &Convolution,
    epilogue: Epilogue<'_>,
    y: &mut [f32],
) {
    let channels = c.in_channels;
    let multiplier = c.out_channels / channels;
    if multiplier > 1 || channels < 4 {
        // SAFETY: upheld by this function's own contract.
        let product = |&[pixel, tap]: &Tap, x_channel: usize, channel: usize| unsafe {
            x.wrapping_add(pixel as usize + x_channel).read() * filter.wrapping_add(tap as usize + channel).read()
        };
        for (channel, y) in y.iter_mut().enumerate() {
            let sum = if GRADIENT {
                let outputs = channel * multiplier..(channel + 1) * multiplier;
                taps.iter().map(|tap| outputs.clone().map(|output| product(tap, output, output)).sum::<f32>()).sum()
            } else {
                taps.iter().map(|tap| product(tap, channel / multiplier, channel)).sum()
            };
            *y = epilogue.of_one(sum, channel);
        }
        return;
    }
    let mut channel = 0;
    while channel + 16 <= channels {
        // SAFETY: upheld by this function's own contract, for these channels.
        unsafe { sum_vectors::<4>(taps, x, filter, channel, epilogue, y) };
        channel += 16;
    }
    while channel < channels {
        // The last vector may overlap the one before.
        channel = channel.min(channels - 4);
        // SAFETY: upheld by this function's own contract, for these channels.
        unsafe { sum_vectors::<1>(taps, x, filter, channel, epilogue, y) };
        channel += 4;
    }
}

/// `V` vectors of channels from `channel` on.
///
/// # Safety
/// As for [`sum_taps`], with one output per channel.
#[inline(always)]
unsafe fn sum_vectors<const V: usize>(
    taps: &[Tap],
    x: *const f32,
    filter: *const f32,
    channel: usize,
    epilogue: Epilogue<'_>,
    y: &mut [f32],
) {
    let mut sums = [F32x4::splat(0.0); V];
    for &[pixel, tap] in taps {
        let (x, filter) = (x.wrapping_add(pixel as usize), filter.wrapping_add(tap as usize));
        for (vector, sum) in sums.iter_mut().enumerate() {
            let at = channel + 4 * vector;
            // SAFETY: upheld by this function's own contract.
            unsafe { *sum = sum.plus_product(F32x4::load(x.wrapping_add(at)), F32x4::load(filter.wrapping_add(at))) };
        }
    }
    for (target, (vector, sum)) in y[channel..][..4 * V].chunks_exact_mut(4).zip(sums.into_iter().enumerate()) {
        // SAFETY: the slice has four numbers.
        unsafe { epilogue.of(sum, channel + 4 * vector).store(target.as_mut_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epilogue::Activation;
    use crate::naive::{self, Fenced, Numbers, Sum};

    fn run(c: &Convolution, x: &[f32], filter: &[f32], epilogue: Epilogue<'_>) -> Vec<f32> {
        let mut y = Fenced::unset(c.out_floats());
        let rows = c.batch * c.out_height;
        for part in naive::parts(rows.min(3)) {
            let rows = part.of(rows);
            let (mut zeros, mut taps) = (Fenced::unset(zeros_floats(c)), vec![[u32::MAX; 2]; most_taps(c)]);
            let within = rows.start * c.out_row()..rows.end * c.out_row();
            convolve(c, rows, x, filter, epilogue, &mut y.inside_mut()[within], (zeros.inside_mut(), &mut taps));
            zeros.check();
        }
        y.check().to_vec()
    }

    /// Of the convolution, and of its input's gradient.
    fn assert_equals_its_definition(c: &Convolution, numbers: &mut Numbers) {
        let x = Fenced::holding(&numbers.floats(c.in_floats()));
        let filter = Fenced::holding(&numbers.floats(filter_floats(c)));
        let y = run(c, x.inside(), filter.inside(), Epilogue::none());
        let mut expected = vec![Sum::default(); c.out_floats()];
        naive::visit_depthwise_products(c, |at_x, at_filter, at_y| {
            expected[at_y].add(x.inside()[at_x], filter.inside()[at_filter])
        });
        naive::assert_near(&y, &expected, c);

        let bias = Fenced::holding(&numbers.floats(c.out_channels));
        let biased = y.iter().zip(bias.inside().iter().cycle());
        let expected: Vec<f32> = biased.map(|(sum, bias)| (sum + bias).clamp(0.0, 6.0)).collect();
        let epilogue = Epilogue { bias: bias.inside(), activation: Activation::Relu6, ..Epilogue::none() };
        assert_eq!(run(c, x.inside(), filter.inside(), epilogue), expected, "{c:?}");

        let dy = Fenced::holding(&numbers.floats(c.out_floats()));
        let mut dx = Fenced::unset(c.in_floats());
        let rows = c.batch * c.in_height;
        for part in naive::parts(rows.min(4)) {
            let rows = part.of(rows);
            let (mut zeros, mut taps) = (Fenced::unset(zeros_floats(c)), vec![[u32::MAX; 2]; most_taps(c)]);
            let dx = &mut dx.inside_mut()[rows.start * c.in_row()..rows.end * c.in_row()];
            input_gradient(c, rows, filter.inside(), dy.inside(), dx, (zeros.inside_mut(), &mut taps));
            zeros.check();
        }
        let mut expected = vec![Sum::default(); c.in_floats()];
        naive::visit_depthwise_products(c, |at_x, at_filter, at_y| {
            expected[at_x].add(filter.inside()[at_filter], dy.inside()[at_y]);
        });
        naive::assert_near(dx.check(), &expected, &("input gradient", c));
    }

    #[test]
    fn equals_its_definition_at_every_stride_dilation_padding_and_multiplier() {
        let mut numbers = Numbers::seeded(33);
        for (index, shape) in naive::convolutions().into_iter().enumerate() {
            let out_channels = shape.in_channels * (1 + index % 3);
            assert_equals_its_definition(&Convolution { out_channels, ..shape }, &mut numbers);
        }
    }

    #[test]
    fn three_by_three_filters_equal_their_definition_at_every_width_and_number_of_channels() {
        let mut numbers = Numbers::seeded(34);
        for convolution in naive::three_by_three_depthwise() {
            assert_equals_its_definition(&convolution, &mut numbers);
        }
    }
}
