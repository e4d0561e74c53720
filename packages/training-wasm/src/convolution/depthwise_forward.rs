//! A depthwise convolution, with a bias and an activation: see [`depthwise`](super::depthwise) for its sizes.
//!
//! Vectors are four channels. Where all taps of a 3x3 filter are in the image, four neighbouring outputs share what they
//! see; other outputs have a list of the taps that they see.

use core::ops::Range;

use super::depthwise::{filter_floats, seen};
use crate::convolution::Convolution;
use crate::epilogue::Epilogue;
use crate::simd::lanes::F32x4;

/// Outputs of a row that are computed together.
const GROUP: usize = 4;

/// A tap that an output sees: where its pixel begins in the input, and where in the filter.
pub type Tap = [u32; 2];

/// Numbers of workspace: a row of zeros.
pub const fn zeros_floats(convolution: &Convolution) -> usize {
    convolution.in_row()
}

/// Taps of workspace.
pub const fn most_taps(convolution: &Convolution) -> usize {
    convolution.filter_height * convolution.filter_width
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
    (zeros, taps): (&mut [f32], &mut [Tap]),
) {
    let c = convolution;
    assert!(x.len() == c.in_floats() && filter.len() == filter_floats(c) && y.len() == rows.len() * c.out_row());
    assert!(epilogue.bias.is_empty() || epilogue.bias.len() == c.out_channels);
    let zeros = &mut zeros[..zeros_floats(c)];
    zeros.fill(0.0);
    let zeros = &*zeros;
    let grouped = grouped_columns(c);
    for (row, y_row) in rows.zip(y.chunks_exact_mut(c.out_row())) {
        let (image, out_y) = (row / c.out_height, row % c.out_height);
        let in_row = |i: usize| {
            let in_y = seen(out_y, c.stride_height, i, c.dilation_height, c.pad_top, c.in_height)?;
            Some((image * c.in_height + in_y) * c.in_row())
        };
        let mut out_x = 0;
        while out_x < c.out_width {
            let target = &mut y_row[out_x * c.out_channels..];
            if !grouped.contains(&out_x) {
                let taps = list_taps(c, out_x, &in_row, taps);
                let target = &mut target[..c.out_channels];
                // SAFETY: each tap is a pixel of the input and one of the filter.
                unsafe { sum_taps(taps, x.as_ptr(), filter.as_ptr(), c, epilogue, target) };
                out_x += 1;
                continue;
            }
            let first = (out_x * c.stride_width).wrapping_add_signed(-c.pad_left) * c.in_channels;
            let seen = [0, 1, 2].map(|i| in_row(i).map_or(zeros, |row| &x[row..])[first..].as_ptr());
            let (filter, channels, target) = (filter.as_ptr(), c.in_channels, target.as_mut_ptr());
            let count = if grouped.end - out_x < GROUP { 1 } else { GROUP };
            // SAFETY: these outputs see only pixels of the image, by `grouped_columns`, and are in the row.
            unsafe {
                if count == 1 {
                    convolve_group::<1, 1>(seen, filter, channels, epilogue, target);
                } else if c.stride_width == 1 {
                    convolve_group::<GROUP, 1>(seen, filter, channels, epilogue, target);
                } else {
                    convolve_group::<GROUP, 2>(seen, filter, channels, epilogue, target);
                }
            }
            out_x += count;
        }
    }
}

/// The columns of outputs for which [`convolve_group`] can be used.
fn grouped_columns(c: &Convolution) -> Range<usize> {
    let is_three_by_three = c.filter_height == 3 && c.filter_width == 3 && c.dilation_width == 1;
    if !is_three_by_three || c.stride_width > 2 || c.in_channels != c.out_channels || c.in_channels < 4 {
        return 0..0;
    }
    let sees_all = |&out_x: &usize| {
        let first = (out_x * c.stride_width) as isize - c.pad_left;
        first >= 0 && first + 3 <= c.in_width as isize
    };
    let first = (0..c.out_width).find(sees_all).unwrap_or(c.out_width);
    let end = (first..c.out_width).rfind(sees_all).map_or(first, |last| last + 1);
    first..end
}

