//! What WebAssembly callers see: plain functions on addresses of the instance's own memory. It converts and delegates.
//!
//! The caller lays out memory from [`arena_start`] on and grows it as it needs; nothing here keeps a pointer. Addresses
//! of a [`Job`], a plan, counts or a workspace are multiples of 16. Sizes are at least 1, lengths in bytes unless said
//! otherwise, no region is larger than 2^31 - 1 bytes, and regions handed to one call do not overlap. Each function's
//! contract is its `# Safety` section.

pub mod thresholds;

use core::slice;

use crate::histogram as counting;
use crate::mask::{self, Format, Style};
use crate::pipeline::{self, Channels, Resize, Rows, Size};
use crate::resize::{AxisPlan, Filter, Window, padded_taps};
use crate::threshold::otsu;

/// What [`resize_rows`] and [`finish_resize`] make of one image: twelve 32-bit words, so that a foreign caller passes one
/// address.
#[repr(C)]
#[derive(Debug)]
pub struct Job {
    /// Address of the first pixel of the rows at hand.
    pub source: *const u8,
    /// Bytes from a row to the next, at least `source_width * channels`. Of the last row only its pixels are read.
    pub stride: u32,
    /// 1 (gray), 3 (RGB) or 4 (RGBA).
    pub channels: u32,
    /// Pixels a row.
    pub source_width: u32,
    /// Rows of the whole image.
    pub source_height: u32,
    /// Pixels an output row.
    pub target_width: u32,
    /// Output rows.
    pub target_height: u32,
    /// Filter of the plans: see [`resize_plan`].
    pub filter: u32,
    /// Address of the plan from `source_width` to `target_width`, made by [`resize_plan`]. Not read if they are equal.
    pub horizontal_plan: *const u8,
    /// Address of the plan from `source_height` to `target_height`. Not read if they are equal.
    pub vertical_plan: *const u8,
    /// Address of [`workspace_bytes`] bytes.
    pub workspace: *mut u8,
    /// Address of `target_width * target_height` bytes: the gray levels, once the job is finished.
    pub levels: *mut u8,
}

#[cfg(target_arch = "wasm32")]
unsafe extern "C" {
    static __heap_base: u8;
}

/// First address that the caller may use: the end of the kernels' stack and constants.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn arena_start() -> *const u8 {
    &raw const __heap_base
}

/// Bytes of a plan from `source` to `target` pixels by `filter`: see [`resize_plan`].
#[unsafe(no_mangle)]
pub extern "C" fn resize_plan_bytes(filter: u32, source: usize, target: usize) -> usize {
    let bytes_per_output = size_of::<Window>() + 2 * size_of::<i16>() * padded_taps(filter_of(filter), source, target);
    target.saturating_mul(bytes_per_output)
}

/// Writes the plan from `source` to `target` pixels by `filter` to `plan`. Filters: 0 box, 1 bilinear, 2 Hamming,
/// 3 bicubic, 4 Lanczos of three lobes.
///
/// # Safety
/// `plan` is the address of [`resize_plan_bytes`] writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resize_plan(filter: u32, source: usize, target: usize, plan: *mut u8) {
    let filter = filter_of(filter);
    let weights = 2 * padded_taps(filter, source, target) * target;
    // SAFETY: the two slices are the two parts of the bytes that the caller vouches for; 16-byte alignment serves both.
    let (windows, weights) = unsafe {
        let windows = slice::from_raw_parts_mut(plan.cast(), target);
        let after_windows = plan.add(size_of_val(windows));
        (windows, slice::from_raw_parts_mut(after_windows.cast(), weights))
    };
    AxisPlan::fill(filter, source, windows, weights);
}

/// Bytes of workspace that a job of these sizes wants; `usize::MAX` where they do not fit an address.
#[unsafe(no_mangle)]
pub extern "C" fn workspace_bytes(
    source_width: usize,
    source_height: usize,
    channels: u32,
    target_width: usize,
    target_height: usize,
) -> usize {
    pipeline::workspace_bytes(
        Size { width: source_width, height: source_height },
        channels_of(channels),
        Size { width: target_width, height: target_height },
    )
}

/// Takes `count` rows of the job's image, from its row `first` on. All rows have to be taken, in any order, and some may be
/// taken again; 16 of them or more at once are fastest.
///
/// # Safety
/// `job` is the address of a [`Job`] whose fields hold what they promise; `source` has the rows. The workspace and the levels
/// stay as they are until the job is finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resize_rows(job: *const Job, first: usize, count: usize) {
    // SAFETY: the caller's contract.
    unsafe {
        let job = &*job;
        let (channels, stride) = (channels_of(job.channels), job.stride as usize);
        let length = (count - 1) * stride + job.source_width as usize * channels.bytes();
        let rows = Rows { pixels: bytes(job.source, length), stride, channels, count };
        job.resize().take(&rows, first, job.workspace(), job.levels());
    }
}

