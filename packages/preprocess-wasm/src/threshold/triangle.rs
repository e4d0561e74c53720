//! The triangle method: the level below which a histogram with one high peak and a long tail bends most.
//!
//! G. Zack, W. Rogers and S. Latt, "Automatic measurement of sister chromatid exchange frequency", Journal of
//! Histochemistry and Cytochemistry 25(7), 1977, as in OpenCV `modules/imgproc/src/thresh.cpp`,
//! `getThreshVal_Triangle_8u`.

use crate::histogram::Histogram;

/// The threshold, -1..=256: the levels above it are the lighter class, all of them for -1, none for 256.
/// `counts` holds at least one pixel.
///
/// ```text
///     peak      mirrored, if the longer tail is the light one
///    ╱│         distance = height * i - (peak - left) * counts[i]: how far i lies below the line from `left`,
///   ╱ │                    the level before the first that occurs, to the peak; up to a factor and a sum
/// _╱__│         threshold = the level before the one that is farthest
/// ```
///
/// Numbers stay below 2^41; OpenCV's doubles represent them exactly, too.
#[must_use]
pub fn triangle_threshold(counts: &Histogram) -> i32 {
    let occurs = |&count: &u32| count > 0;
    let lowest = counts.iter().position(occurs).unwrap_or(0);
    let highest = counts.iter().rposition(occurs).unwrap_or(0);
    let (mut left, right) = (lowest.saturating_sub(1), (highest + 1).min(255));
    let (mut peak, mut height) = (0, 0);
    for (level, &count) in counts.iter().enumerate() {
        if count > height {
            (peak, height) = (level, count);
        }
    }
    let is_mirrored = peak - left < right - peak;
    if is_mirrored {
        (left, peak) = (255 - right, 255 - peak);
    }

    let mut farthest = left;
    let mut largest_distance = 0;
    for i in left + 1..=peak {
        let count = counts[if is_mirrored { 255 - i } else { i }];
        let distance = i64::from(height) * i as i64 - (peak - left) as i64 * i64::from(count);
        if distance > largest_distance {
            (farthest, largest_distance) = (i, distance);
        }
    }
    let threshold = farthest as i32 - 1;
    if is_mirrored { 255 - threshold } else { threshold }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold_of(levels: &[(u8, u32)]) -> i32 {
        let mut counts = [0; 256];
        for &(level, count) in levels {
            counts[usize::from(level)] = count;
        }
        triangle_threshold(&counts)
    }

    #[test]
    fn a_tail_to_either_side_is_cut_where_it_bends() {
        let dark_tail: Vec<(u8, u32)> = (50..200).map(|level| (level, if level < 190 { 10 } else { 1000 })).collect();
        let light_tail: Vec<(u8, u32)> = dark_tail.iter().map(|&(level, count)| (255 - level, count)).collect();
        assert_eq!(threshold_of(&dark_tail), 188);
        assert_eq!(threshold_of(&light_tail), 255 - 188);
    }

    #[test]
    fn the_threshold_lies_beyond_the_levels_where_nothing_bends() {
        assert_eq!(threshold_of(&[(0, 3), (1, 5)]), -1);
        assert_eq!(threshold_of(&[(253, 6), (254, 5), (255, 1)]), 256);
    }

    #[test]
    fn the_largest_counts_do_not_overflow() {
        assert_eq!(threshold_of(&[(0, u32::MAX), (254, u32::MAX)]), 2);
    }
}