/// `G` neighbouring outputs of a 3x3 filter with stride `S`, which see the three rows from `seen` on.
///
/// # Safety
/// `seen` have `((G - 1) * S + 3) * channels` readable numbers each, `filter` has `9 * channels`, `y` has
/// `G * channels` writable ones, the bias has `channels`, if it has any, and there are four channels or more.
#[inline(never)]
unsafe fn convolve_group<const G: usize, const S: usize>(
    seen: [*const f32; 3],
    filter: *const f32,
    channels: usize,
    epilogue: Epilogue<'_>,
    y: *mut f32,
) {
    let mut channel = 0;
    while channel < channels {
        // The last vector may overlap the one before.
        channel = channel.min(channels - 4);
        let mut sums = [F32x4::splat(0.0); G];
        let mut tap = filter.wrapping_add(channel);
        for row in seen {
            // SAFETY: upheld by this function's own contract: four channels of three taps, and of all pixels that
            // these outputs see.
            unsafe {
                let taps = [0, 1, 2].map(|j| F32x4::load(tap.wrapping_add(j * channels)));
                let mut at = row.wrapping_add(channel);
                for column in 0..(G - 1) * S + 3 {
                    let value = F32x4::load(at);
                    for (g, sum) in sums.iter_mut().enumerate() {
                        if column >= g * S && column < g * S + 3 {
                            *sum = sum.plus_product(value, taps[column - g * S]);
                        }
                    }
                    at = at.wrapping_add(channels);
                }
            }
            tap = tap.wrapping_add(3 * channels);
        }
        for (g, sum) in sums.into_iter().enumerate() {
            // SAFETY: upheld by this function's own contract.
            unsafe { epilogue.of(sum, channel).store(y.wrapping_add(g * channels + channel)) };
        }
        channel += 4;
    }
}

/// Lists the taps that the output `out_x` of a row sees, which sees the rows `in_row`.
fn list_taps<'a>(
    c: &Convolution,
    out_x: usize,
    in_row: &impl Fn(usize) -> Option<usize>,
    taps: &'a mut [Tap],
) -> &'a [Tap] {
    let mut count = 0;
    for i in 0..c.filter_height {
        let Some(row) = in_row(i) else { continue };
        for j in 0..c.filter_width {
            let in_x = seen(out_x, c.stride_width, j, c.dilation_width, c.pad_left, c.in_width);
            let Some(in_x) = in_x else { continue };
            let pixel = row + in_x * c.in_channels;
            taps[count] = [pixel as u32, ((i * c.filter_width + j) * c.out_channels) as u32];
            count += 1;
        }
    }
    &taps[..count]
}

/// Writes the outputs of one pixel to `y`.
///
/// # Safety
/// Each tap has `in_channels` readable numbers from `x` on, and `out_channels` from `filter` on.
#[inline(never)]
unsafe fn sum_taps(
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
        for (output, y) in y.iter_mut().enumerate() {
            let (x, filter) = (x.wrapping_add(output / multiplier), filter.wrapping_add(output));
            // SAFETY: upheld by this function's own contract.
            let product = |&[pixel, tap]: &Tap| unsafe {
                x.wrapping_add(pixel as usize).read() * filter.wrapping_add(tap as usize).read()
            };
            *y = epilogue.of_one(taps.iter().map(product).sum(), output);
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
    use crate::naive::{self, Fenced, Numbers, Padding, Sum};

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
        let epilogue = Epilogue { bias: bias.inside(), activation: Activation::Relu6 };
        assert_eq!(run(c, x.inside(), filter.inside(), epilogue), expected, "{c:?}");
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
        for channels in [4, 5, 7, 16, 18, 35] {
            for (width, stride) in (1..=12).flat_map(|width| [(width, 1), (width, 2), (width, 3)]) {
                for padding in [Padding::Valid, Padding::Same, Padding::Explicit([[2, 1], [0, 3]])] {
                    let sizes = [2, channels, channels];
                    let shape = naive::convolution(sizes, [4, width], [3, 3], [stride; 2], [1, 1], padding);
                    if let Some(shape) = shape {
                        assert_equals_its_definition(&shape, &mut numbers);
                    }
                }
            }
        }
    }
}
