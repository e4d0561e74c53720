//! Boxes of a tensor: cut out of it, around it, or partly beyond it, where a constant is.

use crate::runs::copy;

/// Most axes: TensorFlow.js' tensors have up to six.
pub const MOST_AXES: usize = 8;

/// One axis of a box.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// Length in the tensor.
    pub size: usize,
    /// Index in the tensor of the box's first: negative if the box begins before the tensor.
    pub first: isize,
    /// Length in the box.
    pub length: usize,
}

/// Elements of a box.
pub fn elements(axes: &[Axis]) -> usize {
    axes.iter().map(|axis| axis.length).product()
}

/// Writes the elements of a box of `x` from element `begin` on to `y`, and `value` where `x` has none.
///
/// # Panics
/// If `x` has not as many elements as its axes say, or there are no axes, or more than [`MOST_AXES`].
pub fn cut<T: Copy>(axes: &[Axis], value: T, begin: usize, x: &[T], y: &mut [T]) {
    let (last, outer) = (axes[axes.len() - 1], &axes[..axes.len() - 1]);
    assert!(x.len() == axes.iter().map(|axis| axis.size).product::<usize>());
    let (mut line, mut column, mut rest) = (begin / last.length, begin % last.length, y);
    let mut place = [0; MOST_AXES];
    for (place, axis) in place[..outer.len()].iter_mut().zip(outer).rev() {
        (*place, line) = (line % axis.length, line / axis.length);
    }
    while !rest.is_empty() {
        // Before the tensor, an index wraps around, and is large.
        let mut at = Some(0);
        for (&place, axis) in place.iter().zip(outer) {
            let index = place.wrapping_add_signed(axis.first);
            at = at.filter(|_| index < axis.size).map(|at| at * axis.size + index);
        }
        let (target, after) = rest.split_at_mut((last.length - column).min(rest.len()));
        match at {
            Some(at) => cut_line(last, value, column, &x[at * last.size..][..last.size], target),
            None => target.fill(value),
        }
        (rest, column) = (after, 0);
        for (place, axis) in place[..outer.len()].iter_mut().zip(outer).rev() {
            *place += 1;
            if *place < axis.length {
                break;
            }
            *place = 0;
        }
    }
}

/// Along one axis.
#[inline(always)]
fn cut_line<T: Copy>(axis: Axis, value: T, begin: usize, x: &[T], y: &mut [T]) {
    let first = axis.first.saturating_add_unsigned(begin);
    let before = usize::try_from(-first).unwrap_or(0).min(y.len());
    let at = usize::try_from(first).unwrap_or(0).min(x.len());
    let (outside, inside) = y.split_at_mut(before);
    let (inside, beyond) = inside.split_at_mut(inside.len().min(x.len() - at));
    outside.fill(value);
    copy(bytes(&x[at..][..inside.len()]), bytes_mut(inside));
    beyond.fill(value);
}

fn bytes<T: Copy>(values: &[T]) -> &[u8] {
    // SAFETY: the bytes of initialized numbers; there are two types of elements, without padding.
    unsafe { core::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

fn bytes_mut<T: Copy>(values: &mut [T]) -> &mut [u8] {
    // SAFETY: as for `bytes`; any bytes are such numbers.
    unsafe { core::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;

    /// Element by element, from the last axis to the first.
    fn expected(axes: &[Axis], x: &[u32]) -> Vec<u32> {
        (0..elements(axes))
            .map(|mut rest| {
                let (mut at, mut step) = (0, 1);
                for axis in axes.iter().rev() {
                    let index = (rest % axis.length) as isize + axis.first;
                    if index < 0 || index >= axis.size as isize {
                        return 9999;
                    }
                    at += index as usize * step;
                    (step, rest) = (step * axis.size, rest / axis.length);
                }
                x[at]
            })
            .collect()
    }

    #[test]
    fn a_box_may_be_within_a_tensor_around_it_and_beyond_it_in_any_parts() {
        let axis = |size, first, length| Axis { size, first, length };
        for axes in [
            vec![axis(3, 1, 2), axis(4, 0, 2), axis(5, 2, 3)],
            vec![axis(3, -1, 5), axis(4, -2, 7), axis(5, -3, 9)],
            vec![axis(3, -1, 3), axis(4, 1, 5), axis(5, -9, 7)],
            vec![axis(7, 3, 20)],
            vec![axis(40, -5, 50)],
            vec![axis(0, -2, 5), axis(3, -1, 4)],
            vec![axis(2, 0, 2), axis(1, -4, 3), axis(6, 7, 2), axis(2, 0, 2)],
        ] {
            let x: Vec<u32> = (0..axes.iter().map(|axis| axis.size).product::<usize>() as u32).collect();
            let expected = expected(&axes, &x);
            for count in [1, 2, 3, 7] {
                let mut y = vec![77; expected.len()];
                for part in naive::parts(count) {
                    let range = part.of(y.len());
                    cut(&axes, 9999, range.start, &x, &mut y[range]);
                }
                assert_eq!(y, expected, "{axes:?}");
                let (x, mut narrow) = (x.iter().map(|&x| x as u8).collect::<Vec<_>>(), vec![77; y.len()]);
                cut(&axes, 9999_u32 as u8, 0, &x, &mut narrow);
                assert!(narrow.iter().zip(&expected).all(|(&y, &x)| y == x as u8));
            }
        }
    }
}
