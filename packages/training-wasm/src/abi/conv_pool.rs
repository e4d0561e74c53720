//! The functions of [`conv_pool`](crate::conv_pool).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, part_sums, rows_mut, unpooled, words};
use crate::conv_pool::{self, Filter};
use crate::convolution::{Convolution, filter_gradient};
use crate::parts::Part;

/// Bytes of the packed filter.
#[unsafe(no_mangle)]
pub extern "C" fn conv_pool_panels(convolution: &Convolution) -> usize {
    floats(conv_pool::panels_floats(convolution))
}

/// Bytes of workspace for [`conv_pool`].
#[unsafe(no_mangle)]
pub extern "C" fn conv_pool_workspace(convolution: &Convolution) -> usize {
    words(conv_pool::workspace_words(convolution))
}

/// Parts of [`conv_pool_filter_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn conv_pool_filter_gradient_parts(convolution: &Convolution) -> usize {
    conv_pool::filter_gradient_parts(convolution)
}

/// Bytes of workspace for [`conv_pool_filter_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn conv_pool_filter_gradient_workspace(convolution: &Convolution) -> usize {
    words(conv_pool::filter_gradient_workspace_words(convolution))
}

/// Packs a filter and its bias for [`conv_pool`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `filter` has `convolution.filter_floats()` values, `bias` has
/// `convolution.out_channels`, and `panels` has [`conv_pool_panels`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_pack_filter(
    convolution: &Convolution,
    filter: *const f32,
    bias: *const f32,
    panels: *mut f32,
) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    let (filter, bias, panels) = unsafe {
        (
            from_raw_parts(filter, convolution.filter_floats()),
            from_raw_parts(bias, convolution.out_channels),
            from_raw_parts_mut(panels, conv_pool::panels_floats(convolution)),
        )
    };
    conv_pool::pack_filter(convolution, filter, bias, panels);
}

/// A part of convolution, bias, ReLU if `relu` is 1, and 2x2 maximum: the pooled output and the places of its maxima.
/// The convolution is neither padded, strided nor dilated, and its output channels are a multiple of 4.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `panels` has
/// [`conv_pool_panels`] bytes, `bias` has `out_channels` values, `output` has
/// `batch * (out_height / 2) * (out_width / 2) * out_channels`, and `places` has half as many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool(
    part: usize,
    parts: usize,
    workspace: *mut u32,
    convolution: &Convolution,
    x: *const f32,
    panels: *const f32,
    bias: *const f32,
    relu: u32,
    output: *mut f32,
    places: *mut u8,
) {
    let rows = Part { index: part, count: parts }.of(convolution.batch * (convolution.out_height / 2));
    let row = convolution.out_width / 2 * convolution.out_channels;
    // SAFETY: upheld by this function's own contract: `x`, the panels and the bias are whole, these rows are among
    // those of `output` and `places`, no other part writes them, and the workspace has `conv_pool_workspace` bytes.
    unsafe {
        let x = from_raw_parts(x, convolution.in_floats());
        let filter = Filter {
            panels: from_raw_parts(panels, conv_pool::panels_floats(convolution)),
            bias: from_raw_parts(bias, convolution.out_channels),
            relu: relu != 0,
        };
        let (output, places) = (rows_mut(output, &rows, row), rows_mut(places, &rows, row / 2));
        let workspace = from_raw_parts_mut(workspace, conv_pool::workspace_words(convolution));
        conv_pool::conv_pool(convolution, rows, x, filter, output, places, workspace);
    }
}

/// A part's sums of the filter gradient of [`conv_pool`], of the gradient `dy` of its output.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `dy` and `places`
/// are as long as [`conv_pool`]'s `output` and `places`, and `sums` has
/// [`conv2d_filter_gradient_sums`](super::convolution::conv2d_filter_gradient_sums) bytes per part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut u32,
    convolution: &Convolution,
    x: *const f32,
    dy: *const f32,
    places: *const u8,
    sums: *mut f32,
) {
    // SAFETY: upheld by this function's own contract: `x`, `dy` and `places` are whole, the sums of part `part` are
    // among those of all parts, and the workspace has `conv_pool_filter_gradient_workspace` bytes.
    unsafe {
        conv_pool::filter_gradient(
            convolution,
            Part { index: part, count: parts },
            from_raw_parts(x, convolution.in_floats()),
            &unpooled(convolution, dy, places),
            part_sums(sums, part, filter_gradient::sums_floats(convolution)),
            from_raw_parts_mut(workspace, conv_pool::filter_gradient_workspace_words(convolution)),
        );
    }
}

/// Bytes of the turned filter.
#[unsafe(no_mangle)]
pub extern "C" fn conv_pool_turned_filter(convolution: &Convolution) -> usize {
    floats(conv_pool::turned_filter_floats(convolution))
}

/// Bytes of workspace for [`conv_pool_input_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn conv_pool_input_gradient_workspace(convolution: &Convolution) -> usize {
    floats(conv_pool::input_gradient_workspace_floats(convolution))
}

/// Turns a filter for [`conv_pool_input_gradient`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `filter` has `convolution.filter_floats()` values, and `panels` has
/// [`conv_pool_turned_filter`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_turn_filter(convolution: &Convolution, filter: *const f32, panels: *mut f32) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe {
        conv_pool::turn_filter(
            convolution,
            from_raw_parts(filter, convolution.filter_floats()),
            from_raw_parts_mut(panels, conv_pool::turned_filter_floats(convolution)),
        );
    }
}

/// A part of the input gradient of [`conv_pool`], of the turned filter and the gradient `dy` of its output.
///
/// # Safety
/// The contract of [`regions`](super::regions). `panels` has [`conv_pool_turned_filter`] bytes, `dy` and `places` are
/// as long as [`conv_pool`]'s `output` and `places`, and `dx` has `convolution.in_floats()` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    panels: *const f32,
    dy: *const f32,
    places: *const u8,
    dx: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
    // SAFETY: upheld by this function's own contract: the panels, `dy` and `places` are whole, these rows are among
    // those of `dx`, no other part writes them, and the workspace has `conv_pool_input_gradient_workspace` bytes.
    unsafe {
        conv_pool::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(panels, conv_pool::turned_filter_floats(convolution)),
            &unpooled(convolution, dy, places),
            rows_mut(dx, &rows, convolution.in_row()),
            from_raw_parts_mut(workspace, conv_pool::input_gradient_workspace_floats(convolution)),
        );
    }
}

/// A part's sums of the bias gradient of [`conv_pool`], of the gradient `dy` of its output: see
/// [`row_sums`](super::sums::row_sums).
///
/// # Safety
/// The contract of [`regions`](super::regions). `dy` has `rows * channels` values, `places` has half as many bytes, and
/// `sums` has `parts * channels` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_bias_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rows: usize,
    channels: usize,
    dy: *const f32,
    places: *const u8,
    sums: *mut f64,
) {
    // SAFETY: upheld by this function's own contract: `dy` and `places` are whole, and the sums of part `part` are
    // among those of all parts.
    unsafe {
        conv_pool::bias_gradient(
            Part { index: part, count: parts }.of(rows),
            from_raw_parts(dy, rows * channels),
            from_raw_parts(places, rows * channels / 2),
            part_sums(sums, part, channels),
        );
    }
}