/// Makes the job's levels of the rows that were taken: gray, at the target size.
///
/// # Safety
/// As for [`resize_rows`], which has taken all rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn finish_resize(job: *const Job) {
    // SAFETY: the caller's contract.
    unsafe {
        let job = &*job;
        job.resize().finish(job.workspace(), job.levels());
    }
}

/// Counts the 256 gray levels of `pixels` pixels.
///
/// # Safety
/// `levels` has `pixels` bytes, `counts` is the address of 256 32-bit words.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn histogram(levels: *const u8, pixels: usize, counts: *mut counting::Histogram) {
    // SAFETY: the caller's contract.
    unsafe { counting::histogram(bytes(levels, pixels), &mut *counts) }
}

/// Otsu's threshold, 0..=255, of 256 counts that are not all 0.
///
/// # Safety
/// `counts` is the address of 256 32-bit words.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otsu_threshold(counts: *const counting::Histogram) -> u32 {
    // SAFETY: the caller's contract.
    u32::from(otsu::otsu_threshold(unsafe { &*counts }))
}

/// Mask of the levels above `threshold` (0..=255), or of the others if `inverted` is 1. Formats: 0 bits, 1 bytes of 0 and 1,
/// 2 bytes of 0 and 255.
///
/// # Safety
/// `levels` has `pixels` bytes, `mask` has `ceil(pixels / 8)` for bits, else `pixels`.
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
    // SAFETY: the caller's contract.
    unsafe { mask::write_mask(bytes(levels, pixels), threshold, style, bytes_mut(mask, style.format.bytes(pixels))) }
}

/// Unpacks `pixels` pixels to a mask of 0 and 1.
///
/// # Safety
/// `bits` has `ceil(pixels / 8)` bytes, `mask` has `pixels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unpack_bits(bits: *const u8, pixels: usize, mask: *mut u8) {
    // SAFETY: the caller's contract.
    unsafe { mask::unpack_bits(bytes(bits, mask::packed_bytes(pixels)), bytes_mut(mask, pixels)) }
}

impl Job {
    fn source(&self) -> Size {
        Size { width: self.source_width as usize, height: self.source_height as usize }
    }

    fn target(&self) -> Size {
        Size { width: self.target_width as usize, height: self.target_height as usize }
    }

    /// # Safety
    /// The plans hold what they promise, for `'a`.
    unsafe fn resize<'a>(&self) -> Resize<'a> {
        let (source, target, filter) = (self.source(), self.target(), filter_of(self.filter));
        // SAFETY: the caller's contract.
        let (horizontal, vertical) = unsafe {
            (
                plan(self.horizontal_plan, filter, source.width, target.width),
                plan(self.vertical_plan, filter, source.height, target.height),
            )
        };
        Resize { source, target, horizontal, vertical }
    }

    /// # Safety
    /// `workspace` holds what it promises, for `'a`, and nothing else uses it meanwhile.
    unsafe fn workspace<'a>(&self) -> &'a mut [u8] {
        let length = pipeline::workspace_bytes(self.source(), channels_of(self.channels), self.target());
        // SAFETY: the caller's contract.
        unsafe { bytes_mut(self.workspace, length) }
    }

    /// # Safety
    /// `levels` holds what it promises, for `'a`, and nothing else uses it meanwhile.
    unsafe fn levels<'a>(&self) -> &'a mut [u8] {
        // SAFETY: the caller's contract.
        unsafe { bytes_mut(self.levels, self.target().pixels()) }
    }
}

/// # Safety
/// If the lengths differ, `address` is that of a plan between them by `filter`, for `'a`.
unsafe fn plan<'a>(address: *const u8, filter: Filter, source: usize, target: usize) -> Option<AxisPlan<'a>> {
    if source == target {
        return None;
    }
    let taps = padded_taps(filter, source, target);
    // SAFETY: the two slices are the two parts of a plan, as in `resize_plan`.
    unsafe {
        let windows: &[Window] = slice::from_raw_parts(address.cast(), target);
        let after_windows = address.add(size_of_val(windows));
        Some(AxisPlan::new(source, windows, slice::from_raw_parts(after_windows.cast(), 2 * taps * target), taps))
    }
}

/// Traps on anything but 1, 3 and 4.
fn channels_of(bytes: u32) -> Channels {
    match bytes {
        1 => Channels::Gray,
        3 => Channels::Rgb,
        4 => Channels::Rgba,
        _ => panic!("a pixel has 1, 3 or 4 bytes"),
    }
}

/// Traps on anything but 0 to 4.
fn filter_of(number: u32) -> Filter {
    Filter::ALL[number as usize]
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

/// # Safety
/// `address` is that of `length` readable bytes, for `'a`.
unsafe fn bytes<'a>(address: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: the caller's contract.
    unsafe { slice::from_raw_parts(address, length) }
}

/// # Safety
/// `address` is that of `length` writable bytes, for `'a`, and nothing else uses them meanwhile.
unsafe fn bytes_mut<'a>(address: *mut u8, length: usize) -> &'a mut [u8] {
    // SAFETY: the caller's contract.
    unsafe { slice::from_raw_parts_mut(address, length) }
}
