//! Antialiased resize of gray planes or of pixels in colors, equal to Pillow 13's 8-bit result bit for bit.
//!
//! Two passes, rounded to 8 bits between: each output pixel is a weighted sum of a window of input pixels along one
//! axis. The windows and weights of an axis are an [`AxisPlan`], computed once per pair of lengths. One kernel serves
//! both passes, since it runs down columns, where neighbors in memory share their weights: the horizontal pass
//! transposes a stripe of rows, runs it, and transposes back.
//!
//! Source: Pillow 13.0.0 `src/libImaging/Resample.c`.

mod filter;
mod plan;
pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

pub use filter::Filter;
pub use plan::{AxisPlan, Window, padded_taps};
#[cfg(not(target_feature = "simd128"))]
pub use scalar::{transpose, weighted_rows};
#[cfg(target_feature = "simd128")]
pub use simd128::{transpose, weighted_rows};

/// Fraction bits of a weight: 32 bits, less 8 of the pixel and 2 of headroom (Pillow's `PRECISION_BITS`).
pub const FRACTION_BITS: u32 = 22;

/// One half, added before the shift: rounds to nearest.
pub const HALF: i32 = 1 << (FRACTION_BITS - 1);

/// Bits of the low half of a weight.
///
/// A weight needs 24 bits, but SIMD multiplies 16-bit lanes: it is kept as `high * 2^11 + low` with `0 <= low < 2^11`
/// and `|high| < 2^13`. The two sums are taken apart and joined at the end. 32-bit addition wraps and the joined sum
/// is an `i32`, as it is in Pillow, so the result is exact.
pub const LOW_BITS: u32 = 11;

/// Weights are kept for this many taps together: their high halves, then their low halves, since a SIMD dot product
/// takes two.
pub const PAIR: usize = 2;

/// Rows that the horizontal pass transposes at once. Two 16-byte vectors hold a column of them, so that an output pixel's
/// window and weights are looked up once for both.
pub const STRIPE: usize = 32;

/// The order of the two passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassOrder {
    /// Rows first.
    HorizontalFirst,
    /// Columns first.
    VerticalFirst,
}

impl PassOrder {
    /// Pillow 13's choice: columns first if the height shrinks by more than twice as much as the width.
    #[must_use]
    pub fn of(source: (usize, usize), target: (usize, usize)) -> Self {
        let shrinks_by = |from: usize, to: usize| from as i64 - to as i64;
        let (width, height) = (shrinks_by(source.0, target.0), shrinks_by(source.1, target.1));
        if height > 0 && height > 2 * width { Self::VerticalFirst } else { Self::HorizontalFirst }
    }
}

/// Rows that the horizontal pass takes together.
#[derive(Clone, Copy, Debug)]
pub struct Stripe<'a> {
    /// The rows' bytes.
    pub plane: Plane<'a>,
    /// Number of rows, at most [`STRIPE`].
    pub rows: usize,
    /// Pixels per row.
    pub width: usize,
    /// Bytes per pixel.
    pub depth: usize,
}

/// Bytes of scratch for [`horizontal_stripe`]: a stripe on its side, before and after. Saturates.
///
/// Before, there are `(width, depth)` columns; after, `(width, planes)`.
#[must_use]
pub fn stripe_scratch_bytes(before: (usize, usize), after: (usize, usize)) -> usize {
    let columns = |(width, bytes): (usize, usize)| width.saturating_mul(bytes);
    columns(before).saturating_add(columns(after)).saturating_mul(STRIPE)
}

/// The horizontal pass of a stripe: `[rows, width, depth]` to as many `[rows, plan.target()]` as `planes` says, which are the
/// first bytes of the pixels and begin `plane_size` bytes apart. Without a plan, the width stays.
pub fn horizontal_stripe(
    Stripe { plane, rows, width, depth }: Stripe,
    plan: Option<&AxisPlan>,
    planes: usize,
    plane_size: usize,
    scratch: &mut [u8],
    output: &mut [u8],
) {
    let (columns, resized) = scratch.split_at_mut(width * depth * STRIPE);
    // [rows, width, depth] to [width, depth, STRIPE]
    transpose(plane, (rows, width * depth), columns, STRIPE);
    let (columns, stride, width) = match plan {
        None => (&*columns, depth * STRIPE, width),
        Some(plan) => {
            // [width, depth, STRIPE] to [plan.target(), planes, STRIPE]
            let resized = &mut resized[..plan.target() * planes * STRIPE];
            weighted_rows(Plane { levels: columns, stride: depth * STRIPE }, planes * STRIPE, plan, resized);
            (&*resized, planes * STRIPE, plan.target())
        }
    };
    for (index, output) in output.chunks_mut(plane_size).take(planes).enumerate() {
        // [width, STRIPE] to [rows, width]
        transpose(Plane { levels: &columns[index * STRIPE..], stride }, (width, rows), output, width);
    }
}

/// Rows of levels in memory.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The rows, from the first one's first level on.
    pub levels: &'a [u8],
    /// Levels from one row to the next.
    pub stride: usize,
}

impl<'a> Plane<'a> {
    /// Rows of `width` levels that follow each other without padding.
    #[must_use]
    pub fn of(levels: &'a [u8], width: usize) -> Self {
        Self { levels, stride: width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portrait_photo_is_resized_columns_first() {
        assert_eq!(PassOrder::of((375, 500), (300, 300)), PassOrder::VerticalFirst);
        assert_eq!(PassOrder::of((500, 375), (300, 300)), PassOrder::HorizontalFirst);
    }

    #[test]
    fn an_enlarged_plane_is_resized_rows_first() {
        assert_eq!(PassOrder::of((10, 10), (300, 300)), PassOrder::HorizontalFirst);
    }
}
