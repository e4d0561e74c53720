//! The register tile that all matrix products and convolutions run on: 4 rows of 8 columns.
//!
//! Eight vector accumulators: with more, engines spill registers to memory and lose half of the speed. The loop is not
//! unrolled by hand for the same reason; engines do it themselves.

use crate::epilogue::Epilogue;
use crate::simd::lanes::F32x4;

/// Rows of a tile.
pub const ROWS: usize = 4;

/// Columns of a tile, and of the panels that are packed for it.
pub const COLUMNS: usize = 8;

/// Sums of `M` rows and [`COLUMNS`] columns.
#[derive(Debug)]
pub struct Tile<const M: usize>([[F32x4; 2]; M]);

impl<const M: usize> Tile<M> {
    /// All sums 0.
    #[inline(always)]
    pub fn zeros() -> Self {
        Self([[F32x4::splat(0.0); 2]; M])
    }

    /// Sums from `source[m * step + n]`.
    ///
    /// # Safety
    /// Those numbers are readable for m in 0..M, n in 0..8.
    #[inline(always)]
    pub unsafe fn load(source: *const f32, step: usize) -> Self {
        Self(core::array::from_fn(|m| {
            // SAFETY: upheld by this function's own contract: two vectors are the eight numbers of row m.
            unsafe { [F32x4::load(source.add(m * step)), F32x4::load(source.add(m * step + 4))] }
        }))
    }

    /// Adds products: `sums[m][n] += Σ_k a[m][k * a_step] * b[k * b_step + n]`, k ascending.
    ///
    /// # Safety
    /// Those numbers are readable for m in 0..M, n in 0..8, k in 0..`depth`.
    #[inline(always)]
    pub unsafe fn add_products(
        &mut self,
        mut a: [*const f32; M],
        a_step: usize,
        mut b: *const f32,
        b_step: usize,
        depth: usize,
    ) {
        for _ in 0..depth {
            // SAFETY: upheld by this function's own contract; the addresses after the last ones are computed by
            // `wrapping_add`, and not read.
            unsafe {
                let b_lanes = [F32x4::load(b), F32x4::load(b.add(4))];
                for (sums, a) in self.0.iter_mut().zip(&a) {
                    let factor = F32x4::splat(**a);
                    sums[0] = sums[0].plus_product(factor, b_lanes[0]);
                    sums[1] = sums[1].plus_product(factor, b_lanes[1]);
                }
            }
            for a in &mut a {
                *a = a.wrapping_add(a_step);
            }
            b = b.wrapping_add(b_step);
        }
    }

    /// Adds the sums of the first `rows` rows to those at `target[m * step + n]`.
    ///
    /// # Safety
    /// Those numbers are readable and writable for m in 0..`rows`, n in 0..8.
    #[inline(always)]
    pub unsafe fn add_to(&self, target: *mut f32, step: usize, rows: usize) {
        for (m, sums) in self.0.iter().enumerate() {
            let row = target.wrapping_add(m * step);
            if m < rows {
                // SAFETY: upheld by this function's own contract: two vectors are the eight numbers of row m.
                unsafe {
                    (F32x4::load(row) + sums[0]).store(row);
                    (F32x4::load(row.add(4)) + sums[1]).store(row.add(4));
                }
            }
        }
    }

    /// Adds `bias` to every row, and applies what follows it in `epilogue` to the channels from `channel` on.
    #[inline(always)]
    pub fn finish(&mut self, bias: [F32x4; 2], epilogue: Epilogue<'_>, channel: usize) {
        for [first, second] in &mut self.0 {
            *first = epilogue.of_biased(*first + bias[0], channel);
            *second = epilogue.of_biased(*second + bias[1], channel + 4);
        }
    }

    /// Writes the first `columns` columns of every row to `target[m * step + n]`.
    ///
    /// # Safety
    /// Those numbers are writable for m in 0..M, n in 0..`columns`.
    #[inline(always)]
    pub unsafe fn store(&self, target: *mut f32, step: usize, columns: usize) {
        // SAFETY: upheld by this function's own contract.
        unsafe { self.store_rows(core::array::from_fn(|m| target.wrapping_add(m * step)), columns) };
    }

