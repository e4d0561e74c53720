//! Gradients of a depthwise convolution, in which every input channel has filters of its own: `multiplier` of them,
//! whose outputs are adjacent.
//!
//! ```text
//! dx[y][x][c]      = Σ i, j, q: filter[i][j][c][q] * dy[..][..][c * multiplier + q]
//! dw[i][j][c][q]   = Σ images, y, x: x[y + i][x + j][c] * dy[y][x][c * multiplier + q]
//! ```
//!
//! A [`Convolution`] gives the sizes; its output channels are `in_channels * multiplier`, and its filter is
//! `[filter_height, filter_width, in_channels, multiplier]`.

use core::ops::Range;

use crate::convolution::Convolution;
use crate::parts::parts_with_sums;

/// Numbers of the filter, which has as many taps per pixel as the output has channels.
pub const fn filter_floats(convolution: &Convolution) -> usize {
    convolution.filter_height * convolution.filter_width * convolution.out_channels
}

/// How many parts the rows of dy are divided into for the [`filter_gradient`].
pub fn parts(convolution: &Convolution) -> usize {
    parts_with_sums(convolution.batch * convolution.out_height, filter_floats(convolution))
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
    for row in rows {
        let (image, y) = (row / c.out_height, row % c.out_height);
        let dy_row = &dy[row * c.out_row()..][..c.out_row()];
        of_row.fill(0.0);
        for i in 0..c.filter_height {
            let Some(in_y) = seen(y, c.stride_height, i, c.dilation_height, c.pad_top, c.in_height) else { continue };
            let in_row = &x[(image * c.in_height + in_y) * c.in_row()..][..c.in_row()];
            for j in 0..c.filter_width {
                let taps = &mut of_row[(i * c.filter_width + j) * c.out_channels..][..c.out_channels];
                for (out_x, dy) in dy_row.chunks_exact(c.out_channels).enumerate() {
                    let in_x = seen(out_x, c.stride_width, j, c.dilation_width, c.pad_left, c.in_width);
                    let Some(in_x) = in_x else { continue };
                    let x = &in_row[in_x * c.in_channels..][..c.in_channels];
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

/// Adds up the sums of all parts, `[parts][filter]`.
pub fn add_parts(all_sums: &[f32], filter: &mut [f32]) {
    filter.fill(0.0);
    for sums in all_sums.chunks_exact(filter.len()) {
        for (target, sum) in filter.iter_mut().zip(sums) {
            *target += sum;
        }
    }
}

/// Writes the rows `rows` of the input's gradient, counted across all images, to `dx`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn input_gradient(convolution: &Convolution, rows: Range<usize>, filter: &[f32], dy: &[f32], dx: &mut [f32]) {
    let c = convolution;
    let multiplier = c.out_channels / c.in_channels;
    assert!(filter.len() == filter_floats(c) && dy.len() == c.out_floats() && dx.len() == rows.len() * c.in_row());
    dx.fill(0.0);
    for (row, dx_row) in rows.zip(dx.chunks_exact_mut(c.in_row())) {
        let (image, in_y) = (row / c.in_height, row % c.in_height);
        for i in 0..c.filter_height {
            let y = seeing(in_y, c.stride_height, i, c.dilation_height, c.pad_top, c.out_height);
            let Some(y) = y else { continue };
            let dy_row = &dy[(image * c.out_height + y) * c.out_row()..][..c.out_row()];
            for j in 0..c.filter_width {
                let taps = &filter[(i * c.filter_width + j) * c.out_channels..][..c.out_channels];
                for (in_x, dx) in dx_row.chunks_exact_mut(c.in_channels).enumerate() {
                    let x = seeing(in_x, c.stride_width, j, c.dilation_width, c.pad_left, c.out_width);
                    let Some(x) = x else { continue };
                    let dy = &dy_row[x * c.out_channels..][..c.out_channels];
                    if multiplier == 1 {
                        for ((dx, tap), dy) in dx.iter_mut().zip(taps).zip(dy) {
                            *dx += tap * dy;
                        }
                    } else {
                        let outputs = taps.chunks_exact(multiplier).zip(dy.chunks_exact(multiplier));
                        for (dx, (taps, dy)) in dx.iter_mut().zip(outputs) {
                            *dx += taps.iter().zip(dy).map(|(tap, dy)| tap * dy).sum::<f32>();
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers, Sum};

    #[test]
    fn equal_their_definitions_at_every_stride_dilation_padding_and_multiplier() {
        let mut numbers = Numbers::seeded(15);
        for (index, shape) in naive::convolutions().into_iter().enumerate() {
            let in_channels = shape.in_channels.min(8);
            let convolution = Convolution { in_channels, out_channels: in_channels * (1 + index % 3), ..shape };
            let x = Fenced::holding(&numbers.floats(convolution.in_floats()));
            let dy = Fenced::holding(&numbers.floats(convolution.out_floats()));
            let filter = Fenced::holding(&numbers.floats(filter_floats(&convolution)));

            let mut all = vec![f32::NAN; parts(&convolution) * filter_floats(&convolution)];
            let of_parts = all.chunks_exact_mut(filter_floats(&convolution));
            for (part, sums) in naive::parts(parts(&convolution)).zip(of_parts) {
                let rows = part.of(convolution.batch * convolution.out_height);
                let mut workspace = Fenced::unset(filter_floats(&convolution));
                filter_gradient(&convolution, rows, x.inside(), dy.inside(), sums, workspace.inside_mut());
                workspace.check();
            }
            let mut d_filter = Fenced::unset(filter_floats(&convolution));
            add_parts(&all, d_filter.inside_mut());
            let mut expected = vec![Sum::default(); filter_floats(&convolution)];
            naive::visit_depthwise_products(&convolution, |at_x, at_filter, at_y| {
                expected[at_filter].add(x.inside()[at_x], dy.inside()[at_y])
            });
            naive::assert_near(d_filter.check(), &expected, &("filter", convolution));

            let mut dx = Fenced::unset(convolution.in_floats());
            let rows = convolution.batch * convolution.in_height;
            for part in naive::parts(rows.min(4)) {
                let rows = part.of(rows);
                let within = rows.start * convolution.in_row()..rows.end * convolution.in_row();
                let dx = &mut dx.inside_mut()[within];
                input_gradient(&convolution, rows, filter.inside(), dy.inside(), dx);
            }
            let mut expected = vec![Sum::default(); convolution.in_floats()];
            naive::visit_depthwise_products(&convolution, |at_x, at_filter, at_y| {
                expected[at_x].add(filter.inside()[at_filter], dy.inside()[at_y])
            });
            naive::assert_near(dx.check(), &expected, &("input", convolution));
        }
    }
}
