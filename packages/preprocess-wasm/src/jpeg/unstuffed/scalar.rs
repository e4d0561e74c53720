//! Unstuffing, byte by byte.

/// Writes `bytes` up to the first marker to the end of `reversed`, the first one last. Returns how many were read, and where the last one is.
///
/// # Panics
/// If `reversed` is shorter than `bytes` and [`super::SLACK`].
pub fn unstuffed(bytes: &[u8], reversed: &mut [u8]) -> (usize, usize) {
    rest_unstuffed(bytes, reversed, 0, reversed.len())
}

/// [`unstuffed`] of what is left, behind `read` bytes whose last one is at `end`.
pub(super) fn rest_unstuffed(bytes: &[u8], reversed: &mut [u8], mut read: usize, mut end: usize) -> (usize, usize) {
    while let Some(&byte) = bytes.get(read) {
        if byte == 0xff && bytes.get(read + 1) != Some(&0) {
            break;
        }
        end -= 1;
        reversed[end] = byte;
        read += if byte == 0xff { 2 } else { 1 };
    }
    (read, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_behind_0xff_are_left_out_up_to_the_first_marker() {
        let mut reversed = [7; 9];
        assert_eq!(unstuffed(&[1, 0xff, 0, 0xff, 0, 0, 2, 0xff, 0xd9, 3], &mut reversed), (7, 4));
        assert_eq!(reversed, [7, 7, 7, 7, 2, 0, 0xff, 0xff, 1]);
    }

    #[test]
    fn a_scan_may_end_without_a_marker_or_within_one() {
        let mut reversed = [7; 3];
        assert_eq!(unstuffed(&[1, 2], &mut reversed), (2, 1));
        assert_eq!(unstuffed(&[1, 2, 0xff], &mut reversed), (2, 1));
        assert_eq!(unstuffed(&[], &mut reversed), (0, 3));
    }
}
