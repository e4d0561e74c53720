//! The gradient of a convolution's input: the convolution of dy, with zeros around and between its pixels, with the
//! filter turned by 180 degrees and its channels exchanged.
//!
//! ```text
//! turn the filter, once
//! for each part of the rows of dx
//!   for each row y
//!     the rows of dy that it sees         each is written once, into a ring of the last ones
//!     convolve_row
//! ```

use core::ops::Range;

use crate::convolution::gradient_rows::Rows;
use crate::convolution::{Convolution, convolve_row};
use crate::simd::tile::{pack_panels, panel_floats};

/// Rows that a filter may have, and runs, which are its pixels where it is dilated.
pub const MOST_RUNS: usize = 1024;

/// Numbers of workspace: the ring of padded rows, a row of dy.
pub fn workspace_floats(convolution: &Convolution) -> usize {
    ring_rows(convolution) * padded_row(convolution) + convolution.out_row()
}

/// Numbers of the turned filter.
pub fn panels_floats(convolution: &Convolution) -> usize {
    let depth = convolution.filter_height * convolution.filter_width * convolution.out_channels;
    panel_floats(depth, convolution.in_channels)
}

/// Writes the turned filter to `panels`.
pub fn turn_filter(convolution: &Convolution, filter: &[f32], panels: &mut [f32]) {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    assert!(filter.len() == convolution.filter_floats() && panels.len() == panels_floats(convolution));
    let taps = convolution.filter_height * convolution.filter_width;
    pack_panels(panels, taps * out_channels, in_channels, |k, n| {
        let turned = taps - 1 - k / out_channels;
        filter[(turned * in_channels + n) * out_channels + k % out_channels]
    });
}

/// Writes the rows `rows` of the input's gradient, counted across all images, to `dx`.
///
/// `panels` is the turned filter, `dy` the rows of the output's gradient.
///
/// # Panics
/// If a slice's length is not that of its tensor, `workspace` is shorter than [`workspace_floats`], or the filter has
/// more than [`MOST_RUNS`] pixels.
pub fn input_gradient(
    convolution: &Convolution,
    rows: Range<usize>,
    panels: &[f32],
    dy: &impl Rows,
    dx: &mut [f32],
    workspace: &mut [f32],
) {
    let &Convolution { in_height, in_width, in_channels, out_channels, .. } = convolution;
    let &Convolution { filter_height, filter_width, stride_height, dilation_height, .. } = convolution;
    assert!(panels.len() == panels_floats(convolution) && dx.len() == rows.len() * convolution.in_row());
    assert!(filter_height * filter_width <= MOST_RUNS);
    let (ring, workspace) = workspace.split_at_mut(ring_rows(convolution) * padded_row(convolution));
    let dense = &mut workspace[..convolution.out_row()];
    let (runs_a_row, length) = convolution.runs(out_channels);
    let slots = ring_rows(convolution);
    let slot_floats = padded_row(convolution);

    // Row u of dy with its zeros, counted so that row y of dx sees the rows y + i * dilation_height.
    let mut written = 0;
    for (row, out) in rows.clone().zip(dx.chunks_exact_mut(convolution.in_row())) {
        let (image, y) = (row / in_height, row % in_height);
        if y == 0 || row == rows.start {
            written = y;
        }
        while written < y + slots {
            let slot = &mut ring[written % slots * slot_floats..][..slot_floats];
            let above = ((filter_height - 1) * dilation_height) as isize - convolution.pad_top;
            let upsampled = written.checked_add_signed(-above);
            let row = upsampled.filter(|row| row % stride_height == 0).map(|row| row / stride_height);
            match row.filter(|&row| row < convolution.out_height) {
                Some(row) => write_padded(convolution, dy, image, row, dense, slot),
                None => slot.fill(0.0),
            }
            written += 1;
        }
        let mut runs = [core::ptr::null(); MOST_RUNS];
        let count = filter_height * runs_a_row;
        for (index, run) in runs[..count].iter_mut().enumerate() {
            let slot = (y + index / runs_a_row * dilation_height) % slots;
            let first = slot * slot_floats + index % runs_a_row * convolution.dilation_width * out_channels;
            *run = ring[first..].as_ptr();
        }
        // SAFETY: a slot holds in_width + (filter_width - 1) * dilation_width pixels, which is all that the runs of a
        // row reach; `out` is a row of in_width pixels.
        unsafe {
            convolve_row(&runs[..count], length, out_channels, panels, out.as_mut_ptr(), in_width, in_channels);
        };
    }
}

