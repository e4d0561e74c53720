//! The functions of [`batch_norm`](crate::batch_norm).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, rows_mut};
use crate::batch_norm::{self, Channels};
use crate::parts::Part;

/// Bytes of workspace for [`batch_norm_statistics`] and [`batch_norm_gradient_sums`].
#[unsafe(no_mangle)]
pub extern "C" fn batch_norm_workspace(channels: usize) -> usize {
    floats(batch_norm::workspace_floats(channels))
}

/// A part's means and sums of squared distances from them.
///
/// # Safety
/// `x` has `rows * channels` readable numbers; the moments of all parts are writable, `2 * channels` a part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_statistics(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    moments: *mut f64,
) {
    let rows = Part { index: part, count: parts }.of(rows);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::statistics(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            rows_mut(moments, &(part..part + 1), 2 * channels),
            from_raw_parts_mut(workspace, batch_norm::workspace_floats(channels)),
        );
    }
}

/// Means and variances over all rows, of the [`batch_norm_statistics`] of all parts, which are overwritten.
///
/// # Safety
/// `moments` has `parts * 2 * channels` readable and writable numbers; `mean` and `variance` have `channels` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_total_statistics(
    parts: usize,
    rows: usize,
    channels: usize,
    moments: *mut f64,
    mean: *mut f32,
    variance: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::total_statistics(
            rows,
            from_raw_parts_mut(moments, parts * 2 * channels),
            from_raw_parts_mut(mean, channels),
            from_raw_parts_mut(variance, channels),
        );
    }
}

/// Normalizes a part of the rows.
///
/// # Safety
/// `x` has `rows * channels` readable numbers, the four parameters have `channels`; `y` is writable, and `channels` numbers of
/// workspace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    mean: *const f32,
    variance: *const f32,
    scale: *const f32,
    offset: *const f32,
    epsilon: f32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let rows = Part { index: part, count: parts }.of(rows);
        batch_norm::normalize(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            Channels {
                mean: from_raw_parts(mean, channels),
                variance: from_raw_parts(variance, channels),
                scale: from_raw_parts(scale, channels),
                offset: from_raw_parts(offset, channels),
                epsilon,
            },
            rows_mut(y, &rows, channels),
            from_raw_parts_mut(workspace, channels),
        );
    }
}

/// A part's sums for the gradients of batch normalization.
///
/// # Safety
/// `x` and `dy` have `rows * channels` readable numbers, `mean` has `channels`; the sums of all parts are writable,
/// `2 * channels` a part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_gradient_sums(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    dy: *const f32,
    mean: *const f32,
    sums: *mut f64,
) {
    let rows = Part { index: part, count: parts }.of(rows);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::gradient_sums(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(dy.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(mean, channels),
            rows_mut(sums, &(part..part + 1), 2 * channels),
            from_raw_parts_mut(workspace, batch_norm::workspace_floats(channels)),
        );
    }
}

/// Gradients of scale and offset, and what [`batch_norm_input_gradient`] needs, of all sums.
///
/// # Safety
/// `sums` has `parts * 2 * channels` readable numbers, `variance` and `scale` have `channels`; `coefficients` has
/// `3 * channels` writable numbers, `d_scale` and `d_offset` have `channels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_coefficients(
    parts: usize,
    rows: usize,
    channels: usize,
    sums: *const f64,
    variance: *const f32,
    scale: *const f32,
    epsilon: f32,
    coefficients: *mut f32,
    d_scale: *mut f32,
    d_offset: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::coefficients(
            rows,
            from_raw_parts(sums, parts * 2 * channels),
            Channels {
                mean: &[],
                variance: from_raw_parts(variance, channels),
                scale: from_raw_parts(scale, channels),
                offset: &[],
                epsilon,
            },
            from_raw_parts_mut(coefficients, 3 * channels),
            from_raw_parts_mut(d_scale, channels),
            from_raw_parts_mut(d_offset, channels),
        );
    }
}

/// A part of the input gradient of batch normalization.
///
/// # Safety
/// `x` and `dy` have `rows * channels` readable numbers, `mean` and the coefficients those that they have; `dx` is writable;
/// the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_input_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    dy: *const f32,
    mean: *const f32,
    coefficients: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let rows = Part { index: part, count: parts }.of(rows);
        batch_norm::input_gradient(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(dy.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(mean, channels),
            from_raw_parts(coefficients, 3 * channels),
            rows_mut(dx, &rows, channels),
        );
    }
}
