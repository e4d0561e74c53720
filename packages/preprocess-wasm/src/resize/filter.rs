//! The filters of a resize: the weight of an input pixel by its distance from the output pixel's center.
//!
//! Source: Pillow 13.0.0 `src/libImaging/Resample.c`, whose doubles these are, operation by operation.

use core::f64::consts::PI;

/// A filter. Distances are in output pixels if the picture shrinks, else in input pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The mean of the pixels that lie in the output pixel; the nearest pixel if the picture grows.
    Box,
    /// A triangle.
    Bilinear,
    /// A raised cosine times sinc: as sharp as bicubic, at the cost of bilinear.
    Hamming,
    /// Keys' cubic, a = -0.5.
    Bicubic,
    /// A sinc of three lobes.
    Lanczos3,
}

impl Filter {
    /// All filters, in the order of their numbers for foreign callers.
    pub const ALL: [Self; 5] = [Self::Box, Self::Bilinear, Self::Hamming, Self::Bicubic, Self::Lanczos3];

    /// Distance from which on weights are 0.
    #[must_use]
    pub fn radius(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }

    /// Weight at a distance, before it is divided by the sum of a window's weights.
    #[must_use]
    pub fn value(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            // Half-open, so that a pixel between two output pixels counts once.
            Self::Box => f64::from(-0.5 < distance && distance <= 0.5),
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Hamming if x == 0.0 => 1.0,
            Self::Hamming if x >= 1.0 => 0.0,
            Self::Hamming => {
                let x = x * PI;
                libm::sin(x) / x * (f64::from(0.54_f32) + f64::from(0.46_f32) * libm::cos(x))
            }
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            Self::Bicubic => 0.0,
            Self::Lanczos3 if (-3.0..3.0).contains(&distance) => sinc(distance) * sinc(distance / 3.0),
            Self::Lanczos3 => 0.0,
        }
    }
}

/// Keys' parameter of the cubic.
const A: f64 = -0.5;

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { libm::sin(x * PI) / (x * PI) }
}
