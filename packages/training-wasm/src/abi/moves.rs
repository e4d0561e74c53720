//! The functions of [`boxes`](crate::boxes), [`runs`](crate::runs) and [`transpose`](crate::transpose): values of any
//! dtype that are only moved. `width` is the bytes of an element: 4, or 1.

use core::slice::from_raw_parts;

use super::regions::rows_mut;
use crate::boxes;
use crate::parts::Part;
use crate::runs::{self, Gather, Piece};
use crate::transpose;

/// Bytes that stay together in a part: a vector's.
const BLOCK_BYTES: usize = 16;

/// A part of a box of `x`, with `value` where `x` has none.
///
/// # Safety
/// The contract of [`regions`](super::regions). `axes` has `rank` axes, 1 to [`boxes::MOST_AXES`], whose `size`s may be
/// 0; `x` has as many elements as the product of these, `y` as the product of their `length`s.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cut(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rank: usize,
    axes: *const boxes::Axis,
    width: usize,
    value: u32,
    x: *const u8,
    y: *mut u8,
) {
    // SAFETY: upheld by this function's own contract: `rank` axes, the elements that their sizes make, and elements of
    // `y` that no other part writes. Elements of four bytes are aligned.
    unsafe {
        let axes = from_raw_parts(axes, rank);
        let size = axes.iter().map(|axis| axis.size).product();
        let range = Part { index: part, count: parts }.of_blocks(boxes::elements(axes), BLOCK_BYTES);
        if width == size_of::<u32>() {
            boxes::cut(axes, value, range.start, from_raw_parts(x.cast(), size), rows_mut(y.cast::<u32>(), &range, 1));
        } else {
            boxes::cut(axes, value as u8, range.start, from_raw_parts(x, size), rows_mut(y, &range, 1));
        }
    }
}

/// A part of the concatenation of tensors with `row_count` rows.
///
/// # Safety
/// The contract of [`regions`](super::regions). `pieces` has `piece_count` pieces, each of which has `row_count` rows of
/// its number of bytes; `y` has as many bytes as all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn concat(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    row_count: usize,
    piece_count: usize,
    pieces: *const Piece,
    y: *mut u8,
) {
    // SAFETY: upheld by this function's own contract: whole pieces, and bytes of `y` that no other part writes.
    unsafe {
        let pieces = from_raw_parts(pieces, piece_count);
        let row_bytes: usize = pieces.iter().map(|piece| piece.bytes).sum();
        let bytes = Part { index: part, count: parts }.of_blocks(row_count * row_bytes, BLOCK_BYTES);
        runs::concat(pieces, bytes.start, rows_mut(y, &bytes, 1));
    }
}

/// A part of rows that are picked from `x` by indices.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `outer * size * width` bytes of `gather`, `indices` has
/// `outer / shared * count` indices, each below `size`, and `y` has `outer * count * width` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gather(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    gather: &Gather,
    x: *const u8,
    indices: *const u32,
    y: *mut u8,
) {
    let &Gather { outer, shared, size, count, width } = gather;
    let rows = Part { index: part, count: parts }.of(outer * count);
    // SAFETY: upheld by this function's own contract: `x` and `indices` are whole, and no other part writes these rows.
    unsafe {
        let (x, indices) = (from_raw_parts(x, outer * size * width), from_raw_parts(indices, outer / shared * count));
        runs::gather(gather, rows.start, x, indices, rows_mut(y, &rows, width));
    }
}

/// How many items of work [`transpose()`] has.
///
/// # Safety
/// The contract of [`regions`](super::regions). `axes` has `rank` axes, 1 or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn transpose_items(rank: usize, axes: *const transpose::Axis) -> usize {
    // SAFETY: upheld by this function's own contract.
    transpose::count(unsafe { from_raw_parts(axes, rank) })
}

/// A part of `x` with its axes in another order.
///
/// # Safety
/// The contract of [`regions`](super::regions). `axes` has `rank` axes, 1 to [`boxes::MOST_AXES`], one of them with the stride 1; `x` and
/// `y` have as many elements as the product of their `length`s.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn transpose(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rank: usize,
    axes: *const transpose::Axis,
    width: usize,
    x: *const u8,
    y: *mut u8,
) {
    // SAFETY: upheld by this function's own contract: `rank` axes and whole tensors, of which no other part writes these
    // items. Elements of four bytes are aligned.
    unsafe {
        let axes = from_raw_parts(axes, rank);
        let items = Part { index: part, count: parts }.of(transpose::count(axes));
        if width == size_of::<u32>() {
            transpose::transpose(axes, items, x.cast::<u32>(), y.cast::<u32>());
        } else {
            transpose::transpose(axes, items, x, y);
        }
    }
}
