//! Otsu's threshold: the gray level that best separates dark from light.
//!
//! N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9(1), 1979. The order of the
//! floating-point operations is that of OpenCV `modules/imgproc/src/thresh.cpp`, `getThreshVal_Otsu`, since on ties the
//! last bit decides which level wins. WebAssembly has no fused multiply-add on doubles, and rustc makes none.

use crate::histogram::{Histogram, Histogram16};

/// A class lighter than this share of the pixels is not a class. OpenCV's `FLT_EPSILON`.
const SMALLEST_SHARE: f64 = f32::EPSILON as f64;

/// The level `t` that maximizes the variance between the classes `level <= t` and `level > t`; the lowest of equals,
/// and 0 if all pixels have the same level. `counts` holds at least one pixel.
#[must_use]
pub fn otsu_threshold(counts: &Histogram) -> u8 {
    best_split(counts) as u8
}

/// As [`otsu_threshold`], for 16-bit levels.
#[must_use]
pub fn otsu_threshold_16(counts: &Histogram16) -> u16 {
    best_split(counts) as u16
}

/// Shared by both depths.
///
/// Legend: `p` share of level i; `q1`, `q2` shares of the classes; `mu1`, `mu2` their means; `mu` the mean of all.
#[inline(never)]
fn best_split(counts: &[u32]) -> usize {
    let pixels: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let scale = 1.0 / pixels as f64;
    let mut mu = 0.0;
    for (level, &count) in counts.iter().enumerate() {
        mu += level as f64 * f64::from(count);
    }
    mu *= scale;

    let mut threshold = 0;
    let mut largest_variance = 0.0;
    let mut mu1 = 0.0;
    let mut q1 = 0.0;
    for (level, &count) in counts.iter().enumerate() {
        let p = f64::from(count) * scale;
        mu1 *= q1;
        q1 += p;
        let q2 = 1.0 - q1;
        if q1.min(q2) < SMALLEST_SHARE || q1.max(q2) > 1.0 - SMALLEST_SHARE {
            continue;
        }
        mu1 = (mu1 + level as f64 * p) / q1;
        let mu2 = (mu - q1 * mu1) / q2;
        let variance = q1 * q2 * (mu1 - mu2) * (mu1 - mu2);
        if variance > largest_variance {
            largest_variance = variance;
            threshold = level;
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold_of(levels: &[(u8, u32)]) -> u8 {
        let mut counts = [0; 256];
        for &(level, count) in levels {
            counts[usize::from(level)] = count;
        }
        otsu_threshold(&counts)
    }

    #[test]
    fn two_levels_are_split_at_the_lower_one() {
        assert_eq!(threshold_of(&[(60, 500), (200, 500)]), 60);
    }

    #[test]
    fn one_level_gives_zero() {
        assert_eq!(threshold_of(&[(133, 90_000)]), 0);
    }

    #[test]
    fn sixteen_bit_levels_have_thresholds_beyond_255() {
        let mut counts = vec![0; 65_536];
        counts[300] = 500;
        counts[65_000] = 500;
        assert_eq!(otsu_threshold_16(counts.as_slice().try_into().unwrap()), 300);
    }

    #[test]
    fn a_class_below_float_epsilon_is_no_class() {
        assert_eq!(threshold_of(&[(60, 1), (200, 8_000_000)]), 60);
        assert_eq!(threshold_of(&[(60, 1), (200, 9_000_000)]), 0);
    }
}
