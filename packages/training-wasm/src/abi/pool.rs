//! The functions of [`pool`](crate::pool).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, rows_mut};
use crate::parts::Part;
use crate::pool::{self, Pooling};

/// A part of the maxima over windows.
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `x` readable, `y` writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: *const Pooling,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let rows = Part { index: part, count: parts }.of(pooling.batch * pooling.out_height);
        pool::max_pool(
            pooling,
            rows.clone(),
            from_raw_parts(x, pooling.in_floats()),
            rows_mut(y, &rows, pooling.out_width * pooling.channels),
        );
    }
}

/// A part of the means over windows.
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `x` readable, `y` writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn average_pool(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: *const Pooling,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let rows = Part { index: part, count: parts }.of(pooling.batch * pooling.out_height);
        pool::average_pool(
            pooling,
            rows.clone(),
            from_raw_parts(x, pooling.in_floats()),
            rows_mut(y, &rows, pooling.out_width * pooling.channels),
        );
    }
}

/// Bytes of workspace for [`max_pool_gradient`].
///
/// # Safety
/// `pooling` is the address of a readable [`Pooling`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool_gradient_workspace(pooling: *const Pooling) -> usize {
    // SAFETY: the caller vouches for it.
    floats(pool::workspace_floats(unsafe { &*pooling }))
}

/// A part of the gradient of [`max_pool`].
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `x`, `dy` readable, `dx` writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    pooling: *const Pooling,
    x: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let images = Part { index: part, count: parts }.of(pooling.batch);
        pool::max_pool_gradient(
            pooling,
            images.clone(),
            from_raw_parts(x, pooling.in_floats()),
            from_raw_parts(dy, pooling.out_floats()),
            rows_mut(dx, &images, pooling.in_image()),
            from_raw_parts_mut(workspace, pool::workspace_floats(pooling)),
        );
    }
}

/// A part of the gradient of [`average_pool`].
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `dy` readable, `dx` writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn average_pool_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: *const Pooling,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let images = Part { index: part, count: parts }.of(pooling.batch);
        pool::average_pool_gradient(
            pooling,
            images.clone(),
            from_raw_parts(dy, pooling.out_floats()),
            rows_mut(dx, &images, pooling.in_image()),
        );
    }
}
