//! The function of [`softmax`](crate::softmax).

use super::regions::{rows, rows_mut};
use crate::parts::Part;

/// A part of the rows' softmax.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` and `y` have `row_count * width` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn softmax(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    row_count: usize,
    width: usize,
    x: *const f32,
    y: *mut f32,
) {
    let range = Part { index: part, count: parts }.of(row_count);
    // SAFETY: upheld by this function's own contract: these rows are among those of `x` and `y`, and no other part writes
    // them.
    unsafe { crate::softmax::softmax(width, rows(x, &range, width), rows_mut(y, &range, width)) };
}
