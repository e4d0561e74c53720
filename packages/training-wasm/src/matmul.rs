//! Products of matrices, either of which may be transposed, with a bias and an activation.

use crate::epilogue::{Activation, Epilogue};
use crate::parts::{Part, parts_of};
use crate::simd::lanes::F32x4;
use crate::simd::tile::{COLUMNS, ROWS, Tile, pack_panels};

/// Products `[rows, depth] x [depth, columns]`, one after the other in memory.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// Number of products.
    pub count: usize,
    /// Rows of a result.
    pub rows: usize,
    /// Length of the sums.
    pub depth: usize,
    /// Columns of a result.
    pub columns: usize,
    /// The left matrices are given as `[depth, rows]`.
    pub transpose_a: bool,
    /// The right matrices are given as `[columns, depth]`.
    pub transpose_b: bool,
    /// Applied at last, after the bias.
    pub activation: Activation,
}

/// Number of rows for which packing the right matrix does not pay.
const FEW_ROWS: usize = 8;

/// Numbers of workspace: eight columns of the right matrix.
pub const fn workspace_floats(depth: usize) -> usize {
    depth * COLUMNS
}

/// How many parts the columns of all results are divided into, by whole panels.
pub const fn parts(count: usize, columns: usize) -> usize {
    parts_of(count * columns.div_ceil(COLUMNS))
}

/// Writes a part of the columns of the products of `a` and `b` to `out`, the address of `[count, rows, columns]`.
///
/// `bias` has a number per column, or is empty.
///
/// # Safety
/// `out` has that many writable numbers; other parts may write other columns of it meanwhile.
///
/// # Panics
/// If a slice's length is not that of its matrices, or `workspace` is shorter than [`workspace_floats`].
pub unsafe fn matmul(
    product: &Product,
    part: Part,
    a: &[f32],
    b: &[f32],
    bias: &[f32],
    out: *mut f32,
    workspace: &mut [f32],
) {
    let &Product { count, rows, depth, columns, transpose_a, transpose_b, activation } = product;
    assert!(a.len() == count * rows * depth && b.len() == count * depth * columns);
    assert!(bias.is_empty() || bias.len() == columns);
    let panel = &mut workspace[..depth * COLUMNS];
    let (row_step, depth_step) = if transpose_a { (1, rows) } else { (depth, 1) };
    let epilogue = Epilogue { activation, ..Epilogue::none() };
    let panels = columns.div_ceil(COLUMNS);
    for (index, first) in part.of(count * panels).map(|block| (block / panels, block % panels * COLUMNS)) {
        let a = &a[index * rows * depth..][..rows * depth];
        let b = &b[index * depth * columns..][..depth * columns];
        let out = out.wrapping_add(index * rows * columns);
        let width = COLUMNS.min(columns - first);
        let bias = bias_of(bias, first, width);
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
                tile.finish(bias, epilogue, first);
                tile.store(out.wrapping_add(m * columns + first), columns, width);
            }
            m += ROWS;
        }
        while m < rows {
            // SAFETY: rows m to m + M - 1 and columns first to first + width - 1 are within the matrices.
            unsafe {
                let mut tile = Tile::<1>::zeros();
                tile.add_products([a.as_ptr().wrapping_add(m * row_step)], depth_step, panel, panel_step, depth);
                tile.finish(bias, epilogue, first);
                tile.store(out.wrapping_add(m * columns + first), columns, width);
            }
            m += 1;
        }
    }
}

/// The bias of the `width` columns from `first` on, 0 beyond them.
fn bias_of(bias: &[f32], first: usize, width: usize) -> [F32x4; 2] {
    let mut lanes = [0.0; COLUMNS];
    if !bias.is_empty() {
        lanes[..width].copy_from_slice(&bias[first..first + width]);
    }
    // SAFETY: eight numbers are readable.
    unsafe { [F32x4::load(lanes.as_ptr()), F32x4::load(lanes.as_ptr().add(4))] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers, Sum};

    #[test]
    fn matrices_without_depth_have_a_product_of_zeros() {
        let product = Product {
            count: 1,
            rows: 2,
            depth: 0,
            columns: 3,
            transpose_a: true,
            transpose_b: false,
            activation: Activation::Linear,
        };
        let mut out = [f32::NAN; 6];
        // SAFETY: `out` has the product's numbers.
        unsafe { matmul(&product, Part::WHOLE, &[], &[], &[], out.as_mut_ptr(), &mut []) };
        assert_eq!(out, [0.0; 6]);
    }

    #[test]
    fn equals_its_definition_in_all_four_transpositions_at_odd_sizes() {
        let mut numbers = Numbers::seeded(4);
        let sizes = || (1..=17).step_by(2);
        for (rows, depth, columns) in sizes().flat_map(|m| sizes().flat_map(move |k| sizes().map(move |n| (m, k, n)))) {
            for (transpose_a, transpose_b) in [(false, false), (true, false), (false, true), (true, true)] {
                let (count, activation) = (1 + rows % 3, Activation::Linear);
                let product = Product { count, rows, depth, columns, transpose_a, transpose_b, activation };
                let a = Fenced::holding(&numbers.floats(count * rows * depth));
                let b = Fenced::holding(&numbers.floats(count * depth * columns));
                let bias = numbers.floats(if depth > 8 { columns } else { 0 });
                let mut out = Fenced::unset(count * rows * columns);
                let mut workspace = Fenced::unset(workspace_floats(depth));
                for part in naive::parts(parts(count, columns)) {
                    // SAFETY: `out` has the product's numbers.
                    unsafe {
                        let out = out.inside_mut().as_mut_ptr();
                        matmul(&product, part, a.inside(), b.inside(), &bias, out, workspace.inside_mut());
                    };
                }
                workspace.check();

                let mut expected = vec![Sum::default(); count * rows * columns];
                for (index, sum) in expected.iter_mut().enumerate() {
                    let (matrix, m, n) = (index / (rows * columns), index / columns % rows, index % columns);
                    for k in 0..depth {
                        let at_a = matrix * rows * depth + if transpose_a { k * rows + m } else { m * depth + k };
                        let at_b = matrix * depth * columns + if transpose_b { n * depth + k } else { k * columns + n };
                        sum.add(a.inside()[at_a], b.inside()[at_b]);
                    }
                    sum.add(1.0, bias.get(n).copied().unwrap_or_default());
                }
                naive::assert_near(out.check(), &expected, &product);
            }
        }
    }

    #[test]
    fn the_activation_follows_the_bias() {
        let (a, b, bias) = ([1.0, -1.0, 2.0, 0.5, f32::NAN], [2.0], [-1.5]);
        for (activation, expected) in
            [(Activation::Linear, [0.5, -3.5, 2.5, -0.5]), (Activation::Relu, [0.5, 0.0, 2.5, 0.0])]
        {
            let product =
                Product { count: 1, rows: 5, depth: 1, columns: 1, transpose_a: false, transpose_b: false, activation };
            let mut out = [0.0; 5];
            // SAFETY: `out` has the product's numbers.
            unsafe { matmul(&product, Part::WHOLE, &a, &b, &bias, out.as_mut_ptr(), &mut [0.0; COLUMNS]) };
            assert_eq!(out[..4], expected);
            assert!(out[4].is_nan());
        }
    }
}
