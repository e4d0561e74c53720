//! What WebAssembly callers see: plain functions on addresses of the instance's own memory. It converts and delegates.
//!
//! The caller lays out memory from [`arena_start`] on and grows it as it needs; nothing here keeps a pointer. Addresses
//! of a [`Job`], a plan, counts or a workspace are multiples of 16. Sizes are at least 1, lengths in bytes unless said
//! otherwise, no region is larger than 2^31 - 1 bytes, and regions handed to one call do not overlap. Each function's
//! contract is its `# Safety` section.

pub mod thresholds;

use core::slice;

use crate::pipeline::{self, Channels, Image, Plans, Size};
use crate::resize::{AxisPlan, Window, padded_taps};
use crate::{histogram as counting, otsu, pack};

/// One image's way through [`resize`] or [`binarize`]: twelve 32-bit words, so that a foreign caller passes one address.
#[repr(C)]
#[derive(Debug)]
pub struct Job {
    /// Address of `source_height * source_width * channels` bytes.
    pub source: *const u8,
    /// Pixels a row.
    pub source_width: u32,
    /// Rows.
    pub source_height: u32,
    /// 1 (gray), 3 (RGB) or 4 (RGBA).
    pub channels: u32,
    /// Pixels an output row.
    pub target_width: u32,
    /// Output rows.
    pub target_height: u32,
    /// Address of the plan from `source_width` to `target_width`, made by [`resize_plan`]. Not read if they are equal.
    pub horizontal_plan: *const u8,
    /// Address of the plan from `source_height` to `target_height`. Not read if they are equal.
    pub vertical_plan: *const u8,
    /// Address of [`workspace_bytes`] bytes.
    pub workspace: *mut u8,
    /// Where the result goes: gray levels for [`resize`], packed bits for [`binarize`].
    pub output: *mut u8,
    /// Written by [`binarize`]: Otsu's threshold, 0..=255.
    pub threshold: u32,
    /// Keeps jobs of an array at multiples of 16.
    pub reserved: u32,
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

/// Bytes of a plan from `source` to `target` pixels.
#[unsafe(no_mangle)]
pub extern "C" fn resize_plan_bytes(source: usize, target: usize) -> usize {
    let bytes_per_output = size_of::<Window>() + 2 * size_of::<i16>() * padded_taps(source, target);
    target.saturating_mul(bytes_per_output)
}

/// Writes the plan from `source` to `target` pixels to `plan`.
///
/// # Safety
/// `plan` is the address of [`resize_plan_bytes`] writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resize_plan(source: usize, target: usize, plan: *mut u8) {
    let weights = 2 * padded_taps(source, target) * target;
    // SAFETY: the two slices are the two parts of the bytes that the caller vouches for; 16-byte alignment serves both.
    let (windows, weights) = unsafe {
        let windows = slice::from_raw_parts_mut(plan.cast(), target);
        let after_windows = plan.add(size_of_val(windows));
        (windows, slice::from_raw_parts_mut(after_windows.cast(), weights))
    };
    AxisPlan::fill(source, windows, weights);
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
    pipeline::binarize_workspace_bytes(
        Size { width: source_width, height: source_height },
        channels_of(channels),
        Size { width: target_width, height: target_height },
    )
}

/// Gray levels of `pixels` pixels of `channels` bytes.
///
/// # Safety
/// `source` has `pixels * channels` bytes, `levels` has `pixels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gray(source: *const u8, pixels: usize, channels: u32, levels: *mut u8) {
    let channels = channels_of(channels);
    // SAFETY: the caller's contract.
    let (source, levels) = unsafe { (bytes(source, pixels * channels.bytes()), bytes_mut(levels, pixels)) };
    pipeline::gray(&Image { pixels: source, size: Size { width: pixels, height: 1 }, channels }, levels);
}

/// Gray levels of the job's image at its target size.
///
/// # Safety
/// `job` is the address of a [`Job`] whose fields hold what they promise; `output` has target height * width bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resize(job: *const Job) {
    // SAFETY: the caller's contract.
    let job = unsafe { &*job };
    let target = job.target();
    // SAFETY: the caller's contract.
    let (image, plans, workspace, levels) =
        unsafe { (job.image(), job.plans(), job.workspace(), bytes_mut(job.output, target.width * target.height)) };
    pipeline::resize(&image, &plans, target, workspace, levels);
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

