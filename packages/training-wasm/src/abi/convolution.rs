//! The gradients of [`convolution`](crate::convolution), direct.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, plain, rows_mut};
use crate::convolution::Convolution;
use crate::parts::Part;
use crate::{convolution::filter_gradient, convolution::input_gradient};

/// Parts of [`conv2d_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    filter_gradient::parts(unsafe { &*convolution })
}

/// Bytes of a part's sums, of [`conv2d_filter_gradient`] and [`conv_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_sums(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(filter_gradient::sums_floats(unsafe { &*convolution }))
}

/// Bytes of workspace for [`conv2d_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(filter_gradient::workspace_floats(unsafe { &*convolution }))
}

/// Bytes of the turned filter.
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_input_gradient_panels(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(input_gradient::panels_floats(unsafe { &*convolution }))
}

/// Bytes of workspace for [`conv2d_input_gradient`] and [`conv_pool_input_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_input_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(input_gradient::workspace_floats(unsafe { &*convolution }))
}

/// A part's sums of the filter gradient, of the input `x` and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`], of its `x` and `dy`, and of the sums of all parts, which are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient(
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
        let width = filter_gradient::sums_floats(convolution);
        let part = Part { index: part, count: parts };
        filter_gradient::filter_gradient(
            convolution,
            part.of(convolution.batch * convolution.out_height),
            from_raw_parts(x, convolution.in_floats()),
            &plain(convolution, dy),
            rows_mut(sums, &(part.index..part.index + 1), width),
            from_raw_parts_mut(workspace, filter_gradient::workspace_floats(convolution)),
        );
    }
}

/// Filter gradient of the sums of `sums_parts` parts, in parts of its own.
///
/// # Safety
/// Addresses of a [`Convolution`], of all sums, and of the filter, which is writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_total(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: *const Convolution,
    sums_parts: usize,
    sums: *const f32,
    filter: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let out_channels = convolution.out_channels;
        let rows = Part { index: part, count: parts }.of(convolution.filter_floats() / out_channels);
        filter_gradient::add_parts(
            convolution,
            rows.clone(),
            from_raw_parts(sums, sums_parts * filter_gradient::sums_floats(convolution)),
            rows_mut(filter, &rows, out_channels),
        );
    }
}

/// Turns a filter for the input gradient.
///
/// # Safety
/// Addresses of a [`Convolution`], of its filter, and of the turned filter, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_turn_filter(convolution: *const Convolution, filter: *const f32, panels: *mut f32) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        input_gradient::turn_filter(
            convolution,
            from_raw_parts(filter, convolution.filter_floats()),
            from_raw_parts_mut(panels, input_gradient::panels_floats(convolution)),
        );
    }
}

/// A part of the input gradient, of the turned filter and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`], of the turned filter, `dy`, and of `dx`, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    panels: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
        input_gradient::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(panels, input_gradient::panels_floats(convolution)),
            &plain(convolution, dy),
            rows_mut(dx, &rows, convolution.in_row()),
            from_raw_parts_mut(workspace, input_gradient::workspace_floats(convolution)),
        );
    }
}
