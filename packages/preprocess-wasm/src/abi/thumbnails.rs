//! Small pictures to JPEG files. The contract of every call is that of [`abi`](super).

use super::{bytes, bytes_mut};
use crate::jpeg::encode::{self, Source};

/// Bytes of the region that [`jpeg_file`] writes to: most of a file, and what it works in.
#[unsafe(no_mangle)]
pub extern "C" fn jpeg_file_bytes(width: usize, height: usize) -> usize {
    encode::most_bytes(width, height) + encode::workspace_bytes(width, height)
}

/// Writes a file of `[planes, height, width]` levels, gray ones or red, green and blue, to the beginning of `file`, and returns its bytes.
/// Sides are at most 4,096, `planes` is 1 or 3, and `quality` 1 to 100.
///
/// # Safety
/// The contract of [`abi`](super). `levels` has `planes * height * width` bytes, and `file` [`jpeg_file_bytes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn jpeg_file(
    levels: *const u8,
    width: usize,
    height: usize,
    planes: usize,
    quality: u32,
    file: *mut u8,
) -> usize {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        let source = Source { width, height, planes: bytes(levels, planes * width * height) };
        let (file, workspace) =
            bytes_mut(file, jpeg_file_bytes(width, height)).split_at_mut(encode::most_bytes(width, height));
        encode::encode(source, quality, workspace, file)
    }
}
