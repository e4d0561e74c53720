//! Axes in another order, of elements of any dtype.

use core::ops::Range;

use crate::boxes::MOST_AXES;
use crate::runs::copy;
use crate::simd::lanes::U32x4;

/// An axis of the result, from the first to the last.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// Its length.
    pub length: usize,
    /// Elements of the input from one index to the next.
    pub stride: usize,
}

/// Rows of a block, which are neighbours in the input: as many 32-bit numbers as a cache line has.
const BLOCK_ROWS: usize = 16;

/// Columns of a block, which are neighbours in the output, taken by as many as a cache line has.
const BLOCK_COLUMNS: usize = 256;

/// Side of what is transposed in registers.
const SIDE: usize = 4;

/// How the work is divided.
enum Items {
    /// The last axis stays the last one: lines of it.
    Lines,
    /// Blocks of the axis of this index, the input's last one, and the last axis.
    Blocks { row_axis: usize },
}

fn items(axes: &[Axis]) -> Items {
    let neighbours = axes.iter().position(|axis| axis.stride == 1).unwrap_or(0);
    if neighbours == axes.len() - 1 { Items::Lines } else { Items::Blocks { row_axis: neighbours } }
}

/// How many items of work there are.
pub fn count(axes: &[Axis]) -> usize {
    let (columns, outer) = (axes[axes.len() - 1].length, &axes[..axes.len() - 1]);
    let lines: usize = outer.iter().map(|axis| axis.length).product();
    match items(axes) {
        Items::Lines => lines,
        Items::Blocks { row_axis } => {
            let rows = axes[row_axis].length;
            lines / rows * rows.div_ceil(BLOCK_ROWS) * columns.div_ceil(BLOCK_COLUMNS)
        }
    }
}

/// Writes the items `range` of the result to `y`.
///
/// # Safety
/// There are 1 to [`MOST_AXES`] axes. They have lengths of 1 or more, and one of them the stride 1. `x` is the address of the elements that their
/// strides reach, `y` that of as many as their lengths make; nothing else uses those of these items.
pub unsafe fn transpose<T: Copy>(axes: &[Axis], range: Range<usize>, x: *const T, y: *mut T) {
    let columns = axes[axes.len() - 1];
    match items(axes) {
        Items::Lines => {
            let outer = &axes[..axes.len() - 1];
            let (mut at, mut rest, mut place) = (0, range.start, [0; MOST_AXES]);
            for (place, axis) in place[..outer.len()].iter_mut().zip(outer).rev() {
                (rest, *place) = split(rest, axis.length);
                at += *place * axis.stride;
            }
            let bytes = columns.length * size_of::<T>();
            for line in range {
                // SAFETY: upheld by this function's own contract: a line of the input, and one of the output.
                unsafe {
                    let source = core::slice::from_raw_parts(x.add(at).cast(), bytes);
                    copy(source, core::slice::from_raw_parts_mut(y.add(line * columns.length).cast(), bytes));
                }
                for (place, axis) in place[..outer.len()].iter_mut().zip(outer).rev() {
                    (*place, at) = (*place + 1, at + axis.stride);
                    if *place < axis.length {
                        break;
                    }
                    (*place, at) = (0, at - axis.length * axis.stride);
                }
            }
        }
        Items::Blocks { row_axis } => {
            let rows = axes[row_axis].length;
            let row_step: usize = axes[row_axis + 1..].iter().map(|axis| axis.length).product();
            for item in range {
                let (rest, column) = split(item, columns.length.div_ceil(BLOCK_COLUMNS));
                let (mut rest, row) = split(rest, rows.div_ceil(BLOCK_ROWS));
                let (row, column) = (row * BLOCK_ROWS, column * BLOCK_COLUMNS);
                let (mut from, mut to, mut step) = (column * columns.stride + row, row * row_step + column, 1);
                for (index, axis) in axes.iter().enumerate().rev() {
                    if index != row_axis && index != axes.len() - 1 {
                        let place;
                        (rest, place) = split(rest, axis.length);
                        from += place * axis.stride;
                        to += place * step;
                    }
                    step *= axis.length;
                }
                let size = [BLOCK_ROWS.min(rows - row), BLOCK_COLUMNS.min(columns.length - column)];
                // SAFETY: upheld by this function's own contract: a block of the input, and one of the output.
                unsafe { block(size, x.add(from), columns.stride, y.add(to), row_step) };
            }
        }
    }
}

