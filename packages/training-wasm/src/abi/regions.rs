//! What the addresses of a call lead to: lengths, and the slices that a part of the work reads or writes.

use core::ops::Range;
use core::slice::{from_raw_parts, from_raw_parts_mut};

use crate::convolution::Convolution;
use crate::convolution::gradient_rows::{Plain, Unpooled};

/// Bytes of `count` numbers.
pub(super) const fn floats(count: usize) -> usize {
    size_of::<f32>() * count
}

/// Bytes of `count` words.
pub(super) const fn words(count: usize) -> usize {
    size_of::<u32>() * count
}

/// Rows `rows` of a tensor with rows of `width` numbers.
///
/// # Safety
/// They are writable, and nobody else's.
pub(super) const unsafe fn rows_mut<'a, T>(tensor: *mut T, rows: &Range<usize>, width: usize) -> &'a mut [T] {
    // SAFETY: the caller vouches for it.
    unsafe { from_raw_parts_mut(tensor.add(rows.start * width), (rows.end - rows.start) * width) }
}

/// # Safety
/// `dy` is the address of the convolution's output gradient.
pub(super) unsafe fn plain<'a>(convolution: &Convolution, dy: *const f32) -> Plain<'a> {
    // SAFETY: the caller vouches for it.
    let values = unsafe { from_raw_parts(dy, convolution.out_floats()) };
    Plain { values, height: convolution.out_height }
}

/// # Safety
/// `dy` and `places` are the addresses of pooled tensors of the convolution.
pub(super) unsafe fn unpooled<'a>(convolution: &Convolution, dy: *const f32, places: *const u8) -> Unpooled<'a> {
    let count = pooled_floats(convolution);
    // SAFETY: the caller vouches for the regions.
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

pub(super) const fn pooled_floats(convolution: &Convolution) -> usize {
    convolution.batch * (convolution.out_height / 2) * (convolution.out_width / 2) * convolution.out_channels
}
