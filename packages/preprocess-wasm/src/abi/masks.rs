//! Gray levels to a histogram, Otsu's threshold and a mask. The contract of every call is that of [`abi`](super).

use super::resize::{Job, finish_resize, resize_rows};
use super::{bytes, bytes_mut};
use crate::histogram as counting;
use crate::mask::{self, Format, Style};
use crate::threshold::otsu;

/// A [`Job`] whose levels become a mask by [`binarize`]: eighteen 32-bit words.
#[repr(C)]
#[derive(Debug)]
pub struct Binarization {
    /// The resize, to gray levels. Its `source` has the rows that are taken last.
    pub job: Job,
    /// The first of these rows.
    pub first: u32,
    /// Their number: all rows of the image, unless [`resize_rows`] has taken the others.
    pub count: u32,
    /// Address of 256 counts: those of the levels, after the call.
    pub counts: *mut counting::Histogram,
    /// Address of the mask, as long as for [`write_mask`].
    pub mask: *mut u8,
    /// See [`write_mask`].
    pub format: u32,
    /// See [`write_mask`].
    pub inverted: u32,
}

/// Takes the last rows of an image and completes its levels, their counts, and the mask of the levels above Otsu's
/// threshold, 0..=255, which is returned. The same as [`resize_rows`], [`finish_resize`], [`histogram`],
/// [`otsu_threshold`] and [`write_mask`], for hosts in which a call takes longer than a kernel.
///
/// # Safety
/// The contract of [`abi`](super), and that of these functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn binarize(how: &Binarization) -> u32 {
    let job = &how.job;
    let pixels = job.shape().target.pixels();
    // SAFETY: upheld by this function's own contract; after `finish_resize` the levels are initialized.
    unsafe {
        resize_rows(job, how.first as usize, how.count as usize);
        finish_resize(job);
        let counts = &mut *how.counts;
        histogram(job.levels, pixels, counts);
        let threshold = otsu::otsu_threshold(counts);
        write_mask(job.levels, pixels, threshold, how.format, how.inverted, how.mask);
        u32::from(threshold)
    }
}

/// Counts the 256 gray levels of `pixels` pixels.
///
/// # Safety
/// The contract of [`abi`](super). `levels` has `pixels` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn histogram(levels: *const u8, pixels: usize, counts: &mut counting::Histogram) {
    // SAFETY: upheld by this function's own contract.
    counting::histogram(unsafe { bytes(levels, pixels) }, counts);
}

/// Otsu's threshold, 0..=255, of 256 counts that are not all 0.
#[unsafe(no_mangle)]
pub extern "C" fn otsu_threshold(counts: &counting::Histogram) -> u32 {
    u32::from(otsu::otsu_threshold(counts))
}

/// Writes the mask of the levels above `threshold` (0..=255), or of the others if `inverted` is 1. Formats: 0 bits, 1
/// bytes of 0 and 1, 2 bytes of 0 and 255.
///
/// # Safety
/// The contract of [`abi`](super). `levels` has `pixels` bytes; `mask` has `ceil(pixels / 8)` bytes for bits,
/// else `pixels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write_mask(
    levels: *const u8,
    pixels: usize,
    threshold: u8,
    format: u32,
    inverted: u32,
    mask: *mut u8,
) {
    let style = style_of(format, inverted);
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe { mask::write_mask(bytes(levels, pixels), threshold, style, bytes_mut(mask, style.format.bytes(pixels))) }
}

/// Unpacks `pixels` pixels to a mask of 0 and 1.
///
/// # Safety
/// The contract of [`abi`](super). `bits` has `ceil(pixels / 8)` bytes, `mask` has `pixels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unpack_bits(bits: *const u8, pixels: usize, mask: *mut u8) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe { mask::unpack_bits(bytes(bits, mask::packed_bytes(pixels)), bytes_mut(mask, pixels)) }
}

/// Traps on anything but 0, 1 and 2.
fn style_of(format: u32, inverted: u32) -> Style {
    let format = match format {
        0 => Format::Bits,
        1 => Format::ZeroOne,
        2 => Format::Zero255,
        _ => panic!("a mask's format is 0, 1 or 2"),
    };
    Style { format, inverted: inverted == 1 }
}
