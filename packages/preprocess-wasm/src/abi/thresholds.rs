//! Thresholds other than Otsu's of 256 counts, and masks of 16-bit and of local thresholds. The contract of every call
//! is that of [`abi`](super).

use core::slice;

use super::{bytes, bytes_mut};
use crate::histogram::{self as counting, Histogram, Histogram16};
use crate::mask::depth_16;
use crate::pipeline::Size;
use crate::threshold::{li, local, multi_otsu, otsu, triangle};

/// Writes the 2 or 3 thresholds of `classes` (3 or 4) classes, 0..=254, to `thresholds`. At least `classes` counts are
/// not 0.
///
/// # Safety
/// The contract of [`abi`](super). `thresholds` has `classes - 1` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn multi_otsu_thresholds(
    counts: &Histogram,
    classes: usize,
    table: &mut multi_otsu::ClassTable,
    thresholds: *mut u8,
) {
    // SAFETY: upheld by this function's own contract.
    multi_otsu::multi_otsu_thresholds(counts, table, unsafe { bytes_mut(thresholds, classes - 1) });
}

/// The triangle method's threshold, -1..=256, of 256 counts that are not all 0.
#[unsafe(no_mangle)]
pub extern "C" fn triangle_threshold(counts: &Histogram) -> i32 {
    triangle::triangle_threshold(counts)
}

/// Li's threshold, 0 to 255, of 256 counts that are not all 0.
#[unsafe(no_mangle)]
pub extern "C" fn li_threshold(counts: &Histogram) -> f64 {
    li::li_threshold(counts)
}

/// Counts the 65,536 gray levels of `pixels` 16-bit pixels.
///
/// # Safety
/// The contract of [`abi`](super). `levels` has `pixels` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn histogram_16(levels: *const u16, pixels: usize, counts: &mut Histogram16) {
    // SAFETY: upheld by this function's own contract.
    counting::histogram_16(unsafe { slice::from_raw_parts(levels, pixels) }, counts);
}

/// Otsu's threshold, 0..=65,535, of 65,536 counts that are not all 0.
#[unsafe(no_mangle)]
pub extern "C" fn otsu_threshold_16(counts: &Histogram16) -> u32 {
    u32::from(otsu::otsu_threshold_16(counts))
}

/// Writes a mask of 1 where a 16-bit level is above `threshold` (0..=65,535), else 0.
///
/// # Safety
/// The contract of [`abi`](super). `levels` has `pixels` values, `mask` has `pixels` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn threshold_mask_16(levels: *const u16, pixels: usize, threshold: u16, mask: *mut u8) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe {
        depth_16::threshold_mask_16(slice::from_raw_parts(levels, pixels), threshold, bytes_mut(mask, pixels));
    }
}

/// Bytes of workspace for [`local_mean_mask`] and [`sauvola_mask`].
#[unsafe(no_mangle)]
pub extern "C" fn local_workspace_bytes(width: usize, height: usize, window: usize) -> usize {
    local::workspace_words(Size { width, height }, window).saturating_mul(size_of::<i32>())
}

/// Writes a mask of 1 where a level is above the rounded mean of its window less `offset`, else 0. `window` is odd,
/// 1..=2,901.
///
/// # Safety
/// The contract of [`abi`](super). `levels` and `mask` have `height * width` bytes, `workspace` has
/// [`local_workspace_bytes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn local_mean_mask(
    levels: *const u8,
    width: usize,
    height: usize,
    window: usize,
    offset: i32,
    workspace: *mut i32,
    mask: *mut u8,
) {
    // SAFETY: upheld by this function's own contract, which is that of `local_plane`.
    unsafe {
        let plane = local_plane(levels, width, height, window, workspace, mask);
        local::local_mean_mask(plane.levels, plane.size, window, offset, plane.workspace, plane.mask);
    }
}

/// Writes a mask of 1 where a level is above Sauvola's threshold of its window, else 0. `window` is odd, 1..=2,901.
///
/// # Safety
/// As for [`local_mean_mask`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sauvola_mask(
    levels: *const u8,
    width: usize,
    height: usize,
    window: usize,
    k: f64,
    workspace: *mut i32,
    mask: *mut u8,
) {
    // SAFETY: upheld by this function's own contract, which is that of `local_plane`.
    unsafe {
        let plane = local_plane(levels, width, height, window, workspace, mask);
        local::sauvola_mask(plane.levels, plane.size, window, k, plane.workspace, plane.mask);
    }
}

struct LocalPlane<'a> {
    levels: &'a [u8],
    size: Size,
    workspace: &'a mut [i32],
    mask: &'a mut [u8],
}

/// # Safety
/// As for [`local_mean_mask`], for `'a`.
unsafe fn local_plane<'a>(
    levels: *const u8,
    width: usize,
    height: usize,
    window: usize,
    workspace: *mut i32,
    mask: *mut u8,
) -> LocalPlane<'a> {
    let size = Size { width, height };
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe {
        LocalPlane {
            levels: bytes(levels, width * height),
            size,
            workspace: slice::from_raw_parts_mut(workspace, local::workspace_words(size, window)),
            mask: bytes_mut(mask, width * height),
        }
    }
}
