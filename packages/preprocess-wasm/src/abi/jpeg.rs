//! JPEG files to pixels. The contract of every call is that of [`abi`](super).

use super::{bytes, bytes_mut};
use crate::jpeg::{self, SLACK};

/// What [`jpeg_info`] writes.
#[repr(C)]
#[derive(Debug)]
pub struct JpegInfo {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes per pixel: 1 gray, or 3 RGB.
    pub channels: u32,
    /// Bytes that [`jpeg_pixels`] works in.
    pub workspace: u32,
    /// Bytes that it writes pixels to: more than the picture has.
    pub pixels: u32,
}

/// Writes what the header of a file says to `info`, and returns 1; 0 if the file is declined. If `gray` is 1, the pixels will be gray
/// in any case.
///
/// # Safety
/// The contract of [`abi`](super). `file` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn jpeg_info(file: *const u8, length: usize, gray: u32, info: &mut JpegInfo) -> u32 {
    // SAFETY: upheld by this function's own contract.
    let Some(read) = jpeg::info(unsafe { bytes(file, length) }) else { return 0 };
    let channels = if gray == 1 { 1 } else { read.channels };
    let pixels = read.width * read.height * channels + SLACK;
    let [width, height, channels, workspace, pixels] =
        [read.width, read.height, channels, read.workspace, pixels].map(|number| number as u32);
    *info = JpegInfo { width, height, channels, workspace, pixels };
    1
}

/// Writes the `[height, width, channels]` pixels of a file, and returns 1; 0 if it is declined, with any content of `pixels`.
///
/// # Safety
/// The contract of [`abi`](super). `file` has `length` bytes; `workspace` and `pixels` have as many as `info`, which is
/// [`jpeg_info`]'s of this file, says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn jpeg_pixels(
    file: *const u8,
    length: usize,
    info: &JpegInfo,
    workspace: *mut u8,
    pixels: *mut u8,
) -> u32 {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        let (workspace, pixels) =
            (bytes_mut(workspace, info.workspace as usize), bytes_mut(pixels, info.pixels as usize));
        u32::from(jpeg::decode(bytes(file, length), info.channels as usize, workspace, pixels))
    }
}
