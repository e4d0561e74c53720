//! Pictures to gray levels or colors at another size. The contract of every call is that of [`abi`](super).

use core::slice;

use super::{bytes, bytes_mut};
use crate::pipeline::{Channels, Planes, Resize, Rows, Shape, Size};
use crate::resize::{AxisPlan, Filter, Window, padded_taps};

/// The resize of one image by [`resize_rows`] and [`finish_resize`]: thirteen 32-bit words, so that a foreign caller
/// passes one address.
#[repr(C)]
#[derive(Debug)]
pub struct Job {
    /// Address of the first pixel of the rows that the call takes.
    pub source: *const u8,
    /// Bytes from one row to the next, at least `source_width * channels`. Of the last row, only its pixels are read.
    pub stride: u32,
    /// 1 (gray), 3 (RGB) or 4 (RGBA).
    pub channels: u32,
    /// Pixels per row.
    pub source_width: u32,
    /// Rows of the whole image.
    pub source_height: u32,
    /// Pixels per output row.
    pub target_width: u32,
    /// Output rows.
    pub target_height: u32,
    /// The plans' filter: see [`resize_plan`].
    pub filter: u32,
    /// Address of the plan from `source_width` to `target_width`, made by [`resize_plan`]. Not read if they are equal.
    pub horizontal_plan: *const u8,
    /// Address of the plan from `source_height` to `target_height`. Not read if they are equal.
    pub vertical_plan: *const u8,
    /// Address of [`workspace_bytes`] bytes.
    pub workspace: *mut u8,
    /// 1 for gray levels; 3 for planes of red, green and blue, one after the other, of a picture with colors.
    pub planes: u32,
    /// Address of `planes * target_width * target_height` bytes: the levels, once the job is finished.
    pub levels: *mut u8,
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
/// The contract of [`abi`](super). `plan` has [`resize_plan_bytes`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resize_plan(filter: u32, source: usize, target: usize, plan: *mut u8) {
    let filter = filter_of(filter);
    let weights = 2 * padded_taps(filter, source, target) * target;
    // SAFETY: upheld by this function's own contract: the slices are the two parts of the plan's bytes, and a multiple
    // of 16 is aligned for both.
    let (windows, weights) = unsafe {
        let windows = slice::from_raw_parts_mut(plan.cast(), target);
        let after_windows = plan.add(size_of_val(windows));
        (windows, slice::from_raw_parts_mut(after_windows.cast(), weights))
    };
    AxisPlan::fill(filter, source, windows, weights);
}

/// Bytes of workspace for a job of these sizes; `usize::MAX` if there are more than fit the address space.
#[unsafe(no_mangle)]
pub extern "C" fn workspace_bytes(
    source_width: usize,
    source_height: usize,
    channels: u32,
    target_width: usize,
    target_height: usize,
    planes: u32,
) -> usize {
    let source = Size { width: source_width, height: source_height };
    let target = Size { width: target_width, height: target_height };
    Shape { source, channels: channels_of(channels), target, planes: planes_of(planes) }.workspace_bytes()
}

/// Takes `count` rows of the job's image, from its row `first` on. All rows have to be taken, in any order, and rows
/// may be taken again; 32 or more per call are fastest.
///
/// # Safety
/// The contract of [`abi`](super). The job's addresses have as many bytes as its fields say, `source` has these
/// rows, and nothing else changes the workspace and the levels until the job is finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resize_rows(job: &Job, first: usize, count: usize) {
    let (channels, stride) = (channels_of(job.channels), job.stride as usize);
    let length = (count - 1) * stride + job.source_width as usize * channels.bytes();
    // SAFETY: upheld by this function's own contract: `count` rows end with the pixels of the last, and the job's
    // regions are as long as its fields say.
    unsafe {
        let rows = Rows { pixels: bytes(job.source, length), stride, channels, count };
        job.resize().take(&rows, first, job.workspace(), job.levels());
    }
}

/// Completes the job's levels, of the rows that were taken.
///
/// # Safety
/// As for [`resize_rows`], which has taken all rows of the image.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn finish_resize(job: &Job) {
    // SAFETY: upheld by this function's own contract: the job's regions are as long as its fields say.
    unsafe { job.resize().finish(job.workspace(), job.levels()) };
}

impl Job {
    /// What the fields say of sizes.
    pub(super) fn shape(&self) -> Shape {
        Shape {
            source: Size { width: self.source_width as usize, height: self.source_height as usize },
            channels: channels_of(self.channels),
            target: Size { width: self.target_width as usize, height: self.target_height as usize },
            planes: planes_of(self.planes),
        }
    }

    /// # Safety
    /// The plans are those that the job's fields describe, and can be read for `'a`.
    unsafe fn resize<'a>(&self) -> Resize<'a> {
        let (shape, filter) = (self.shape(), filter_of(self.filter));
        let Shape { source, target, .. } = shape;
        // SAFETY: upheld by this function's own contract.
        let (horizontal, vertical) = unsafe {
            (
                plan(self.horizontal_plan, filter, source.width, target.width),
                plan(self.vertical_plan, filter, source.height, target.height),
            )
        };
        Resize { shape, horizontal, vertical }
    }

    /// # Safety
    /// `workspace` has [`workspace_bytes`], which can be written for `'a`, and are used by nothing else.
    unsafe fn workspace<'a>(&self) -> &'a mut [u8] {
        // SAFETY: upheld by this function's own contract.
        unsafe { bytes_mut(self.workspace, self.shape().workspace_bytes()) }
    }

    /// # Safety
    /// `levels` has as many bytes as the field says, which can be written for `'a`, and are used by nothing else.
    unsafe fn levels<'a>(&self) -> &'a mut [u8] {
        // SAFETY: upheld by this function's own contract.
        unsafe { bytes_mut(self.levels, self.shape().target_bytes()) }
    }
}

/// # Safety
/// If the lengths differ, `address` is that of a plan between them by `filter`, which can be read for `'a`.
unsafe fn plan<'a>(address: *const u8, filter: Filter, source: usize, target: usize) -> Option<AxisPlan<'a>> {
    if source == target {
        return None;
    }
    let taps = padded_taps(filter, source, target);
    // SAFETY: upheld by this function's own contract: the slices are the two parts of a plan, as in `resize_plan`.
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

/// Traps on anything but 1 and 3.
fn planes_of(count: u32) -> Planes {
    match count {
        1 => Planes::Gray,
        3 => Planes::Colors,
        _ => panic!("a picture becomes 1 or 3 planes"),
    }
}

/// Traps on anything but 0 to 4.
fn filter_of(number: u32) -> Filter {
    Filter::ALL[number as usize]
}
