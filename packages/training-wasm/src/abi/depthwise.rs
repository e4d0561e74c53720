//! The functions of [`depthwise`](crate::convolution::depthwise) convolutions and their gradients.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{epilogue, floats, part_sums, rows_mut};
use crate::convolution::depthwise::Tap;
use crate::convolution::{Convolution, depthwise, depthwise_filter_gradient};
use crate::parts::Part;

/// Bytes of workspace for [`depthwise_conv2d`] and [`depthwise_input_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn depthwise_workspace(convolution: &Convolution) -> usize {
    floats(depthwise::zeros_floats(convolution)) + size_of::<Tap>() * depthwise::most_taps(convolution)
}

/// A part of a depthwise convolution, with a bias and a normalization unless their addresses are 0, and the
/// [`Activation`](crate::epilogue::Activation) of code `activation`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `filter` has
/// `depthwise::filter_floats(convolution)`, `bias` is 0 or has `convolution.out_channels`, `normalization` is 0 or has
/// `normalization_floats(convolution.out_channels)`, and `y` has `convolution.out_floats()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_conv2d(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    filter: *const f32,
    bias: *const f32,
    normalization: *const f32,
    activation: u32,
    y: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.out_height);
    // SAFETY: upheld by this function's own contract: `x`, the filter and the bias are whole, these rows are among
    // those of `y`, no other part writes them, and the workspace has `depthwise_workspace` bytes.
    unsafe {
        depthwise::convolve(
            convolution,
            rows.clone(),
            from_raw_parts(x, convolution.in_floats()),
            from_raw_parts(filter, depthwise::filter_floats(convolution)),
            epilogue(bias, normalization, convolution.out_channels, activation),
            rows_mut(y, &rows, convolution.out_row()),
            zeros_and_taps(convolution, workspace),
        );
    }
}

/// Parts of [`depthwise_filter_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn depthwise_filter_gradient_parts(convolution: &Convolution) -> usize {
    depthwise_filter_gradient::parts(convolution)
}

/// A part's sums of the filter gradient of a depthwise convolution.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `dy` has
/// `convolution.out_floats()`, the workspace has as many as the filter, `depthwise::filter_floats(convolution)`, and
/// `sums` has as many per part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.out_height);
    let width = depthwise::filter_floats(convolution);
    // SAFETY: upheld by this function's own contract: `x` and `dy` are whole, the sums of part `part` are among those
    // of all parts, and the workspace has `width` values.
    unsafe {
        depthwise_filter_gradient::filter_gradient(
            convolution,
            rows,
            from_raw_parts(x, convolution.in_floats()),
            from_raw_parts(dy, convolution.out_floats()),
            part_sums(sums, part, width),
            from_raw_parts_mut(workspace, width),
        );
    }
}

/// Filter gradient of a depthwise convolution, of the sums of all parts.
///
/// # Safety
/// The contract of [`regions`](super::regions). `sums` has `parts * size` values, `filter` has `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient_total(
    parts: usize,
    size: usize,
    sums: *const f32,
    filter: *mut f32,
) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe {
        depthwise_filter_gradient::add_parts(from_raw_parts(sums, parts * size), from_raw_parts_mut(filter, size))
    };
}

/// A part of the input gradient of a depthwise convolution.
///
/// # Safety
/// The contract of [`regions`](super::regions). `filter` has `depthwise::filter_floats(convolution)` values, `dy` has
/// `convolution.out_floats()`, `dx` has `convolution.in_floats()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    filter: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
    // SAFETY: upheld by this function's own contract: the filter and `dy` are whole, these rows are among those of
    // `dx`, no other part writes them, and the workspace has `depthwise_workspace` bytes.
    unsafe {
        depthwise::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(filter, depthwise::filter_floats(convolution)),
            from_raw_parts(dy, convolution.out_floats()),
            rows_mut(dx, &rows, convolution.in_row()),
            zeros_and_taps(convolution, workspace),
        );
    }
}

/// The two slices of a workspace.
///
/// # Safety
/// `workspace` has [`depthwise_workspace`] bytes, which can be written for `'a`, and are used by nothing else.
unsafe fn zeros_and_taps<'a>(convolution: &Convolution, workspace: *mut f32) -> (&'a mut [f32], &'a mut [Tap]) {
    let zeros = depthwise::zeros_floats(convolution);
    // SAFETY: upheld by this function's own contract.
    unsafe {
        (
            from_raw_parts_mut(workspace, zeros),
            from_raw_parts_mut(workspace.add(zeros).cast(), depthwise::most_taps(convolution)),
        )
    }
}
