//! The gradient of a [`depthwise`](super::depthwise) convolution's filter:
//! `dw[i][j][c][q] = Σ images, y, x: x[y + i][x + j][c] * dy[y][x][c * multiplier + q]`.
//!
//! ```text
//! for each part of the rows of dy        sums of its own
//!   for each row of dy, each filter row i
//!     for each 4 pixels of dy            of 3x3 filters whose taps are all in the image: each vector of channels is
//!                                        read once for the three taps of the row
//!     for each tap, each other pixel
//! add the parts' sums in their order
//! ```

use core::ops::Range;

use super::depthwise::{GROUP, filter_floats, grouped_columns, seen};
use crate::convolution::Convolution;
use crate::parts::parts_with_sums;
use crate::simd::lanes::F32x4;

/// How many parts the rows of dy are divided into for the [`filter_gradient`].
pub fn parts(convolution: &Convolution) -> usize {
    parts_with_sums(convolution.batch * convolution.out_height, filter_floats(convolution))
}

/// Writes what the rows `rows` of dy, counted across all images, have of the filter's gradient to `sums`. The
/// workspace has as many numbers: the sums of one row, since long chains of `f32` additions lose digits.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn filter_gradient(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    dy: &[f32],
    sums: &mut [f32],
    workspace: &mut [f32],
) {
    let c = convolution;
    let multiplier = c.out_channels / c.in_channels;
    let of_row = &mut workspace[..filter_floats(c)];
    assert!(x.len() == c.in_floats() && dy.len() == c.out_floats() && sums.len() == filter_floats(c));
    sums.fill(0.0);
    let grouped = grouped_columns(c);
    // Those that are left of whole groups are not grouped.
    let grouped = grouped.start..grouped.start + grouped.len() / GROUP * GROUP;
    for row in rows {
        let (image, y) = (row / c.out_height, row % c.out_height);
        let dy_row = &dy[row * c.out_row()..][..c.out_row()];
        of_row.fill(0.0);
        for i in 0..c.filter_height {
            let Some(in_y) = seen(y, c.stride_height, i, c.dilation_height, c.pad_top, c.in_height) else { continue };
            let in_row = &x[(image * c.in_height + in_y) * c.in_row()..][..c.in_row()];
            let taps = &mut of_row[i * c.filter_width * c.out_channels..][..c.filter_width * c.out_channels];
            for out_x in grouped.clone().step_by(GROUP) {
                let first = (out_x * c.stride_width).wrapping_add_signed(-c.pad_left) * c.in_channels;
                let (x, dy) = (in_row[first..].as_ptr(), dy_row[out_x * c.out_channels..].as_ptr());
                // SAFETY: these pixels see only pixels of the image, by `grouped_columns`, and are in the row.
                unsafe {
                    if c.stride_width == 1 {
                        add_group::<1>(x, dy, c.in_channels, taps.as_mut_ptr());
                    } else {
                        add_group::<2>(x, dy, c.in_channels, taps.as_mut_ptr());
                    }
                }
            }
            for (j, taps) in taps.chunks_exact_mut(c.out_channels).enumerate() {
                for out_x in (0..grouped.start).chain(grouped.end..c.out_width) {
                    let in_x = seen(out_x, c.stride_width, j, c.dilation_width, c.pad_left, c.in_width);
                    let Some(in_x) = in_x else { continue };
                    let x = &in_row[in_x * c.in_channels..][..c.in_channels];
                    let dy = &dy_row[out_x * c.out_channels..][..c.out_channels];
                    if multiplier == 1 {
                        for ((tap, x), dy) in taps.iter_mut().zip(x).zip(dy) {
                            *tap += x * dy;
                        }
                    } else {
                        let outputs = taps.chunks_exact_mut(multiplier).zip(dy.chunks_exact(multiplier));
                        for ((taps, dy), x) in outputs.zip(x) {
                            for (tap, dy) in taps.iter_mut().zip(dy) {
                                *tap += x * dy;
                            }
                        }
                    }
                }
            }
        }
        for (sum, of_row) in sums.iter_mut().zip(&*of_row) {
            *sum += of_row;
        }
    }
}

