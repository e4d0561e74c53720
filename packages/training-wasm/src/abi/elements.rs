//! The functions of [`elements`](crate::elements).

use super::regions::{rows, rows_mut};
use crate::elements;
use crate::parts::Part;

/// A part of the values of `x`, clipped to `least..=most`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` and `y` have `size` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clip(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    least: f32,
    most: f32,
    x: *const f32,
    y: *mut f32,
) {
    let range = Part { index: part, count: parts }.of(size);
    // SAFETY: upheld by this function's own contract: the range is among the values of `x` and `y`, and no other part
    // writes it.
    unsafe { elements::clip(rows(x, &range, 1), least, most, rows_mut(y, &range, 1)) };
}

/// A part of the truth values of `x`, a byte each, as `f32`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `size` bytes, `y` has `size` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn widen(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    x: *const u8,
    y: *mut f32,
) {
    let range = Part { index: part, count: parts }.of(size);
    // SAFETY: upheld by this function's own contract: the range is among the values of `x` and `y`, and no other part
    // writes it.
    unsafe { elements::widen(rows(x, &range, 1), rows_mut(y, &range, 1)) };
}

/// Writes whether all values of a part of `x` are finite: 1, or 0.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `size` values, `finite` has `parts` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn are_finite(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    x: *const f32,
    finite: *mut u8,
) {
    let range = Part { index: part, count: parts }.of(size);
    // SAFETY: upheld by this function's own contract: the range is among the values of `x`, and byte `part` is written
    // by this part alone.
    unsafe { *finite.add(part) = u8::from(elements::are_finite(rows(x, &range, 1))) };
}