fn split(index: usize, count: usize) -> (usize, usize) {
    (index / count, index % count)
}

/// Transposes a block of `[rows, columns]` of the output: row `row`, column `column` is element `row` of the input's
/// line `column`. Lines of the input are `x_step` apart, rows of the output `y_step`.
///
/// # Safety
/// `x` and `y` are the addresses of such elements.
unsafe fn block<T: Copy>([rows, columns]: [usize; 2], x: *const T, x_step: usize, y: *mut T, y_step: usize) {
    let is_wide = size_of::<T>() == size_of::<u32>();
    let (wide_rows, wide_columns) = if is_wide { (rows / SIDE * SIDE, columns / SIDE * SIDE) } else { (0, 0) };
    // SAFETY: all rows and columns are below those of the block.
    unsafe {
        let scalars = |rows: Range<usize>, columns: Range<usize>| {
            for row in rows {
                for column in columns.clone() {
                    *y.add(row * y_step + column) = *x.add(column * x_step + row);
                }
            }
        };
        let mut begin = 0;
        while begin < wide_columns {
            let end = wide_columns.min(begin + BLOCK_ROWS);
            for row in (0..wide_rows).step_by(SIDE) {
                for column in (begin..end).step_by(SIDE) {
                    let line = |index: usize| U32x4::load(x.add((column + index) * x_step + row).cast());
                    let turned = U32x4::transposed([line(0), line(1), line(2), line(3)]);
                    for (index, vector) in turned.into_iter().enumerate() {
                        vector.store(y.add((row + index) * y_step + column).cast());
                    }
                }
            }
            begin = end;
        }
        scalars(0..wide_rows, wide_columns..columns);
        scalars(wide_rows..rows, 0..columns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;

    /// The axes of the result, for an input of `shape`.
    fn axes(shape: &[usize], order: &[usize]) -> Vec<Axis> {
        let stride = |axis: usize| shape[axis + 1..].iter().product();
        order.iter().map(|&axis| Axis { length: shape[axis], stride: stride(axis) }).collect()
    }

    fn expected(axes: &[Axis], x: &[u32]) -> Vec<u32> {
        let count = axes.iter().map(|axis| axis.length).product();
        (0..count)
            .map(|mut rest: usize| {
                let mut at = 0;
                for axis in axes.iter().rev() {
                    (at, rest) = (at + rest % axis.length * axis.stride, rest / axis.length);
                }
                x[at]
            })
            .collect()
    }

    #[test]
    fn elements_are_where_their_indices_say_in_any_parts() {
        let cases: [(&[usize], &[usize]); 9] = [
            (&[5, 3], &[1, 0]),
            (&[70, 37], &[1, 0]),
            (&[16, 600], &[1, 0]),
            (&[600, 16], &[1, 0]),
            (&[3, 20, 18], &[0, 2, 1]),
            (&[4, 5, 6], &[2, 0, 1]),
            (&[4, 5, 6], &[1, 0, 2]),
            (&[3, 4, 5, 6], &[3, 1, 0, 2]),
            (&[2, 3, 4, 2, 9], &[1, 4, 3, 0, 2]),
        ];
        for (shape, order) in cases {
            let axes = axes(shape, order);
            let x: Vec<u32> = (0..shape.iter().product::<usize>() as u32).collect();
            let expected = expected(&axes, &x);
            for parts in [1, 3] {
                let mut y = vec![u32::MAX; x.len()];
                for part in naive::parts(parts) {
                    // SAFETY: `x` has all that the strides reach, and `y` as many elements.
                    unsafe { transpose(&axes, part.of(count(&axes)), x.as_ptr(), y.as_mut_ptr()) };
                }
                assert_eq!(y, expected, "{shape:?} {order:?}");
            }
            let narrow: Vec<u8> = x.iter().map(|&x| x as u8).collect();
            let mut y = vec![0_u8; x.len()];
            // SAFETY: as above.
            unsafe { transpose(&axes, 0..count(&axes), narrow.as_ptr(), y.as_mut_ptr()) };
            assert!(y.iter().zip(&expected).all(|(&y, &x)| y == x as u8));
        }
    }
}
