//! The functions of [`pool`](crate::pool).

use core::ops::Range;
use core::slice::from_raw_parts;

use super::regions::rows_mut;
use crate::parts::Part;
use crate::pool::{self, Pooling};

/// A part of the maxima over windows.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `pooling.in_floats()` values, `y` has `pooling.out_floats()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: &Pooling,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the two functions have one contract.
    unsafe { pool_part(Part { index: part, count: parts }, pooling, x, y, pool::max_pool) };
}

/// A part of the means over windows.
///
/// # Safety
/// As for [`max_pool`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn average_pool(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: &Pooling,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the two functions have one contract.
    unsafe { pool_part(Part { index: part, count: parts }, pooling, x, y, pool::average_pool) };
}

/// The output's rows of `part`, by `pool`.
///
/// # Safety
/// As for [`max_pool`].
unsafe fn pool_part(
    part: Part,
    pooling: &Pooling,
    x: *const f32,
    y: *mut f32,
    pool: impl FnOnce(&Pooling, Range<usize>, &[f32], &mut [f32]),
) {
    let rows = part.of(pooling.batch * pooling.out_height);
    // SAFETY: upheld by this function's own contract: `x` is whole, these rows are among those of `y`, and no other
    // part writes them.
    let (x, y) = unsafe { (from_raw_parts(x, pooling.in_floats()), rows_mut(y, &rows, pooling.out_row())) };
    pool(pooling, rows, x, y);
}

/// A part of the gradient of [`max_pool`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` and `dx` have `pooling.in_floats()` values, `dy` has
/// `pooling.out_floats()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: &Pooling,
    x: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(pooling.batch * pooling.out_height);
    // SAFETY: upheld by this function's own contract: `x` and `dy` are whole, what belongs to these rows is in `dx`, and
    // no other part writes it.
    unsafe {
        let (x, dy) = (from_raw_parts(x, pooling.in_floats()), from_raw_parts(dy, pooling.out_floats()));
        pool::max_pool_gradient(pooling, rows.clone(), x, dy, rows_mut(dx, &pooling.in_range(&rows), 1));
    }
}

/// A part of the gradient of [`average_pool`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `dy` has `pooling.out_floats()` values, `dx` has `pooling.in_floats()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn average_pool_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: &Pooling,
    dy: *const f32,
    dx: *mut f32,
) {
    let rows = Part { index: part, count: parts }.of(pooling.batch * pooling.out_height);
    // SAFETY: upheld by this function's own contract: `dy` is whole, what belongs to these rows is in `dx`, and no other
    // part writes it.
    unsafe {
        let dy = from_raw_parts(dy, pooling.out_floats());
        pool::average_pool_gradient(pooling, rows.clone(), dy, rows_mut(dx, &pooling.in_range(&rows), 1));
    }
}
