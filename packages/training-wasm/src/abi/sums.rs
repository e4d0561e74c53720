//! The functions of [`row_sums`](crate::row_sums) and [`segment_sum`](crate::segment_sum).

use core::ops::AddAssign;
use core::slice::{from_raw_parts, from_raw_parts_mut};

use crate::{row_sums, segment_sum};

/// Parts of [`row_sums`].
#[unsafe(no_mangle)]
pub extern "C" fn row_sums_parts(rows: usize) -> usize {
    row_sums::parts(rows)
}

/// `factor` times the sums of all parts.
///
/// # Safety
/// The contract of [`regions`](super::regions). `sums` has `parts * channels` values, `out` has `channels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn row_sums_total(parts: usize, channels: usize, factor: f64, sums: *const f64, out: *mut f32) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    unsafe { row_sums::add_parts(from_raw_parts(sums, parts * channels), factor, from_raw_parts_mut(out, channels)) };
}

/// Sums of the rows of `x` by the segments that `ids` assigns them to.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `rows * width` values, `ids` has `rows`, `sums` has
/// `segments * width`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn segment_sum_float(
    rows: usize,
    width: usize,
    segments: usize,
    x: *const f32,
    ids: *const i32,
    sums: *mut f32,
) {
    // SAFETY: the two functions have one contract.
    unsafe { sum_segments(rows, width, segments, x, ids, sums) };
}

/// [`segment_sum_float`] of `i32` values.
///
/// # Safety
/// As for [`segment_sum_float`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn segment_sum_int(
    rows: usize,
    width: usize,
    segments: usize,
    x: *const i32,
    ids: *const i32,
    sums: *mut i32,
) {
    // SAFETY: the two functions have one contract.
    unsafe { sum_segments(rows, width, segments, x, ids, sums) };
}

/// # Safety
/// As for [`segment_sum_float`].
unsafe fn sum_segments<T: AddAssign + Copy + Default>(
    rows: usize,
    width: usize,
    segments: usize,
    x: *const T,
    ids: *const i32,
    sums: *mut T,
) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    let (x, ids, sums) = unsafe {
        (from_raw_parts(x, rows * width), from_raw_parts(ids, rows), from_raw_parts_mut(sums, segments * width))
    };
    segment_sum::segment_sum(x, ids, width, sums);
}
