//! The functions of the direct [`convolution`](crate::convolution) and its gradients.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{epilogue, floats, optional, rows_mut};
use crate::convolution::forward::{self, Division, Place};
use crate::convolution::phases::Phases;
use crate::convolution::{Convolution, filter_gradient, patches_gradient};
use crate::parts::Part;

/// The forward convolution if `turned` is 0, and its input gradient if it is 1.
const fn phases(convolution: &Convolution, turned: u32) -> Phases {
    if turned == 0 { Phases::forward(convolution) } else { Phases::input_gradient(convolution) }
}

/// Bytes of the packed filter and bias of [`conv2d`].
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_packed_bytes(convolution: &Convolution, turned: u32) -> usize {
    floats(forward::panels_floats(&phases(convolution, turned)))
}

/// Parts of [`conv2d_pack_filter`].
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_pack_filter_parts(convolution: &Convolution, turned: u32) -> usize {
    forward::packing_parts(&phases(convolution, turned))
}

/// A part of the packed filter and bias, which is none if its address is 0 or `turned` is 1.
///
/// # Safety
/// The contract of [`regions`](super::regions). `filter` has `convolution.filter_floats()` values, `bias` is 0 or has
/// `convolution.out_channels`, and `packed` has [`conv2d_packed_bytes`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_pack_filter(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: &Convolution,
    turned: u32,
    filter: *const f32,
    bias: *const f32,
    packed: *mut f32,
) {
    let phases = phases(convolution, turned);
    let panels = forward::panels(&phases);
    let width = forward::panels_floats(&phases) / panels;
    let panels = Part { index: part, count: parts }.of(panels);
    // SAFETY: upheld by this function's own contract: the filter and the bias are whole, these panels are among those
    // of `packed`, and no other part writes them.
    let (filter, packed) =
        unsafe { (from_raw_parts(filter, convolution.filter_floats()), rows_mut(packed, &panels, width)) };
    if turned == 0 {
        // SAFETY: upheld by this function's own contract.
        let bias = unsafe { optional(bias, convolution.out_channels) };
        forward::pack_filter(&phases, panels, filter, bias, packed);
    } else {
        forward::pack_turned_filter(&phases, panels, filter, packed);
    }
}

/// Parts of [`conv2d`].
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_parts(convolution: &Convolution, turned: u32) -> usize {
    Division::of(&phases(convolution, turned)).parts()
}

/// Bytes of workspace for [`conv2d`].
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_workspace(convolution: &Convolution, turned: u32) -> usize {
    let division = Division::of(&phases(convolution, turned));
    size_of::<Place>() * division.places() + floats(division.rows_floats())
}

/// A part of a convolution, of the packed filter and bias, with a normalization unless its address is 0, and the
/// [`Activation`](crate::epilogue::Activation) of code `activation`: of `x` to `y`, or, if `turned` is 1, of the output's
/// gradient to the input's.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has as many values as the input and `y` as the output, or the other
/// way around if `turned` is 1, `packed` has [`conv2d_packed_bytes`] bytes, and `normalization` is 0 or has
/// `normalization_floats(phases.out_channels())` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d(
    part: usize,
    _parts: usize,
    workspace: *mut Place,
    convolution: &Convolution,
    turned: u32,
    x: *const f32,
    packed: *const f32,
    normalization: *const f32,
    activation: u32,
    y: *mut f32,
) {
    let phases = phases(convolution, turned);
    let division = Division::of(&phases);
    // SAFETY: upheld by this function's own contract: `x` and the panels are whole, no other part writes this part's
    // values of `y`, and the workspace has `conv2d_workspace` bytes.
    unsafe {
        let places = from_raw_parts_mut(workspace, division.places());
        let padded = from_raw_parts_mut(workspace.add(division.places()).cast(), division.rows_floats());
        forward::convolve(
            &division,
            part,
            from_raw_parts(x, phases.in_floats()),
            from_raw_parts(packed, forward::panels_floats(&phases)),
            epilogue(core::ptr::null(), normalization, phases.out_channels(), activation),
            y,
            (places, padded),
        );
    }
}

/// Parts of [`conv2d_filter_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_filter_gradient_parts(convolution: &Convolution) -> usize {
    patches_gradient::Division::of(convolution).parts()
}

/// How many sums of all filter values the parts of [`conv2d_filter_gradient`] write.
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_filter_gradient_sums_parts(convolution: &Convolution) -> usize {
    patches_gradient::Division::of(convolution).pixel_parts
}

/// Bytes of sums of all filter values: each part of
/// [`conv_pool_filter_gradient`](super::conv_pool::conv_pool_filter_gradient) has as many.
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_filter_gradient_sums(convolution: &Convolution) -> usize {
    floats(filter_gradient::sums_floats(convolution))
}

/// Bytes of workspace for [`conv2d_filter_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn conv2d_filter_gradient_workspace(convolution: &Convolution) -> usize {
    floats(patches_gradient::workspace_floats(convolution))
}

/// A part's sums of the filter gradient, of the input `x` and the output's gradient `dy`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `dy` has
/// `convolution.out_floats()`, and `sums` has [`conv2d_filter_gradient_sums_parts`] times
/// [`conv2d_filter_gradient_sums`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient(
    part: usize,
    _parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    let of_part = patches_gradient::Division::of(convolution).sums_of(convolution, part);
    // SAFETY: upheld by this function's own contract: `x` and `dy` are whole, the sums of part `part` are among those
    // of all parts, no other part writes them, and the workspace has `conv2d_filter_gradient_workspace` bytes.
    unsafe {
        patches_gradient::filter_gradient(
            convolution,
            part,
            from_raw_parts(x, convolution.in_floats()),
            from_raw_parts(dy, convolution.out_floats()),
            rows_mut(sums, &of_part, 1),
            from_raw_parts_mut(workspace, patches_gradient::workspace_floats(convolution)),
        );
    }
}

/// A part of the filter gradient, of `sums_parts` sums of all its values.
///
/// # Safety
/// The contract of [`regions`](super::regions). `sums` has `sums_parts` times [`conv2d_filter_gradient_sums`]
/// bytes, and `filter` has `convolution.filter_floats()` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_total(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: &Convolution,
    sums_parts: usize,
    sums: *const f32,
    filter: *mut f32,
) {
    let out_channels = convolution.out_channels;
    let rows = Part { index: part, count: parts }.of(convolution.filter_floats() / out_channels);
    // SAFETY: upheld by this function's own contract: `sums` has those of all parts, these rows of `out_channels`
    // values are among the filter's, and no other part writes them.
    unsafe {
        filter_gradient::add_parts(
            convolution,
            rows.clone(),
            from_raw_parts(sums, sums_parts * filter_gradient::sums_floats(convolution)),
            rows_mut(filter, &rows, out_channels),
        );
    }
}
