//! The functions of [`batch_norm`](crate::batch_norm).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, part_sums, rows as rows_of, rows_mut};
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
/// The contract of [`regions`](super::regions). `x` has `rows * channels` values, `moments` has `parts * 2 * channels`,
/// and the workspace has [`batch_norm_workspace`] bytes.
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
    // SAFETY: upheld by this function's own contract: these rows are among those of `x`, the moments of part `part` are
    // among those of all parts, and the workspace has the bytes asked for.
    unsafe {
        batch_norm::statistics(
            rows_of(x, &rows, channels),
            part_sums(moments, part, 2 * channels),
            from_raw_parts_mut(workspace, batch_norm::workspace_floats(channels)),
        );
    }
}

/// Means and variances over all rows, of the [`batch_norm_statistics`] of all parts, which are overwritten.
///
/// # Safety
/// The contract of [`regions`](super::regions). `moments` has `parts * 2 * channels` values, `mean` and `variance` have
/// `channels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_total_statistics(
    parts: usize,
    rows: usize,
    channels: usize,
    moments: *mut f64,
    mean: *mut f32,
    variance: *mut f32,
) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
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
/// The contract of [`regions`](super::regions). `x` and `y` have `rows * channels` values; `mean`, `variance`, `scale`,
/// `offset` and the workspace have `channels`.
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
    let rows = Part { index: part, count: parts }.of(rows);
    // SAFETY: upheld by this function's own contract: these rows are among those of `x` and `y`, no other part writes
    // them, and the parameters and the workspace have a value per channel.
    unsafe {
        batch_norm::normalize(
            rows_of(x, &rows, channels),
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
/// The contract of [`regions`](super::regions). `x` and `dy` have `rows * channels` values, `mean` has
/// `channels`, `sums` has `parts * 2 * channels`, and the workspace has [`batch_norm_workspace`] bytes.
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
    // SAFETY: upheld by this function's own contract: these rows are among those of `x` and `dy`, the sums of part
    // `part` are among those of all parts, and the workspace has the bytes asked for.
    unsafe {
        batch_norm::gradient_sums(
            rows_of(x, &rows, channels),
            rows_of(dy, &rows, channels),
            from_raw_parts(mean, channels),
            part_sums(sums, part, 2 * channels),
            from_raw_parts_mut(workspace, batch_norm::workspace_floats(channels)),
        );
    }
}

/// Gradients of scale and offset, and the coefficients of [`batch_norm_input_gradient`], of the sums of all parts.
///
/// # Safety
/// The contract of [`regions`](super::regions). `sums` has `parts * 2 * channels` values, `coefficients` has
/// `3 * channels`; `variance`, `scale`, `d_scale` and `d_offset` have `channels`.
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
    // SAFETY: upheld by this function's own contract, with just these lengths.
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
/// The contract of [`regions`](super::regions). `x`, `dy` and `dx` have `rows * channels` values, `mean` has
/// `channels`, and `coefficients` has `3 * channels`.
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
    let rows = Part { index: part, count: parts }.of(rows);
    // SAFETY: upheld by this function's own contract: these rows are among those of `x`, `dy` and `dx`, and no other
    // part writes them.
    unsafe {
        batch_norm::input_gradient(
            rows_of(x, &rows, channels),
            rows_of(dy, &rows, channels),
            from_raw_parts(mean, channels),
            from_raw_parts(coefficients, 3 * channels),
            rows_mut(dx, &rows, channels),
        );
    }
}
