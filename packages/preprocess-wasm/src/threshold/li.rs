//! Li's threshold: the one at which the cross entropy between a picture and its two classes is least.
//!
//! C. H. Li and P. K. S. Tam, "An iterative algorithm for minimum cross entropy thresholding", Pattern Recognition
//! Letters 19(8), 1998, as scikit-image `skimage/filters/thresholding.py` has it, `threshold_li` of an 8-bit picture.

use crate::histogram::Histogram;

/// A step of at most this many levels is the last.
const TOLERANCE: f64 = 0.5;

/// The threshold, in levels: those above it are the lighter class. The level itself where only one occurs. `counts`
/// holds at least one pixel.
///
/// ```text
/// t = mean of all levels, counted from the lowest that occurs
/// repeat: t = (dark - light) / (ln dark - ln light)        dark, light: means of the levels up to t, and above it
/// ```
///
/// Both means rise with t, and t with them: all steps go one way, so that they end.
#[must_use]
pub fn li_threshold(counts: &Histogram) -> f64 {
    let occurs = |&count: &u32| count > 0;
    let lowest = counts.iter().position(occurs).unwrap_or(0);
    let highest = counts.iter().rposition(occurs).unwrap_or(0);
    if lowest == highest {
        return lowest as f64;
    }
    let counts = &counts[lowest..=highest];
    let mut threshold = mean(counts, 0, f64::from);
    let mut previous = -2.0 * TOLERANCE;
    while (threshold - previous).abs() > TOLERANCE {
        previous = threshold;
        // The mean of a class lies below its highest level, so that the light class is never empty.
        let (dark, light) = counts.split_at(threshold as usize + 1);
        // scikit-image has counts of 32 bits here, 24 of them significant.
        let dark_mean = mean(dark, 0, |count| f64::from(count as f32));
        if dark_mean == 0.0 {
            break;
        }
        let light_mean = mean(light, dark.len(), |count| f64::from(count as f32));
        threshold = (dark_mean - light_mean) / (libm::log(dark_mean) - libm::log(light_mean));
    }
    threshold + lowest as f64
}

/// Mean of the levels from `first` on. All sums are whole numbers below 2^53: their order does not matter.
fn mean(counts: &[u32], first: usize, weight: impl Fn(u32) -> f64) -> f64 {
    let (mut sum, mut pixels) = (0.0, 0.0);
    for (index, &count) in counts.iter().enumerate() {
        sum += (first + index) as f64 * weight(count);
        pixels += weight(count);
    }
    sum / pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold_of(levels: &[(u8, u32)]) -> f64 {
        let mut counts = [0; 256];
        for &(level, count) in levels {
            counts[usize::from(level)] = count;
        }
        li_threshold(&counts)
    }

    #[test]
    fn one_level_is_its_own_threshold() {
        assert_eq!(threshold_of(&[(133, 90_000)]), 133.0);
    }

    #[test]
    fn two_levels_are_split_at_their_mean() {
        assert_eq!(threshold_of(&[(60, 500), (200, 500)]), 130.0);
    }
}