/// Adds the products of neighbouring pixels of dy, with stride `S`, to the three taps of a row.
///
/// # Safety
/// `x` has `((GROUP - 1) * S + 3) * channels` readable numbers, `dy` has `GROUP * channels`, `taps` has `3 * channels`
/// writable ones, and there are four channels or more.
#[inline(never)]
unsafe fn add_group<const S: usize>(x: *const f32, dy: *const f32, channels: usize, taps: *mut f32) {
    let mut channel = 0;
    while channel + 4 <= channels {
        // SAFETY: upheld by this function's own contract: four channels of three taps, and of all pixels.
        unsafe {
            let mut dy_at = dy.wrapping_add(channel);
            let mut of_pixels = [F32x4::splat(0.0); GROUP];
            for of_pixel in &mut of_pixels {
                *of_pixel = F32x4::load(dy_at);
                dy_at = dy_at.wrapping_add(channels);
            }
            let at = taps.wrapping_add(channel);
            let mut sums = [0, 1, 2].map(|j| F32x4::load(at.wrapping_add(j * channels)));
            let mut x_at = x.wrapping_add(channel);
            for column in 0..(GROUP - 1) * S + 3 {
                let value = F32x4::load(x_at);
                for (g, &of_pixel) in of_pixels.iter().enumerate() {
                    if column >= g * S && column < g * S + 3 {
                        sums[column - g * S] = sums[column - g * S].plus_product(value, of_pixel);
                    }
                }
                x_at = x_at.wrapping_add(channels);
            }
            for (j, sum) in sums.into_iter().enumerate() {
                sum.store(at.wrapping_add(j * channels));
            }
        }
        channel += 4;
    }
    // Sums are in memory: a last vector may not overlap the one before.
    while channel < channels {
        for j in 0..3 {
            let mut sum = 0.0;
            for g in 0..GROUP {
                // SAFETY: upheld by this function's own contract.
                sum += unsafe {
                    x.wrapping_add((g * S + j) * channels + channel).read()
                        * dy.wrapping_add(g * channels + channel).read()
                };
            }
            // SAFETY: upheld by this function's own contract.
            unsafe { *taps.wrapping_add(j * channels + channel) += sum };
        }
        channel += 1;
    }
}

/// Adds up the sums of all parts, `[parts][filter]`.
pub fn add_parts(all_sums: &[f32], filter: &mut [f32]) {
    filter.fill(0.0);
    for sums in all_sums.chunks_exact(filter.len()) {
        for (target, sum) in filter.iter_mut().zip(sums) {
            *target += sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers, Sum};

    fn assert_equals_its_definition(convolution: &Convolution, numbers: &mut Numbers) {
        let x = Fenced::holding(&numbers.floats(convolution.in_floats()));
        let dy = Fenced::holding(&numbers.floats(convolution.out_floats()));
        let width = filter_floats(convolution);
        let mut all = vec![f32::NAN; parts(convolution) * width];
        for (part, sums) in naive::parts(parts(convolution)).zip(all.chunks_exact_mut(width)) {
            let rows = part.of(convolution.batch * convolution.out_height);
            let (mut fenced, mut workspace) = (Fenced::unset(width), Fenced::unset(width));
            let sums_of_part = fenced.inside_mut();
            filter_gradient(convolution, rows, x.inside(), dy.inside(), sums_of_part, workspace.inside_mut());
            workspace.check();
            sums.copy_from_slice(fenced.check());
        }
        let mut filter = Fenced::unset(width);
        add_parts(&all, filter.inside_mut());
        let mut expected = vec![Sum::default(); width];
        naive::visit_depthwise_products(convolution, |at_x, at_filter, at_y| {
            expected[at_filter].add(x.inside()[at_x], dy.inside()[at_y]);
        });
        naive::assert_near(filter.check(), &expected, convolution);
    }

    #[test]
    fn equals_its_definition_at_every_stride_dilation_padding_and_multiplier() {
        let mut numbers = Numbers::seeded(15);
        for (index, shape) in naive::convolutions().into_iter().enumerate() {
            let out_channels = shape.in_channels * (1 + index % 3);
            assert_equals_its_definition(&Convolution { out_channels, ..shape }, &mut numbers);
        }
    }

    #[test]
    fn three_by_three_filters_equal_their_definition_at_every_width_and_number_of_channels() {
        let mut numbers = Numbers::seeded(36);
        for convolution in naive::three_by_three_depthwise() {
            assert_equals_its_definition(&convolution, &mut numbers);
        }
    }
}
