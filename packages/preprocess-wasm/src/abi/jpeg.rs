//! JPEG files to pixels. The contract of every call is that of [`abi`](super).

use super::{bytes, bytes_mut};
use crate::jpeg::encode::{self, Small};
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

/// Writes what the header of a file says to `info`, and returns 1; 0 if the file is declined.
///
/// # Safety
/// The contract of [`abi`](super). `file` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn jpeg_info(file: *const u8, length: usize, info: &mut JpegInfo) -> u32 {
    // SAFETY: upheld by this function's own contract.
    let Some(read) = jpeg::info(unsafe { bytes(file, length) }) else { return 0 };
    let pixels = read.width * read.height * read.channels + SLACK;
    let [width, height, channels, workspace, pixels] =
        [read.width, read.height, read.channels, read.workspace, pixels].map(|number| number as u32);
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
        u32::from(jpeg::decode(bytes(file, length), workspace, pixels))
    }
}

/// Most bytes of a file that [`jpeg_file`] writes.
#[unsafe(no_mangle)]
pub extern "C" fn jpeg_file_bytes(width: usize, height: usize) -> usize {
    encode::most_bytes(width, height)
}

/// Writes a file of `[height, width]` levels and, unless `colored` is 0, `[ceil(height / 2), ceil(width / 2), 3]` colors, of quality
/// 1 to 100. Sides are at most 4,096. Returns its bytes.
///
/// # Safety
/// The contract of [`abi`](super). `luma` has the levels, with the colors right behind them; `file` has [`jpeg_file_bytes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn jpeg_file(
    luma: *const u8,
    width: usize,
    height: usize,
    colored: u32,
    quality: u32,
    file: *mut u8,
) -> usize {
    let colors = if colored == 0 { 0 } else { 3 * width.div_ceil(2) * height.div_ceil(2) };
    // SAFETY: upheld by this function's own contract.
    unsafe {
        let (luma, colors) = bytes(luma, width * height + colors).split_at(width * height);
        encode::encode(
            Small { width, height, luma, colors },
            quality,
            bytes_mut(file, encode::most_bytes(width, height)),
        )
    }
}

/// Writes the mean colors of `target_width` boxes of pixels side by side, in `count` rows of 3 or 4 bytes per pixel.
///
/// # Safety
/// The contract of [`abi`](super). `rows` has `(count - 1) * stride + width * channels` bytes, `colors` has `3 * target_width`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn average_colors(
    rows: *const u8,
    width: usize,
    channels: usize,
    stride: usize,
    count: usize,
    target_width: usize,
    colors: *mut u8,
) {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        let rows = bytes(rows, (count - 1) * stride + width * channels);
        let colors = bytes_mut(colors, 3 * target_width);
        match channels {
            3 => encode::average::<3>(rows, width, stride, colors),
            _ => encode::average::<4>(rows, width, stride, colors),
        }
    }
}
