//! The functions of [`resample`](crate::resample).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, rows_mut};
use crate::parts::Part;
use crate::resample::{self, Resize, Tap, Taps};

/// Bytes of workspace for [`resample()`].
#[unsafe(no_mangle)]
pub extern "C" fn resample_workspace(resize: &Resize) -> usize {
    floats(resample::workspace_floats(resize))
}

/// A part of the rows of resized images.
///
/// # Safety
/// The contract of [`regions`](super::regions). `rows` and `columns` are those of `resize.out_height + 1` and
/// `resize.out_width + 1` words, which do not decrease, with as many taps after them as the last one says, whose places
/// are below `in_height` and `in_width`. `x` has `resize.in_floats()` values, `y` has `batch * out_height` rows of
/// `resize.out_row()` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resample(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    resize: &Resize,
    rows: *const u32,
    columns: *const u32,
    x: *const f32,
    y: *mut f32,
) {
    let range = Part { index: part, count: parts }.of(resize.batch * resize.out_height);
    // SAFETY: upheld by this function's own contract: `x` is whole, these rows are among those of `y`, no other part
    // writes them, and the workspace has `resample_workspace` bytes.
    unsafe {
        resample::resample(
            resize,
            taps(rows, resize.out_height),
            taps(columns, resize.out_width),
            range.clone(),
            from_raw_parts(x, resize.in_floats()),
            rows_mut(y, &range, resize.out_row()),
            from_raw_parts_mut(workspace, resample::workspace_floats(resize)),
        );
    }
}

/// The taps of `count` rows or columns.
///
/// # Safety
/// `words` is the address of `count + 1` words, and of as many taps as the last one says.
unsafe fn taps<'a>(words: *const u32, count: usize) -> Taps<'a> {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        let begins = from_raw_parts(words, count + 1);
        Taps { begins, taps: from_raw_parts(words.add(count + 1).cast::<Tap>(), begins[count] as usize) }
    }
}
