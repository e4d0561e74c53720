//! Products of matrices, either of which may be transposed.

use crate::tile::{COLUMNS, ROWS, Tile, pack_panels};

/// A product `[rows, depth] x [depth, columns]`.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// Rows of the result.
    pub rows: usize,
    /// Length of the sums.
    pub depth: usize,
    /// Columns of the result.
    pub columns: usize,
    /// The left matrix is given as `[depth, rows]`.
    pub transpose_a: bool,
    /// The right matrix is given as `[columns, depth]`.
    pub transpose_b: bool,
}

/// Numbers of workspace: eight columns of the right matrix.
pub const fn workspace_floats(product: &Product) -> usize {
    product.depth * COLUMNS
}

/// Writes the product of `a` and `b` to `out`, `[rows, columns]`.
///
/// # Panics
/// If a slice's length is not that of its matrix, or `workspace` is shorter than [`workspace_floats`].
pub fn matmul(product: &Product, a: &[f32], b: &[f32], out: &mut [f32], workspace: &mut [f32]) {
    let &Product { rows, depth, columns, transpose_a, transpose_b } = product;
    assert!(a.len() == rows * depth && b.len() == depth * columns && out.len() == rows * columns);
    let panel = &mut workspace[..depth * COLUMNS];
    let (row_step, depth_step) = if transpose_a { (1, rows) } else { (depth, 1) };
    for first in (0..columns).step_by(COLUMNS) {
        let width = COLUMNS.min(columns - first);
        pack_panels(panel, depth, width, |k, n| {
            if transpose_b { b[(first + n) * depth + k] } else { b[k * columns + first + n] }
        });
        let panel = panel.as_ptr();
        let mut m = 0;
        while m + ROWS <= rows {
            // SAFETY: rows m to m + M - 1 and columns first to first + width - 1 are within the matrices.
            unsafe {
                let a = core::array::from_fn(|row| a.as_ptr().wrapping_add((m + row) * row_step));
                let mut tile = Tile::<ROWS>::zeros();
                tile.add_products(a, depth_step, panel, COLUMNS, depth);
                tile.store(out.as_mut_ptr().wrapping_add(m * columns + first), columns, width);
            }
            m += ROWS;
        }
        while m < rows {
            // SAFETY: rows m to m + M - 1 and columns first to first + width - 1 are within the matrices.
            unsafe {
                let mut tile = Tile::<1>::zeros();
                tile.add_products([a.as_ptr().wrapping_add(m * row_step)], depth_step, panel, COLUMNS, depth);
                tile.store(out.as_mut_ptr().wrapping_add(m * columns + first), columns, width);
            }
            m += 1;
        }
    }
}
