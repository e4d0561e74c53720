//! The contract of every call, and the slices that its addresses lead to.
//!
//! # The contract
//! The caller of any function of [`abi`](super) guarantees, from the call to its return:
//!
//! - **Length**: an address is that of at least as many values as the function's `# Safety` section says, in terms of
//!   its parameters. Values are `f32` unless the parameter's type says otherwise. Sizes are at least 1, except that a
//!   depth or a batch may be 0, and their products fit the memory.
//! - **Alignment**: addresses of `f32`, `i32`, `u32` and structures are multiples of 4, addresses of `f64` and of
//!   workspaces multiples of 8.
//! - **Read**: what a `*const` or a `&` leads to is initialized, and nothing writes to it. Such regions may overlap
//!   each other.
//! - **Written**: what a `*mut` leads to is initialized, with any values, and overlaps no other region of the call.
//!   Nothing else reads or writes the values that the call writes.
//! - **Life**: all regions exist until the call returns. No function keeps an address.
//! - **Parts**: a function whose first arguments are `part`, `parts` and `workspace` does part `part < parts` of the
//!   work. The parts may run at the same time, on instances of their own over the same memory, with the same regions
//!   but each with a workspace of its own. No part writes a value that another part reads or writes. Where a function
//!   has a namesake with the suffix `_parts`, `parts` is what it gives; where it has one with the suffix `_workspace`,
//!   the workspace has that many bytes. A parameter `_workspace` is not used, and may be any address.
//!
//! A Rust reference in a parameter list is an address that must not be 0, and says the rest of the same: `&Convolution`
//! is the address of one readable [`Convolution`].

use core::ops::Range;
use core::slice::{from_raw_parts, from_raw_parts_mut};

use crate::convolution::Convolution;
use crate::convolution::gradient_rows::{Plain, Unpooled};
use crate::epilogue::{Activation, Epilogue, normalization_floats};

/// Bytes of `count` `f32` values.
pub(super) const fn floats(count: usize) -> usize {
    size_of::<f32>() * count
}

/// Bytes of `count` 32-bit words.
pub(super) const fn words(count: usize) -> usize {
    size_of::<u32>() * count
}

/// A region of `count` values, none if its address is 0.
///
/// # Safety
/// `address` is 0 or has that many values, which can be read for `'a`.
pub(super) const unsafe fn optional<'a>(address: *const f32, count: usize) -> &'a [f32] {
    // SAFETY: upheld by this function's own contract.
    if address.is_null() { &[] } else { unsafe { from_raw_parts(address, count) } }
}

/// What follows the sums of `channels` channels, with the [`Activation`] of code `activation`.
///
/// # Safety
/// `bias` is 0 or has `channels` values, `normalization` is 0 or has `normalization_floats(channels)`, and all can be
/// read for `'a`.
pub(super) unsafe fn epilogue<'a>(
    bias: *const f32,
    normalization: *const f32,
    channels: usize,
    activation: u32,
) -> Epilogue<'a> {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        Epilogue {
            bias: optional(bias, channels),
            normalization: optional(normalization, normalization_floats(channels)),
            activation: Activation::of_code(activation),
        }
    }
}

/// The convolution if `turned` is 0, and the one that is its input gradient if it is 1.
pub(super) const fn forward_or_turned(convolution: &Convolution, turned: u32) -> Convolution {
    if turned == 0 { *convolution } else { convolution.turned() }
}

/// Rows `rows` of a tensor with rows of `width` values, to read.
///
/// # Safety
/// `tensor` has at least `rows.end * width` values, of which these can be read for `'a`.
pub(super) const unsafe fn rows<'a, T>(tensor: *const T, rows: &Range<usize>, width: usize) -> &'a [T] {
    // SAFETY: upheld by this function's own contract: the slice ends at value `rows.end * width`.
    unsafe { from_raw_parts(tensor.add(rows.start * width), (rows.end - rows.start) * width) }
}

/// Rows `rows` of a tensor with rows of `width` values, to write.
///
/// # Safety
/// `tensor` has at least `rows.end * width` values, of which these can be written for `'a`, and are used by
/// nothing else.
pub(super) const unsafe fn rows_mut<'a, T>(tensor: *mut T, rows: &Range<usize>, width: usize) -> &'a mut [T] {
    // SAFETY: upheld by this function's own contract: the slice ends at value `rows.end * width`.
    unsafe { from_raw_parts_mut(tensor.add(rows.start * width), (rows.end - rows.start) * width) }
}

/// The sums of part `part`, to write: `width` values, behind those of the parts before.
///
/// # Safety
/// `sums` has at least `(part + 1) * width` values, of which the last `width` can be written for `'a`, and are used by
/// nothing else.
pub(super) const unsafe fn part_sums<'a, T>(sums: *mut T, part: usize, width: usize) -> &'a mut [T] {
    // SAFETY: upheld by this function's own contract.
    unsafe { from_raw_parts_mut(sums.add(part * width), width) }
}

/// The gradient of a convolution's output.
///
/// # Safety
/// `dy` has `convolution.out_floats()` values, which can be read for `'a`.
pub(super) unsafe fn plain<'a>(convolution: &Convolution, dy: *const f32) -> Plain<'a> {
    // SAFETY: upheld by this function's own contract.
    let values = unsafe { from_raw_parts(dy, convolution.out_floats()) };
    Plain { values, height: convolution.out_height }
}

/// The gradient of a convolution's pooled output, with the places of its maxima.
///
/// # Safety
/// `dy` has `pooled_floats(convolution)` values and `places` half as many bytes, which can be read for `'a`.
pub(super) unsafe fn unpooled<'a>(convolution: &Convolution, dy: *const f32, places: *const u8) -> Unpooled<'a> {
    let count = pooled_floats(convolution);
    // SAFETY: upheld by this function's own contract.
    unsafe {
        Unpooled {
            gradient: from_raw_parts(dy, count),
            places: from_raw_parts(places, count / 2),
            height: convolution.out_height / 2,
            width: convolution.out_width / 2,
            channels: convolution.out_channels,
        }
    }
}

/// Values of a convolution's pooled output, `[batch, out_height / 2, out_width / 2, out_channels]`, rounded down.
pub(super) const fn pooled_floats(convolution: &Convolution) -> usize {
    convolution.batch * (convolution.out_height / 2) * (convolution.out_width / 2) * convolution.out_channels
}
