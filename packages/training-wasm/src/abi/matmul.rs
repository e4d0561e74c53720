//! The functions of [`matmul`](crate::matmul), and the register tile alone.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, optional};
use crate::epilogue::Activation;
use crate::matmul::{self, Product};
use crate::parts::Part;
use crate::simd::tile;

/// Parts of [`matmul`].
#[unsafe(no_mangle)]
pub extern "C" fn matmul_parts(count: usize, columns: usize) -> usize {
    matmul::parts(count, columns)
}

/// Bytes of workspace for [`matmul`].
#[unsafe(no_mangle)]
pub extern "C" fn matmul_workspace(depth: usize) -> usize {
    floats(matmul::workspace_floats(depth))
}

/// A part of the products of `count` pairs of matrices. `transpose_a` and `transpose_b` are 1 for matrices that are given
/// transposed; `activation` is a code of [`Activation`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `a` has `count * rows * depth` values, `b` has `count * depth * columns`,
/// `out` has `count * rows * columns`. `bias` has `columns` values, or is 0: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matmul(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    count: usize,
    rows: usize,
    depth: usize,
    columns: usize,
    transpose_a: u32,
    transpose_b: u32,
    a: *const f32,
    b: *const f32,
    bias: *const f32,
    activation: u32,
    out: *mut f32,
) {
    let product = Product {
        count,
        rows,
        depth,
        columns,
        transpose_a: transpose_a != 0,
        transpose_b: transpose_b != 0,
        activation: Activation::of_code(activation),
    };
    // SAFETY: upheld by this function's own contract: the matrices are whole, no other part writes this part's columns
    // of `out`, and the workspace has `matmul_workspace` bytes.
    unsafe {
        matmul::matmul(
            &product,
            Part { index: part, count: parts },
            from_raw_parts(a, count * rows * depth),
            from_raw_parts(b, count * depth * columns),
            optional(bias, columns),
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
