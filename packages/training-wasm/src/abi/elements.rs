//! The functions of [`elements`](crate::elements).

use core::slice::from_raw_parts;

use super::regions::{rows, rows_mut};
use crate::elements::{self, Axis};
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

/// A part of the rows of a box that is cut out of `x`, with elements of `width` bytes.
///
/// # Safety
/// The contract of [`regions`](super::regions). `axes` has `rank` axes, 1 or more; `x` has `width` times the product of
/// their `size`s bytes, `y` has `width` times the product of their `length`s.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cut(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rank: usize,
    axes: *const Axis,
    width: usize,
    x: *const u8,
    y: *mut u8,
) {
    // SAFETY: upheld by this function's own contract: `rank` axes, the bytes of `x` that their sizes make, and rows of
    // the last axis' length, which are among those of `y` and which no other part writes.
    unsafe {
        let axes = from_raw_parts(axes, rank);
        let rows = Part { index: part, count: parts }.of(elements::rows(axes));
        let size: usize = axes.iter().map(|axis| axis.size).product();
        let y = rows_mut(y, &rows, axes[rank - 1].length * width);
        elements::cut(axes, width, rows, from_raw_parts(x, size * width), y);
    }
}
