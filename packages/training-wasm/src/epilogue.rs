//! What follows a convolution's sums while they are still in registers: a bias per channel, a normalization, and an
//! activation.

use crate::simd::lanes::F32x4;
use crate::simd::tile::COLUMNS;

/// Numbers of the normalization of `channels` channels.
pub const fn normalization_floats(channels: usize) -> usize {
    3 * channels.next_multiple_of(COLUMNS)
}

/// An activation, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// 0: none.
    Linear,
    /// 1: max(x, 0).
    Relu,
    /// 2: min(max(x, 0), 6).
    Relu6,
}

impl Activation {
    /// The activation with this code.
    ///
    /// # Panics
    /// If there is none.
    pub fn of_code(code: u32) -> Self {
        assert!(code < 3, "an activation's code is 0, 1 or 2");
        if code == 0 {
            Self::Linear
        } else if code == 1 {
            Self::Relu
        } else {
            Self::Relu6
        }
    }

    /// Its values. A NaN stays one.
    #[inline(always)]
    pub fn of(self, x: F32x4) -> F32x4 {
        if self == Self::Linear {
            return x;
        }
        let y = x.relu();
        if self == Self::Relu6 {
            let six = F32x4::splat(6.0);
            return six.or_else(y, six.less_than(y));
        }
        y
    }
}

/// A bias, a normalization and an activation.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// One number per channel, or none.
    pub bias: &'a [f32],
    /// Applied after the bias: means, factors and offsets of all channels, `(x - mean) * factor + offset`, each padded
    /// to a multiple of eight. Or none.
    pub normalization: &'a [f32],
    /// Applied at last.
    pub activation: Activation,
}

impl Epilogue<'_> {
    /// Sums as they are. Not a constant, which would be read from the data section that kernels do not have.
    pub const fn none() -> Self {
        Self { bias: &[], normalization: &[], activation: Activation::Linear }
    }

    /// The outputs of `sums` of the four channels from `channel` on.
    #[inline(always)]
    pub fn of(self, sums: F32x4, channel: usize) -> F32x4 {
        self.of_biased(sums + self.bias_of(channel), channel)
    }

    /// The outputs of the four channels from `channel` on, to whose sums the bias was added.
    #[inline(always)]
    pub fn of_biased(self, biased: F32x4, channel: usize) -> F32x4 {
        if self.normalization.is_empty() {
            return self.activation.of(biased);
        }
        let channels = self.normalization.len() / 3;
        // SAFETY: the slice is bounded.
        let [mean, factor, offset] =
            [0, 1, 2].map(|row| unsafe { F32x4::load(self.normalization[row * channels + channel..][..4].as_ptr()) });
        self.activation.of((biased - mean) * factor + offset)
    }

    /// The bias of the four channels from `channel` on.
    #[inline(always)]
    pub fn bias_of(self, channel: usize) -> F32x4 {
        if self.bias.is_empty() {
            return F32x4::splat(0.0);
        }
        // SAFETY: the slice is bounded.
        unsafe { F32x4::load(self.bias[channel..channel + 4].as_ptr()) }
    }

    /// The output of one `sum` of channel `channel`.
    #[inline(always)]
    pub fn of_one(self, sum: f32, channel: usize) -> f32 {
        let bias = if self.bias.is_empty() { 0.0 } else { self.bias[channel] };
        let mut y = sum + bias;
        if !self.normalization.is_empty() {
            let channels = self.normalization.len() / 3;
            let [mean, factor, offset] = [0, 1, 2].map(|row| self.normalization[row * channels + channel]);
            y = (y - mean) * factor + offset;
        }
        let mut lanes = [0.0; 4];
        // SAFETY: four numbers are writable.
        unsafe { self.activation.of(F32x4::splat(y)).store(lanes.as_mut_ptr()) };
        lanes[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_clip_and_keep_nan() {
        let values = [-1.0, -0.0, 5.5, 7.0, f32::INFINITY, f32::NEG_INFINITY];
        let of = |code, value| Epilogue { activation: Activation::of_code(code), ..Epilogue::none() }.of_one(value, 0);
        assert_eq!(values.map(|value| of(0, value)), values);
        assert_eq!(values.map(|value| of(1, value)), [0.0, 0.0, 5.5, 7.0, f32::INFINITY, 0.0]);
        assert_eq!(values.map(|value| of(2, value)), [0.0, 0.0, 5.5, 6.0, 6.0, 0.0]);
        for code in 0..3 {
            assert!(of(code, f32::NAN).is_nan() && of(code, -f32::NAN).is_nan());
        }
    }

    #[test]
    fn channels_are_normalized_after_the_bias_and_before_the_activation() {
        // Two channels: means, factors and offsets, each padded to eight.
        let rows: [[f32; 2]; 3] = [[1.0, -2.0], [0.5, 3.0], [-4.0, 1.0]];
        let normalization = rows.map(|[first, second]| [first, second, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).concat();
        assert_eq!(normalization.len(), normalization_floats(2));
        let bias = [1.0, 2.0, 0.0, 0.0];
        let expected = [(7.0 + 1.0 - 1.0) * 0.5 - 4.0, (7.0 + 2.0 + 2.0) * 3.0 + 1.0];
        for (code, clipped) in [(0, expected), (1, [0.0, 34.0]), (2, [0.0, 6.0])] {
            let epilogue =
                Epilogue { bias: &bias, normalization: &normalization, activation: Activation::of_code(code) };
            let mut lanes = [0.0; 4];
            // SAFETY: four numbers are writable.
            unsafe { epilogue.of(F32x4::splat(7.0), 0).store(lanes.as_mut_ptr()) };
            assert_eq!(lanes[..2], clipped);
            assert_eq!([0, 1].map(|channel| epilogue.of_one(7.0, channel)), clipped);
        }
    }

    #[test]
    #[should_panic = "code"]
    fn another_code_is_refused() {
        Activation::of_code(3);
    }
}
