//! Sums of rows by the segment that each belongs to: the gradient of a look-up of rows.

use core::ops::AddAssign;

/// Writes the sum of the rows of `x` that belong to each segment to `sums`, `[segments, width]`: row `index` of `x`
/// belongs to segment `ids[index]`. Rows are added in their order. Those of segments that are not there, such as -1,
/// are left out.
///
/// # Panics
/// If `x` has not a row for each id.
pub fn segment_sum<T: AddAssign + Copy + Default>(x: &[T], ids: &[i32], width: usize, sums: &mut [T]) {
    assert!(x.len() == ids.len() * width);
    sums.fill(T::default());
    if width == 0 {
        return;
    }
    for (row, &id) in x.chunks_exact(width).zip(ids) {
        let target = usize::try_from(id).ok().and_then(|id| sums.chunks_exact_mut(width).nth(id));
        for (sum, &value) in target.into_iter().flatten().zip(row) {
            *sum += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_to_their_segments_and_others_are_left_out() {
        let mut sums = [9.0; 6];
        segment_sum(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[2, 0, -1, 2], 2, &mut sums);
        assert_eq!(sums, [3.0, 4.0, 0.0, 0.0, 8.0, 10.0]);
        segment_sum(&[1.0, 2.0], &[3, i32::MAX], 1, &mut sums);
        assert_eq!(sums, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn whole_numbers_are_added_as_such() {
        let mut sums = [0];
        segment_sum(&[(1 << 24) + 1, 1], &[0, 0], 1, &mut sums);
        assert_eq!(sums, [(1 << 24) + 2]);
    }
}
