//! The functions of [`conv_pool`](crate::conv_pool).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, rows_mut, unpooled, words};
use crate::conv_pool::{self, Filter};
use crate::convolution::Convolution;
use crate::parts::Part;
use crate::{convolution::filter_gradient, convolution::input_gradient};

/// Bytes of the packed filter.
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_panels(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(conv_pool::panels_floats(unsafe { &*convolution }))
}

/// Bytes of workspace for [`conv_pool`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    words(conv_pool::workspace_words(unsafe { &*convolution }))
}

/// Parts of [`conv_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    conv_pool::filter_gradient_parts(unsafe { &*convolution })
}

/// Bytes of workspace for [`conv_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    words(conv_pool::filter_gradient_workspace_words(unsafe { &*convolution }))
}

/// Packs a filter and its bias for [`conv_pool`].
///
/// # Safety
/// Addresses of a [`Convolution`], of its filter, of its bias, and of the packed filter, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_pack_filter(
    convolution: *const Convolution,
    filter: *const f32,
    bias: *const f32,
    panels: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let filter = from_raw_parts(filter, convolution.filter_floats());
        let bias = from_raw_parts(bias, convolution.out_channels);
        let panels = from_raw_parts_mut(panels, conv_pool::panels_floats(convolution));
        conv_pool::pack_filter(convolution, filter, bias, panels);
    }
}

/// A part of convolution, bias, ReLU and 2x2 maximum: the pooled output and the places of its maxima.
///
/// # Safety
/// Addresses of a [`Convolution`] that is neither padded, strided nor dilated and has a multiple of 4 output channels, and
/// of its tensors: `x`, the packed filter, `bias` readable, `output` and `places` writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool(
    part: usize,
    parts: usize,
    workspace: *mut u32,
    convolution: *const Convolution,
    x: *const f32,
    panels: *const f32,
    bias: *const f32,
    output: *mut f32,
    places: *mut u8,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let rows = Part { index: part, count: parts }.of(convolution.batch * (convolution.out_height / 2));
        let row = convolution.out_width / 2 * convolution.out_channels;
        let x = from_raw_parts(x, convolution.in_floats());
        let filter = Filter {
            panels: from_raw_parts(panels, conv_pool::panels_floats(convolution)),
            bias: from_raw_parts(bias, convolution.out_channels),
        };
        let (output, places) = (rows_mut(output, &rows, row), rows_mut(places, &rows, row / 2));
        let workspace = from_raw_parts_mut(workspace, conv_pool::workspace_words(convolution));
        conv_pool::conv_pool(convolution, rows, x, filter, output, places, workspace);
    }
}

/// A part's sums of the filter gradient of [`conv_pool`], of the gradient `dy` of its output.
///
/// # Safety
/// As for [`conv2d_filter_gradient`]; `places` are those of [`conv_pool`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut u32,
    convolution: *const Convolution,
    x: *const f32,
    dy: *const f32,
    places: *const u8,
    sums: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let width = filter_gradient::sums_floats(convolution);
        let part = Part { index: part, count: parts };
        let x = from_raw_parts(x, convolution.in_floats());
        let dy = unpooled(convolution, dy, places);
        let sums = rows_mut(sums, &(part.index..part.index + 1), width);
        let workspace = from_raw_parts_mut(workspace, conv_pool::filter_gradient_workspace_words(convolution));
        conv_pool::filter_gradient(convolution, part, x, &dy, sums, workspace);
    }
}

/// A part of the input gradient of [`conv_pool`], of the gradient `dy` of its output.
///
/// # Safety
/// As for [`conv2d_input_gradient`]; `places` are those of [`conv_pool`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    panels: *const f32,
    dy: *const f32,
    places: *const u8,
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
            &unpooled(convolution, dy, places),
            rows_mut(dx, &rows, convolution.in_row()),
            from_raw_parts_mut(workspace, input_gradient::workspace_floats(convolution)),
        );
    }
}

/// A part's sums of the bias gradient of [`conv_pool`], of the gradient `dy` of its output: see [`row_sums`].
///
/// # Safety
/// `dy` has `rows * channels` readable numbers, `places` half as many bytes; the sums of all parts are
/// writable; the workspace is not used.
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
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let part = Part { index: part, count: parts };
        conv_pool::bias_gradient(
            part.of(rows),
            from_raw_parts(dy, rows * channels),
            from_raw_parts(places, rows * channels / 2),
            rows_mut(sums, &(part.index..part.index + 1), channels),
        );
    }
}