    /// Writes the first `columns` columns of every row to `rows[m][n]`.
    ///
    /// # Safety
    /// Those numbers are writable for m in 0..M, n in 0..`columns`.
    #[inline(always)]
    pub unsafe fn store_rows(&self, rows: [*mut f32; M], columns: usize) {
        for (sums, row) in self.0.iter().zip(rows) {
            // SAFETY: upheld by this function's own contract: a row has `columns` numbers, and `all` has 8.
            unsafe {
                if columns >= COLUMNS {
                    sums[0].store(row);
                    sums[1].store(row.add(4));
                } else {
                    let mut all = [0.0_f32; COLUMNS];
                    sums[0].store(all.as_mut_ptr());
                    sums[1].store(all.as_mut_ptr().add(4));
                    for (column, value) in all.iter().take(columns).enumerate() {
                        row.add(column).write(*value);
                    }
                }
            }
        }
    }
}

/// Adds the same products `repetitions` times: `out[m][n] = repetitions * Σ_k a[m][k] * b[k][n]`.
///
/// This is the tile at its fastest, on operands that stay in the first cache. No kernel calls it: its speed is what
/// benchmarks measure kernels by.
pub fn repeated_products(a: &[f32], b: &[[f32; COLUMNS]], repetitions: usize, out: &mut [[f32; COLUMNS]; ROWS]) {
    let depth = b.len();
    assert!(a.len() == ROWS * depth);
    let mut tile = Tile::<ROWS>::zeros();
    let rows = core::array::from_fn(|m| a.as_ptr().wrapping_add(m * depth));
    for _ in 0..repetitions {
        // SAFETY: the lengths of both operands were compared.
        unsafe { tile.add_products(rows, 1, b.as_ptr().cast(), COLUMNS, depth) };
    }
    // SAFETY: `out` has the tile's rows and columns.
    unsafe { tile.store(out.as_mut_ptr().cast(), COLUMNS, COLUMNS) };
}

/// Numbers that [`pack_panels`] writes.
pub const fn panel_floats(depth: usize, columns: usize) -> usize {
    depth * columns.next_multiple_of(COLUMNS)
}

/// Packs a matrix for [`Tile::add_products`]: `panels[n / 8][k][n % 8] = value(k, n)`, 0 beyond the last column.
pub fn pack_panels(panels: &mut [f32], depth: usize, columns: usize, value: impl Fn(usize, usize) -> f32) {
    for (block, panel) in panels.chunks_exact_mut(depth * COLUMNS).enumerate() {
        for (k, row) in panel.chunks_exact_mut(COLUMNS).enumerate() {
            for (lane, target) in row.iter_mut().enumerate() {
                let n = block * COLUMNS + lane;
                *target = if n < columns { value(k, n) } else { 0.0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_hold_eight_columns_each_and_zeros_beyond_the_last() {
        let mut panels = vec![f32::NAN; panel_floats(2, 9)];
        pack_panels(&mut panels, 2, 9, |k, n| (10 * k + n) as f32);
        let expected = [
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
            [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0],
            [8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [18.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ];
        assert_eq!(panels, expected.concat());
    }

    #[test]
    fn repeated_products_are_all_products_as_often_as_asked_for() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let b = [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]];
        let mut out = [[f32::NAN; COLUMNS]; ROWS];
        repeated_products(&a, &b, 3, &mut out);
        for (m, row) in out.iter().enumerate() {
            let [first, second] = [a[2 * m], a[2 * m + 1]];
            let last = 3.0 * (2.0 * first + second);
            assert_eq!(*row, [3.0 * first, 3.0 * second, 0.0, 0.0, 0.0, 0.0, 0.0, last]);
        }
    }

    #[test]
    fn a_tile_writes_the_columns_that_it_is_told_to() {
        for columns in 0..=10 {
            let mut target = [f32::NAN; 20];
            // SAFETY: two rows of at most eight columns, ten numbers apart, are within the target.
            unsafe { Tile::<2>::zeros().store(target.as_mut_ptr(), 10, columns) };
            for (index, value) in target.iter().enumerate() {
                assert_eq!(*value == 0.0, index % 10 < columns.min(COLUMNS), "{columns} columns, number {index}");
            }
        }
    }
}
