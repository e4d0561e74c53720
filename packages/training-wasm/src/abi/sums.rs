//! The functions of [`row_sums`](crate::row_sums) and [`segment_sum`](crate::segment_sum).

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, rows_mut};
use crate::parts::Part;
use crate::{row_sums, segment_sum};

/// Parts of sums over rows.
#[unsafe(no_mangle)]
pub extern "C" fn row_sums_parts(rows: usize) -> usize {
    row_sums::parts(rows)
}

/// A part's sums over the rows of `x`.
///
/// # Safety
/// `x` has `rows * channels` readable numbers; the sums of all parts, `channels` a part, and `channels` numbers of workspace
/// are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn row_sums(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    sums: *mut f64,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let part = Part { index: part, count: parts };
        row_sums::sums(
            part.of(rows),
            from_raw_parts(x, rows * channels),
            rows_mut(sums, &(part.index..part.index + 1), channels),
            from_raw_parts_mut(workspace, channels),
        );
    }
}

/// Bytes of workspace for [`axis_sums`].
#[unsafe(no_mangle)]
pub const extern "C" fn axis_sums_workspace(inner: usize) -> usize {
    size_of::<f64>() * inner + floats(inner)
}

/// A part of `factor` times the sums along the middle axis of `x`, `[outer, count, inner]`.
///
/// # Safety
/// `x` has as many readable numbers, `out` has `outer * inner` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn axis_sums(
    part: usize,
    parts: usize,
    workspace: *mut f64,
    outer: usize,
    count: usize,
    inner: usize,
    factor: f64,
    x: *const f32,
    out: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let outer = Part { index: part, count: parts }.of(outer);
        row_sums::axis_sums(
            from_raw_parts(x.add(outer.start * count * inner), outer.len() * count * inner),
            count,
            factor,
            rows_mut(out, &outer, inner),
            from_raw_parts_mut(workspace, inner),
            from_raw_parts_mut(workspace.add(inner).cast(), inner),
        );
    }
}

/// `factor` times the sums of all parts.
///
/// # Safety
/// `sums` has `parts * channels` readable numbers, `out` has `channels` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn row_sums_total(parts: usize, channels: usize, factor: f64, sums: *const f64, out: *mut f32) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        row_sums::add_parts(from_raw_parts(sums, parts * channels), factor, from_raw_parts_mut(out, channels));
    }
}

/// Sums of rows by their segments.
///
/// # Safety
/// `x` has `rows * width` readable numbers, `ids` has `rows`; `sums` has `segments * width` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn segment_sum_float(
    rows: usize,
    width: usize,
    segments: usize,
    x: *const f32,
    ids: *const i32,
    sums: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        segment_sum::segment_sum(
            from_raw_parts(x, rows * width),
            from_raw_parts(ids, rows),
            width,
            from_raw_parts_mut(sums, segments * width),
        );
    }
}

/// Sums of rows by their segments.
///
/// # Safety
/// `x` has `rows * width` readable numbers, `ids` has `rows`; `sums` has `segments * width` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn segment_sum_int(
    rows: usize,
    width: usize,
    segments: usize,
    x: *const i32,
    ids: *const i32,
    sums: *mut i32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        segment_sum::segment_sum(
            from_raw_parts(x, rows * width),
            from_raw_parts(ids, rows),
            width,
            from_raw_parts_mut(sums, segments * width),
        );
    }
}
