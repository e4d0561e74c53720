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

/// A part of the product of two matrices; 1 for transposed ones.
///
/// # Safety
/// `a` and `b` are readable, `out` is writable, with the sizes that [`Product`] tells of.
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
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let product = Product { rows, depth, columns, transpose_a: transpose_a != 0, transpose_b: transpose_b != 0 };
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
/// `a` has `4 * depth` readable numbers, `b` has `depth * 8`; `out` has 32 writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tile_products(
    depth: usize,
    repetitions: usize,
    a: *const f32,
    b: *const [f32; tile::COLUMNS],
    out: *mut [[f32; tile::COLUMNS]; tile::ROWS],
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        tile::repeated_products(
            from_raw_parts(a, tile::ROWS * depth),
            from_raw_parts(b, depth),
            repetitions,
            &mut *out,
        );
    }
}
