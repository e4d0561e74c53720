//! Products of matrices, either of which may be transposed.

use crate::parts::{Part, parts_of};
use crate::simd::tile::{COLUMNS, ROWS, Tile, pack_panels};

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

/// Number of rows for which packing the right matrix does not pay.
const FEW_ROWS: usize = 8;

/// Numbers of workspace: eight columns of the right matrix.
pub const fn workspace_floats(depth: usize) -> usize {
    depth * COLUMNS
}

/// How many parts the columns of the result are divided into, by whole panels.
pub const fn parts(columns: usize) -> usize {
    parts_of(columns.div_ceil(COLUMNS))
}

/// Writes a part of the columns of the product of `a` and `b` to `out`, the address of `[rows, columns]`.
///
/// # Safety
/// `out` has that many writable numbers; other parts may write other columns of it meanwhile.
///
/// # Panics
/// If a slice's length is not that of its matrix, or `workspace` is shorter than [`workspace_floats`].
pub unsafe fn matmul(product: &Product, part: Part, a: &[f32], b: &[f32], out: *mut f32, workspace: &mut [f32]) {
    let &Product { rows, depth, columns, transpose_a, transpose_b } = product;
    assert!(a.len() == rows * depth && b.len() == depth * columns);
    let panel = &mut workspace[..depth * COLUMNS];
    let (row_step, depth_step) = if transpose_a { (1, rows) } else { (depth, 1) };
    for first in part.of(columns.div_ceil(COLUMNS)).map(|block| block * COLUMNS) {
        let width = COLUMNS.min(columns - first);
        // Few rows are multiplied by the right matrix in place.
        let is_packed = transpose_b || width < COLUMNS || rows > FEW_ROWS;
        if is_packed && depth > 0 {
            // Without depth there is no panel, and all sums are of nothing.
            pack_panels(panel, depth, width, |k, n| {
                if transpose_b { b[(first + n) * depth + k] } else { b[k * columns + first + n] }
            });
        }
        let (panel, panel_step) =
            if is_packed { (panel.as_ptr(), COLUMNS) } else { (b.as_ptr().wrapping_add(first), columns) };
        let mut m = 0;
        while m + ROWS <= rows {
            // SAFETY: rows m to m + M - 1 and columns first to first + width - 1 are within the matrices.
            unsafe {
                let a = core::array::from_fn(|row| a.as_ptr().wrapping_add((m + row) * row_step));
                let mut tile = Tile::<ROWS>::zeros();
                tile.add_products(a, depth_step, panel, panel_step, depth);
                tile.store(out.wrapping_add(m * columns + first), columns, width);
            }
            m += ROWS;
        }
        while m < rows {
            // SAFETY: rows m to m + M - 1 and columns first to first + width - 1 are within the matrices.
            unsafe {
                let mut tile = Tile::<1>::zeros();
                tile.add_products([a.as_ptr().wrapping_add(m * row_step)], depth_step, panel, panel_step, depth);
                tile.store(out.wrapping_add(m * columns + first), columns, width);
            }
            m += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers, Sum};

    #[test]
    fn matrices_without_depth_have_a_product_of_zeros() {
        let product = Product { rows: 2, depth: 0, columns: 3, transpose_a: true, transpose_b: false };
        let mut out = [f32::NAN; 6];
        // SAFETY: `out` has the product's numbers.
        unsafe { matmul(&product, Part::WHOLE, &[], &[], out.as_mut_ptr(), &mut []) };
        assert_eq!(out, [0.0; 6]);
    }

    #[test]
    fn equals_its_definition_in_all_four_transpositions_at_odd_sizes() {
        let mut numbers = Numbers::seeded(4);
        let sizes = || (1..=17).step_by(2);
        for (rows, depth, columns) in sizes().flat_map(|m| sizes().flat_map(move |k| sizes().map(move |n| (m, k, n)))) {
            for (transpose_a, transpose_b) in [(false, false), (true, false), (false, true), (true, true)] {
                let product = Product { rows, depth, columns, transpose_a, transpose_b };
                let a = Fenced::holding(&numbers.floats(rows * depth));
                let b = Fenced::holding(&numbers.floats(depth * columns));
                let mut out = Fenced::unset(rows * columns);
                let mut workspace = Fenced::unset(workspace_floats(depth));
                for part in naive::parts(parts(columns)) {
                    // SAFETY: `out` has the product's numbers.
                    unsafe {
                        let out = out.inside_mut().as_mut_ptr();
                        matmul(&product, part, a.inside(), b.inside(), out, workspace.inside_mut());
                    };
                }
                workspace.check();

                let mut expected = vec![Sum::default(); rows * columns];
                for (index, sum) in expected.iter_mut().enumerate() {
                    let (m, n) = (index / columns, index % columns);
                    for k in 0..depth {
                        let at_a = if transpose_a { k * rows + m } else { m * depth + k };
                        let at_b = if transpose_b { n * depth + k } else { k * columns + n };
                        sum.add(a.inside()[at_a], b.inside()[at_b]);
                    }
                }
                naive::assert_near(out.check(), &expected, &product);
            }
        }
    }
}
