//! What needs no neighbours: numbers one by one, and boxes of a tensor.

use core::ops::Range;

/// Writes each number of `x`, or the bound that it is beyond, to `y`. A NaN stays one.
pub fn clip(x: &[f32], least: f32, most: f32, y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        let above = if x < least { least } else { x };
        let clipped = if above > most { most } else { above };
        // Said once more: of such comparisons the compiler makes relaxed minima and maxima, which may drop a NaN.
        *y = if x.is_nan() { x } else { clipped };
    }
}

/// Writes each truth value of `x` as 0 or 1 to `y`.
pub fn widen(x: &[u8], y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f32::from(x);
    }
}

/// Whether all numbers are finite: none is NaN or infinite.
pub fn are_finite(x: &[f32]) -> bool {
    // No early exit: so the compiler can vectorize it.
    x.iter().fold(true, |all, x| all & x.is_finite())
}

/// One axis of a box that is cut out of a tensor.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// Length in the tensor.
    pub size: usize,
    /// First index in the box.
    pub first: usize,
    /// Length in the box.
    pub length: usize,
}

/// How many rows a box has: runs along its last axis.
pub fn rows(axes: &[Axis]) -> usize {
    axes[..axes.len() - 1].iter().map(|axis| axis.length).product()
}

/// Writes the rows `rows` of a box of `x` to `y`. Elements have `width` bytes.
///
/// # Panics
/// If the box is not within `x`, or `y` does not have as many bytes as these rows.
pub fn cut(axes: &[Axis], width: usize, rows: Range<usize>, x: &[u8], y: &mut [u8]) {
    let (last, outer) = (axes[axes.len() - 1], &axes[..axes.len() - 1]);
    let bytes = last.length * width;
    assert!(y.len() == rows.len() * bytes && bytes > 0);
    for (row, target) in rows.zip(y.chunks_exact_mut(bytes)) {
        let (mut rest, mut step, mut at) = (row, last.size, last.first);
        for axis in outer.iter().rev() {
            at += (axis.first + rest % axis.length) * step;
            rest /= axis.length;
            step *= axis.size;
        }
        target.copy_from_slice(&x[at * width..][..bytes]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced};

    #[test]
    fn numbers_are_kept_within_bounds_and_nan_stays() {
        let mut y = [0.0; 5];
        clip(&[-2.0, 0.5, 2.0, f32::NAN, f32::INFINITY], -1.0, 1.0, &mut y);
        assert_eq!(y[..3], [-1.0, 0.5, 1.0]);
        assert!(y[3].is_nan() && y[4] == 1.0);
    }

    #[test]
    fn truth_values_become_numbers() {
        let x: Vec<u8> = (0..37).map(|index| u8::from(index % 3 == 0)).collect();
        let mut y = Fenced::unset(37);
        widen(&x, y.inside_mut());
        assert!(y.check().iter().zip(&x).all(|(&y, &x)| y == f32::from(x)));
    }

    #[test]
    fn the_one_number_that_is_not_finite_is_found_wherever_it_is() {
        for count in 0..=33 {
            let mut x = vec![f32::MAX; count];
            x.iter_mut().step_by(2).for_each(|x| *x = f32::MIN);
            x.iter_mut().step_by(3).for_each(|x| *x = f32::from_bits(1));
            assert!(are_finite(&x));
            for index in 0..count {
                for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::from_bits(0x7f80_0001)] {
                    let good = core::mem::replace(&mut x[index], bad);
                    assert!(!are_finite(&x), "{bad} at {index} of {count}");
                    x[index] = good;
                }
            }
        }
    }

    #[test]
    fn a_box_is_cut_out_in_any_parts() {
        // [3, 4, 5], of which [1..3, 0..2, 2..5].
        let axis = |size, first, length| Axis { size, first, length };
        let axes = [axis(3, 1, 2), axis(4, 0, 2), axis(5, 2, 3)];
        let x: Vec<u8> = (0..120).collect();
        let expected: Vec<u8> = [22, 27, 42, 47].into_iter().flat_map(|first| 2 * first..2 * (first + 3)).collect();
        for count in [1, 2, 3, 4] {
            let mut y = vec![0; expected.len()];
            for part in naive::parts(count) {
                let rows = part.of(rows(&axes));
                cut(&axes, 2, rows.clone(), &x, &mut y[rows.start * 6..rows.end * 6]);
            }
            assert_eq!(y, expected);
        }
    }
}