/// Mask of 1 where a level is above `threshold` (0..=255), else 0.
///
/// # Safety
/// `levels` and `mask` have `pixels` bytes each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn threshold_mask(levels: *const u8, pixels: usize, threshold: u8, mask: *mut u8) {
    // SAFETY: the caller's contract.
    unsafe { pack::threshold_mask(bytes(levels, pixels), threshold, bytes_mut(mask, pixels)) }
}

/// Packs a mask of 0 and 1, eight pixels a byte.
///
/// # Safety
/// `mask` has `pixels` bytes, `bits` has `ceil(pixels / 8)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pack_bits(mask: *const u8, pixels: usize, bits: *mut u8) {
    // SAFETY: the caller's contract.
    unsafe { pack::pack_bits(bytes(mask, pixels), bytes_mut(bits, pack::packed_bytes(pixels))) }
}

/// Unpacks `pixels` pixels to a mask of 0 and 1.
///
/// # Safety
/// `bits` has `ceil(pixels / 8)` bytes, `mask` has `pixels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unpack_bits(bits: *const u8, pixels: usize, mask: *mut u8) {
    // SAFETY: the caller's contract.
    unsafe { pack::unpack_bits(bytes(bits, pack::packed_bytes(pixels)), bytes_mut(mask, pixels)) }
}

/// Runs `count` jobs in order: gray, resize, Otsu's threshold, packed bits.
///
/// # Safety
/// `jobs` is the address of `count` [`Job`]s whose fields hold what they promise; each `output` has
/// `ceil(target height * width / 8)` bytes. Jobs may share plans and workspace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn binarize(jobs: *mut Job, count: usize) {
    // SAFETY: the caller's contract.
    for job in unsafe { slice::from_raw_parts_mut(jobs, count) } {
        let target = job.target();
        let packed = pack::packed_bytes(target.width * target.height);
        // SAFETY: the caller's contract.
        let (image, plans, workspace, bits) =
            unsafe { (job.image(), job.plans(), job.workspace(), bytes_mut(job.output, packed)) };
        job.threshold = pipeline::binarize(&image, &plans, target, workspace, bits).into();
    }
}

impl Job {
    fn source(&self) -> Size {
        Size { width: self.source_width as usize, height: self.source_height as usize }
    }

    fn target(&self) -> Size {
        Size { width: self.target_width as usize, height: self.target_height as usize }
    }

    /// # Safety
    /// `source` holds what it promises, for `'a`.
    unsafe fn image<'a>(&self) -> Image<'a> {
        let (size, channels) = (self.source(), channels_of(self.channels));
        let length = size.width * size.height * channels.bytes();
        // SAFETY: the caller's contract.
        Image { pixels: unsafe { bytes(self.source, length) }, size, channels }
    }

    /// # Safety
    /// The plans hold what they promise, for `'a`.
    unsafe fn plans<'a>(&self) -> Plans<'a> {
        let (source, target) = (self.source(), self.target());
        // SAFETY: the caller's contract.
        unsafe {
            Plans {
                horizontal: plan(self.horizontal_plan, source.width, target.width),
                vertical: plan(self.vertical_plan, source.height, target.height),
            }
        }
    }

    /// # Safety
    /// `workspace` holds what it promises, for `'a`, and nothing else uses it meanwhile.
    unsafe fn workspace<'a>(&self) -> &'a mut [u8] {
        let length = pipeline::binarize_workspace_bytes(self.source(), channels_of(self.channels), self.target());
        // SAFETY: the caller's contract.
        unsafe { bytes_mut(self.workspace, length) }
    }
}

/// # Safety
/// If the lengths differ, `address` is that of a plan between them, for `'a`.
unsafe fn plan<'a>(address: *const u8, source: usize, target: usize) -> Option<AxisPlan<'a>> {
    if source == target {
        return None;
    }
    let taps = padded_taps(source, target);
    // SAFETY: the two slices are the two parts of a plan, as in `resize_plan`.
    unsafe {
        let windows: &[Window] = slice::from_raw_parts(address.cast(), target);
        let after_windows = address.add(size_of_val(windows));
        Some(AxisPlan::new(windows, slice::from_raw_parts(after_windows.cast(), 2 * taps * target), taps))
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
