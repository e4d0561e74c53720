//! The functions of [`depthwise`](crate::convolution::depthwise).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::rows_mut;
use crate::convolution::Convolution;
use crate::convolution::depthwise;
use crate::parts::Part;

/// Parts of [`depthwise_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    depthwise::parts(unsafe { &*convolution })
}

/// A part's sums of the filter gradient of a depthwise convolution.
///
/// # Safety
/// Addresses of a [`Convolution`], of its `x` and `dy`, and of the sums of all parts, which are writable, as many numbers a
/// part as the filter has; so is the workspace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    x: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let width = depthwise::filter_floats(convolution);
        let part = Part { index: part, count: parts };
        depthwise::filter_gradient(
            convolution,
            part.of(convolution.batch * convolution.out_height),
            from_raw_parts(x, convolution.in_floats()),
            from_raw_parts(dy, convolution.out_floats()),
            rows_mut(sums, &(part.index..part.index + 1), width),
            from_raw_parts_mut(workspace, width),
        );
    }
}

/// Filter gradient of a depthwise convolution, of the sums of all parts.
///
/// # Safety
/// `sums` has `parts` times `size` readable numbers, `filter` has `size` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient_total(
    parts: usize,
    size: usize,
    sums: *const f32,
    filter: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        depthwise::add_parts(from_raw_parts(sums, parts * size), from_raw_parts_mut(filter, size));
    }
}

/// A part of the input gradient of a depthwise convolution.
///
/// # Safety
/// Addresses of a [`Convolution`], of its filter and `dy`, and of `dx`, which is writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_input_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: *const Convolution,
    filter: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
        depthwise::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(filter, depthwise::filter_floats(convolution)),
            from_raw_parts(dy, convolution.out_floats()),
            rows_mut(dx, &rows, convolution.in_row()),
        );
    }
}
