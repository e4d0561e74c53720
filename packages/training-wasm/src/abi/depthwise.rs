//! The functions of [`depthwise`](crate::convolution::depthwise) convolutions and their gradients.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, optional, part_sums, rows_mut};
use crate::convolution::depthwise_forward::Tap;
use crate::convolution::{Convolution, depthwise, depthwise_forward};
use crate::epilogue::{Activation, Epilogue};
use crate::parts::Part;

/// Bytes of workspace for [`depthwise_conv2d`].
#[unsafe(no_mangle)]
pub extern "C" fn depthwise_conv2d_workspace(convolution: &Convolution) -> usize {
    floats(depthwise_forward::zeros_floats(convolution)) + size_of::<Tap>() * depthwise_forward::most_taps(convolution)
}

/// A part of a depthwise convolution, with a bias unless its address is 0, and the [`Activation`] of code `activation`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `filter` has
/// `depthwise::filter_floats(convolution)`, `bias` is 0 or has `convolution.out_channels`, and `y` has
/// `convolution.out_floats()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_conv2d(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    filter: *const f32,
    bias: *const f32,
    activation: u32,
    y: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.out_height);
    // SAFETY: upheld by this function's own contract: `x`, the filter and the bias are whole, these rows are among
    // those of `y`, no other part writes them, and the workspace has `depthwise_conv2d_workspace` bytes.
    unsafe {
        let zeros = depthwise_forward::zeros_floats(convolution);
        let taps = workspace.add(zeros).cast::<Tap>();
        depthwise_forward::convolve(
            convolution,
            rows.clone(),
            from_raw_parts(x, convolution.in_floats()),
            from_raw_parts(filter, depthwise::filter_floats(convolution)),
            Epilogue { bias: optional(bias, convolution.out_channels), activation: Activation::of_code(activation) },
            rows_mut(y, &rows, convolution.out_row()),
            (from_raw_parts_mut(workspace, zeros), from_raw_parts_mut(taps, depthwise_forward::most_taps(convolution))),
        );
    }
}

/// Parts of [`depthwise_filter_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn depthwise_filter_gradient_parts(convolution: &Convolution) -> usize {
    depthwise::parts(convolution)
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
        depthwise::filter_gradient(
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
    unsafe { depthwise::add_parts(from_raw_parts(sums, parts * size), from_raw_parts_mut(filter, size)) };
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
    _workspace: *mut f32,
    convolution: &Convolution,
    filter: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
    // SAFETY: upheld by this function's own contract: the filter and `dy` are whole, these rows are among those of
    // `dx`, and no other part writes them.
    unsafe {
        depthwise::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(filter, depthwise::filter_floats(convolution)),
            from_raw_parts(dy, convolution.out_floats()),
            rows_mut(dx, &rows, convolution.in_row()),
        );
    }
}
