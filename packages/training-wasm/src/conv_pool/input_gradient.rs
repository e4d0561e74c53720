//! The gradient of the input of [`conv_pool`](super::conv_pool): the convolution of the gradient of the map before
//! pooling, with zeros around, with the filter turned by 180 degrees and its channels exchanged.
//!
//! ```text
//! turn the filter, once
//! for each part of the rows of dx
//!   for each row y
//!     the rows of the map that it sees    each is unpooled once, into a ring of the last ones
//!     convolve_row
//! ```

use core::ops::Range;

use super::direct::MOST_ROWS;
use crate::convolution::gradient_rows::{Rows, Unpooled};
use crate::convolution::{Convolution, convolve_row};
use crate::simd::tile::{pack_panels, panel_floats};

/// Numbers of workspace: the ring of padded rows.
pub const fn input_gradient_workspace_floats(convolution: &Convolution) -> usize {
    convolution.filter_height * padded_row(convolution)
}

/// Numbers of the turned filter.
pub const fn turned_filter_floats(convolution: &Convolution) -> usize {
    let depth = convolution.filter_height * convolution.filter_width * convolution.out_channels;
    panel_floats(depth, convolution.in_channels)
}

/// Writes the turned filter to `panels`.
pub fn turn_filter(convolution: &Convolution, filter: &[f32], panels: &mut [f32]) {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    assert!(filter.len() == convolution.filter_floats() && panels.len() == turned_filter_floats(convolution));
    let taps = convolution.filter_height * convolution.filter_width;
    pack_panels(panels, taps * out_channels, in_channels, |k, n| {
        let turned = taps - 1 - k / out_channels;
        filter[(turned * in_channels + n) * out_channels + k % out_channels]
    });
}

/// Writes the rows `rows` of the input's gradient, counted across all images, to `dx`, of the turned filter `panels`.
///
/// # Panics
/// If a slice's length is not that of its tensor, `workspace` is shorter than [`input_gradient_workspace_floats`], or
/// the filter has more than [`MOST_ROWS`] rows.
pub fn input_gradient(
    convolution: &Convolution,
    rows: Range<usize>,
    panels: &[f32],
    dy: &Unpooled<'_>,
    dx: &mut [f32],
    workspace: &mut [f32],
) {
    let &Convolution { in_height, in_width, in_channels, out_channels, filter_height, .. } = convolution;
    assert!(panels.len() == turned_filter_floats(convolution) && dx.len() == rows.len() * convolution.in_row());
    assert!(filter_height <= MOST_ROWS);
    let slot_floats = padded_row(convolution);
    let ring = &mut workspace[..filter_height * slot_floats];
    let left = (convolution.filter_width - 1) * out_channels;

    // Row u of the map with its zeros, counted so that row y of dx sees the rows y + i.
    let mut written = 0;
    for (row, out) in rows.clone().zip(dx.chunks_exact_mut(convolution.in_row())) {
        let (image, y) = (row / in_height, row % in_height);
        if y == 0 || row == rows.start {
            written = y;
        }
        while written < y + filter_height {
            let slot = &mut ring[written % filter_height * slot_floats..][..slot_floats];
            slot.fill(0.0);
            let map_row = (written + 1).checked_sub(filter_height).filter(|&map_row| map_row < convolution.out_height);
            if let Some(map_row) = map_row {
                dy.write(image, map_row, &mut slot[left..][..convolution.out_row()]);
            }
            written += 1;
        }
        let mut runs = [core::ptr::null(); MOST_ROWS];
        for (index, run) in runs[..filter_height].iter_mut().enumerate() {
            *run = ring[(y + index) % filter_height * slot_floats..].as_ptr();
        }
        let (runs, length) = (&runs[..filter_height], convolution.filter_width * out_channels);
        // SAFETY: a slot holds in_width + filter_width - 1 pixels, which is all that the runs of a row reach; `out` is
        // a row of in_width pixels.
        unsafe { convolve_row(runs, length, out_channels, panels, out.as_mut_ptr(), in_width, in_channels) };
    }
}

const fn padded_row(convolution: &Convolution) -> usize {
    (convolution.in_width + convolution.filter_width - 1) * convolution.out_channels
}