/// Row `row` of dy with zeros on both sides, and between its pixels where the convolution strides.
fn write_padded(
    convolution: &Convolution,
    dy: &impl Rows,
    image: usize,
    row: usize,
    dense: &mut [f32],
    slot: &mut [f32],
) {
    let &Convolution { out_channels, out_width, stride_width, .. } = convolution;
    let left = ((convolution.filter_width - 1) * convolution.dilation_width) as isize - convolution.pad_left;
    let columns = slot.len() / out_channels;
    if stride_width == 1 && left >= 0 && left as usize + out_width <= columns {
        let (before, rest) = slot.split_at_mut(left as usize * out_channels);
        let (within, after) = rest.split_at_mut(convolution.out_row());
        before.fill(0.0);
        dy.write(image, row, within);
        after.fill(0.0);
        return;
    }
    slot.fill(0.0);
    dy.write(image, row, dense);
    for (x, pixel) in dense.chunks_exact(out_channels).enumerate() {
        let column = (x * stride_width).checked_add_signed(left).filter(|&column| column < columns);
        if let Some(column) = column {
            slot[column * out_channels..][..out_channels].copy_from_slice(pixel);
        }
    }
}

/// Rows of dy that a row of dx sees, those between dilated ones included.
fn ring_rows(convolution: &Convolution) -> usize {
    (convolution.filter_height - 1) * convolution.dilation_height + 1
}

fn padded_row(convolution: &Convolution) -> usize {
    (convolution.in_width + (convolution.filter_width - 1) * convolution.dilation_width) * convolution.out_channels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convolution::gradient_rows::Plain;
    use crate::naive::{self, Fenced, Numbers, Padding};

    fn assert_equals_its_definition(convolution: &Convolution, numbers: &mut Numbers) {
        let filter = Fenced::holding(&numbers.floats(convolution.filter_floats()));
        let dy = Fenced::holding(&numbers.floats(convolution.out_floats()));
        let rows = Plain { values: dy.inside(), height: convolution.out_height };
        let dx = naive::run_input_gradient(convolution, filter.inside(), &rows);
        let expected = naive::input_gradient(convolution, filter.inside(), dy.inside());
        naive::assert_near(&dx, &expected, convolution);
    }

    #[test]
    fn equals_its_definition_at_every_stride_dilation_padding_and_number_of_channels() {
        let mut numbers = Numbers::seeded(2);
        for convolution in naive::convolutions() {
            assert_equals_its_definition(&convolution, &mut numbers);
        }
    }

    #[test]
    fn a_filter_may_have_as_many_pixels_as_the_list_of_runs() {
        let shape = naive::convolution([1, 1, 1], [2, 3], [32, 32], [1, 1], [1, 2], Padding::Same);
        let convolution = shape.expect("it has outputs");
        assert_eq!(convolution.filter_height * convolution.filter_width, MOST_RUNS);
        assert_equals_its_definition(&convolution, &mut Numbers::seeded(3));
    }

    #[test]
    #[should_panic = "MOST_RUNS"]
    fn a_filter_with_more_pixels_is_refused() {
        let shape = naive::convolution([1, 1, 1], [2, 3], [32, 33], [1, 1], [1, 2], Padding::Same);
        assert_equals_its_definition(&shape.expect("it has outputs"), &mut Numbers::seeded(3));
    }
}
