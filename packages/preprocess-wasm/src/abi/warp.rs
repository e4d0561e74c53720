//! Warped levels. The contract of every call is that of [`abi`](super).

use core::slice;

use super::{bytes, bytes_mut};
use crate::pipeline::Size;
use crate::warp::{self as warping, Source, Warping};

/// Bytes of workspace for [`warp`] to rows of `target_width` pixels; `usize::MAX` if there are more than fit the address
/// space.
#[unsafe(no_mangle)]
pub extern "C" fn warp_workspace_bytes(target_width: usize) -> usize {
    warping::workspace_words(target_width).saturating_mul(size_of::<i32>())
}

/// Writes the gray levels that become of `levels`, whose sides are at most 65,535, at the target size.
///
/// # Safety
/// The contract of [`abi`](super). `levels` has `height * width` bytes, `warped` has `target_height * target_width`,
/// `workspace` has [`warp_workspace_bytes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn warp(
    levels: *const u8,
    width: usize,
    height: usize,
    how: &Warping,
    target_width: usize,
    target_height: usize,
    workspace: *mut i32,
    warped: *mut u8,
) {
    let (size, target) = (Size { width, height }, Size { width: target_width, height: target_height });
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe {
        let source = Source { levels: bytes(levels, size.pixels()), size };
        let workspace = slice::from_raw_parts_mut(workspace, warping::workspace_words(target_width));
        warping::warp(source, how, target, workspace, bytes_mut(warped, target.pixels()));
    }
}
