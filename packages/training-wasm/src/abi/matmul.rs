//! The functions of [`matmul`](crate::matmul), and the register tile alone.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::floats;
use crate::matmul::{self, Product};
use crate::parts::Part;
use crate::simd::tile;

/// Parts of [`matmul`].
#[unsafe(no_mangle)]
pub extern "C" fn matmul_parts(columns: usize) -> usize {
    matmul::parts(columns)
}

/// Bytes of workspace for [`matmul`].
#[unsafe(no_mangle)]
pub extern "C" fn matmul_workspace(depth: usize) -> usize {
    floats(matmul::workspace_floats(depth))
}

/// A part of the product of two matrices. `transpose_a` and `transpose_b` are 1 for matrices that are given transposed.
///
/// # Safety
/// The contract of [`regions`](super::regions). `a` has `rows * depth` values, `b` has `depth * columns`, `out` has
/// `rows * columns`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matmul(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    depth: usize,
    columns: usize,
    transpose_a: u32,
    transpose_b: u32,
    a: *const f32,
    b: *const f32,
    out: *mut f32,
) {
    let product = Product { rows, depth, columns, transpose_a: transpose_a != 0, transpose_b: transpose_b != 0 };
    // SAFETY: upheld by this function's own contract: the matrices are whole, no other part writes this part's columns
    // of `out`, and the workspace has `matmul_workspace` bytes.
    unsafe {
        matmul::matmul(
            &product,
            Part { index: part, count: parts },
            from_raw_parts(a, rows * depth),
            from_raw_parts(b, depth * columns),
            out,
            from_raw_parts_mut(workspace, matmul::workspace_floats(depth)),
        );
    }
}

/// The register tile at its fastest, for benchmarks: see [`tile::repeated_products`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `a` has `4 * depth` values, `b` has `depth` rows of eight.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tile_products(
    depth: usize,
    repetitions: usize,
    a: *const f32,
    b: *const [f32; tile::COLUMNS],
    out: &mut [[f32; tile::COLUMNS]; tile::ROWS],
) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    let (a, b) = unsafe { (from_raw_parts(a, tile::ROWS * depth), from_raw_parts(b, depth)) };
    tile::repeated_products(a, b, repetitions, out);
}
