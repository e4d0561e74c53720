//! The functions of [`elements`](crate::elements).

use core::slice::from_raw_parts;

use super::regions::rows_mut;
use crate::elements::{self, Axis};
use crate::parts::Part;

/// A part of the numbers of `x` kept within bounds.
///
/// # Safety
/// `x` has `size` readable numbers, `y` as many writable ones; the workspace is not used.
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
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let range = Part { index: part, count: parts }.of(size);
        elements::clip(from_raw_parts(x.add(range.start), range.len()), least, most, rows_mut(y, &range, 1));
    }
}

/// A part of the truth values of `x`, a byte each, as numbers.
///
/// # Safety
/// `x` has `size` readable bytes, `y` as many writable numbers; the workspace is not used.
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
    // SAFETY: the caller vouches for the regions.
    unsafe { elements::widen(from_raw_parts(x.add(range.start), range.len()), rows_mut(y, &range, 1)) };
}

/// Writes for a part of the numbers of `x` whether all are finite: 1, or 0.
///
/// # Safety
/// `x` has `size` readable numbers, `finite` has `parts` writable bytes; the workspace is not used.
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
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let all = elements::are_finite(from_raw_parts(x.add(range.start), range.len()));
        *finite.add(part) = u8::from(all);
    }
}

/// A part of the rows of a box that is cut out of `x`, of elements of `width` bytes.
///
/// # Safety
/// `axes` has `rank` readable axes, 1 or more, `x` and `y` as many bytes as they tell of; the workspace is not used.
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
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let axes = from_raw_parts(axes, rank);
        let rows = Part { index: part, count: parts }.of(elements::rows(axes));
        let size: usize = axes.iter().map(|axis| axis.size).product();
        let y = rows_mut(y, &rows, axes[rank - 1].length * width);
        elements::cut(axes, width, rows, from_raw_parts(x, size * width), y);
    }
}
