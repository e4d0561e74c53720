//! Windows and weights of one axis.

use super::{FRACTION_BITS, Filter, LOW_BITS, PAIR};

/// The input pixels of one output pixel: `count` of them, from `start` on.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First input pixel.
    pub start: u32,
    /// Number of input pixels, at least 1.
    pub count: u32,
}

/// Windows and weights that turn one length into another.
#[derive(Clone, Copy, Debug)]
pub struct AxisPlan<'a> {
    /// Number of input pixels.
    source: usize,
    windows: &'a [Window],
    /// `[target][taps / PAIR][high, low][PAIR]`; 0 behind a window's count.
    weights: &'a [i16],
    taps: usize,
}

impl<'a> AxisPlan<'a> {
    /// A view of `windows` (one for each output pixel of `source` input pixels) and `weights` (`2 * taps` for each),
    /// filled by [`AxisPlan::fill`] for the same lengths and filter.
    #[must_use]
    pub fn new(source: usize, windows: &'a [Window], weights: &'a [i16], taps: usize) -> Self {
        assert!(taps.is_multiple_of(PAIR) && weights.len() == windows.len() * 2 * taps);
        let fits = |window: &Window| {
            (1..=taps).contains(&(window.count as usize))
                && (window.start as usize).saturating_add(window.count as usize) <= source
        };
        assert!(windows.iter().all(fits));
        Self { source, windows, weights, taps }
    }

    /// Computes the plan by `filter` from `source` pixels to `windows.len()` pixels, both at least 1.
    ///
    /// ```text
    /// scale   = source / target              support = filter's radius * max(1, scale)
    /// center  = (i + .5) * scale             window  = [int(center - support + .5), int(center + support + .5))
    /// weight  = filter((x + .5 - center) / max(1, scale)), divided by the window's sum, rounded to 22 bits
    /// ```
    pub fn fill(filter: Filter, source: usize, windows: &mut [Window], weights: &mut [i16]) {
        let target = windows.len();
        let taps = padded_taps(filter, source, target);
        let scale = source as f64 / target as f64;
        let support = filter.radius() * scale.max(1.0);
        let per_scale = 1.0 / scale.max(1.0);
        weights.fill(0);
        for (output, (window, weights)) in windows.iter_mut().zip(weights.chunks_exact_mut(2 * taps)).enumerate() {
            let center = (output as f64 + 0.5) * scale;
            // The casts truncate towards 0, as in C.
            let start = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(source);
            let value = |x: usize| filter.value((x as f64 - center + 0.5) * per_scale);
            let sum: f64 = (start..end).map(value).sum();
            for (tap, x) in (start..end).enumerate() {
                let weight = value(x) / sum * f64::from(1 << FRACTION_BITS);
                let weight = if weight < 0.0 { weight - 0.5 } else { weight + 0.5 } as i32;
                let high = tap / PAIR * 2 * PAIR + tap % PAIR;
                weights[high] = (weight >> LOW_BITS) as i16;
                weights[high + PAIR] = (weight & ((1 << LOW_BITS) - 1)) as i16;
            }
            *window = Window { start: start as u32, count: (end - start) as u32 };
        }
    }

    /// Number of output pixels.
    #[must_use]
    pub fn target(&self) -> usize {
        self.windows.len()
    }

    /// Window and weights of each output pixel; the weights of at least the window's taps, as `[taps / PAIR][high,
    /// low][PAIR]`.
    #[inline(always)]
    pub fn outputs(&self) -> impl Iterator<Item = (Window, &'a [i16])> {
        self.windows.iter().copied().zip(self.weights.chunks_exact(2 * self.taps))
    }

    /// Number of input pixels.
    #[must_use]
    pub fn source(&self) -> usize {
        self.source
    }
}

/// Weights kept for each output pixel: Pillow's `ceil(support) * 2 + 1`, rounded up to whole pairs.
#[must_use]
pub fn padded_taps(filter: Filter, source: usize, target: usize) -> usize {
    let support = filter.radius() * (source as f64 / target as f64).max(1.0);
    (2 * libm::ceil(support) as usize + 1).next_multiple_of(PAIR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(filter: Filter, source: usize, target: usize) -> (Vec<Window>, Vec<i16>, usize) {
        let taps = padded_taps(filter, source, target);
        let mut windows = vec![Window::default(); target];
        let mut weights = vec![-1; target * 2 * taps];
        AxisPlan::fill(filter, source, &mut windows, &mut weights);
        (windows, weights, taps)
    }

    #[test]
    fn every_window_lies_in_the_source_and_its_weights_sum_to_one() {
        for (filter, source) in Filter::ALL.into_iter().flat_map(|filter| (1..60).map(move |source| (filter, source))) {
            for target in 1..60 {
                let (windows, weights, taps) = planned(filter, source, target);
                let plan = AxisPlan::new(source, &windows, &weights, taps);
                for (window, weights) in plan.outputs() {
                    assert!(window.count >= 1 && (window.start + window.count) as usize <= source);
                    assert!(window.count as usize <= taps && (window.start + window.count) as usize <= source);
                    let sum: i32 = weights
                        .chunks_exact(2 * PAIR)
                        .flat_map(|pair| pair[..PAIR].iter().zip(&pair[PAIR..]))
                        .map(|(&high, &low)| (i32::from(high) << LOW_BITS) + i32::from(low))
                        .sum();
                    // Each weight is rounded on its own: by at most half a unit per tap.
                    assert!((sum - (1 << FRACTION_BITS)).abs() <= window.count.div_ceil(2) as i32);
                }
            }
        }
    }

    #[test]
    fn a_length_that_stays_is_left_alone() {
        for filter in Filter::ALL {
            let (windows, weights, taps) = planned(filter, 5, 5);
            for (output, (window, weights)) in AxisPlan::new(5, &windows, &weights, taps).outputs().enumerate() {
                let own = output - window.start as usize;
                assert_eq!(weights[own / PAIR * 2 * PAIR + own % PAIR], 1 << (FRACTION_BITS - LOW_BITS));
            }
        }
    }
}
