//! A warped row, four pixels at a time.
//!
//! ```text
//! for each of the four samples:                              lanes are pixels
//!     position = min(max(position, 0), last)
//!     first    = min(floor(position), last - 1)              so that there is a pixel after it
//!     weight   = position - first                            0 to 1, both included
//!     [p q] of the row above, [p q] of the one below         two levels, less 128, in one load
//!     pq   = above + (below - above) * y_weight              8 lanes
//!     sum += dot(pq, [1 - x_weight, x_weight])               4 lanes
//! level = (sum + ramp + 128) rounded
//! ```
//!
//! Levels less 128 are -128..=127: times 256, they and all that lies between two of them are within 16 bits.

use core::arch::wasm32::*;

use super::{LEVEL_BITS, LONGEST_SIDE, POSITION_BITS, Row, Source, Terms, WEIGHT_BITS, scalar};
use crate::narrow::u8x16_of_i32x4;
use crate::opaque::opaque;

/// Pixels per step.
const PIXELS: usize = 4;

/// As [`scalar::warp_row`].
pub fn warp_row(source: Source, row: Row, curve: &[u8; 256], warped: &mut [u8]) {
    let (width, size) = (warped.len(), source.size);
    if width < PIXELS || size.width < 2 || size.height < 2 {
        return scalar::warp_row(source, row, curve, warped);
    }
    assert!(size.width <= LONGEST_SIDE && size.height <= LONGEST_SIDE);
    assert!(source.levels.len() == size.width * size.height);
    let sampler = Sampler::new(source);
    let offset = opaque(i32x4_splat(128 << LEVEL_BITS));
    for step in (0..width).step_by(PIXELS) {
        // The last step overlaps the one before, so that it ends with the row.
        let first = step.min(width - PIXELS);
        let mut level = i32x4_add(four(row.ramp, first), offset);
        for quarter in row.quarters {
            level = i32x4_add(level, sampler.sample(four(quarter.x, first), four(quarter.y, first)));
        }
        let level_i32x4 = i32x4_shr(level, LEVEL_BITS);
        let levels = i32x4_extract_lane::<0>(u8x16_of_i32x4([level_i32x4; 4])).to_le_bytes();
        warped[first..][..PIXELS].copy_from_slice(&levels.map(|level| curve[usize::from(level)]));
    }
}

/// The function at four columns.
#[inline(always)]
fn four(terms: Terms, first: usize) -> v128 {
    let columns = &terms.columns[first..][..PIXELS];
    // SAFETY: `columns` has four words.
    i32x4_add(unsafe { v128_load(columns.as_ptr().cast()) }, i32x4_splat(terms.row))
}

/// A source of at least two rows and two columns, at most [`LONGEST_SIDE`] each.
struct Sampler<'a> {
    levels: &'a [u8],
    stride: usize,
    stride_i32x4: v128,
    x: Axis,
    y: Axis,
}

impl<'a> Sampler<'a> {
    #[inline(always)]
    fn new(Source { levels, size }: Source<'a>) -> Self {
        let stride_i32x4 = i32x4_splat(size.width as i32);
        let (x, y) = (Axis::new(size.width), Axis::new(size.height));
        Self { levels, stride: size.width, stride_i32x4, x, y }
    }

    /// Four samples less 128, times 2^16.
    #[inline(always)]
    fn sample(&self, x: v128, y: v128) -> v128 {
        let (column, x_weight) = self.x.place(x);
        let (row, y_weight) = self.y.place(y);
        let place = i32x4_add(i32x4_mul(row, self.stride_i32x4), column);
        let places = [
            u32x4_extract_lane::<0>(place),
            u32x4_extract_lane::<1>(place),
            u32x4_extract_lane::<2>(place),
            u32x4_extract_lane::<3>(place),
        ];
        // SAFETY: the places of an axis are 0 to its length less 2, so that the pixel after each, in the row after each,
        // is within the source, by the assertions of `warp_row`.
        let pairs = places.map(|place| unsafe { self.levels.as_ptr().add(place as usize) });
        let [above, below] = [0, self.stride].map(|down| {
            let zero = i32x4_splat(0);
            // SAFETY: as above.
            unsafe {
                let one = v128_load16_lane::<0>(zero, pairs[0].add(down).cast());
                let two = v128_load16_lane::<1>(one, pairs[1].add(down).cast());
                let three = v128_load16_lane::<2>(two, pairs[2].add(down).cast());
                v128_load16_lane::<3>(three, pairs[3].add(down).cast())
            }
        });
        let less_128 = |pairs| i16x8_extend_low_i8x16(v128_xor(pairs, u8x16_splat(0x80)));
        let (above, below) = (less_128(above), less_128(below));
        let y_weights = v128_or(y_weight, i32x4_shl(y_weight, 16));
        let pairs = i16x8_add(i16x8_shl(above, WEIGHT_BITS), i16x8_mul(i16x8_sub(below, above), y_weights));
        let x_weights = i32x4_add(i32x4_sub(i32x4_shl(x_weight, 16), x_weight), i32x4_splat(1 << WEIGHT_BITS));
        i32x4_dot_i16x8(pairs, x_weights)
    }
}

/// The last places of an axis.
struct Axis {
    /// The last position, with the fraction of a weight.
    last: v128,
    /// The last pixel that has one after it.
    last_first: v128,
}

impl Axis {
    /// An axis of at least two pixels.
    #[inline(always)]
    fn new(length: usize) -> Self {
        let last = length as i32 - 1;
        Self { last: opaque(i32x4_splat(last << WEIGHT_BITS)), last_first: opaque(i32x4_splat(last - 1)) }
    }

    /// The pixels before four positions, 0 to `last_first`, and the weights of those after them.
    #[inline(always)]
    fn place(&self, position: v128) -> (v128, v128) {
        let position = i32x4_shr(position, POSITION_BITS - WEIGHT_BITS);
        let position = i32x4_min(i32x4_max(position, i32x4_splat(0)), self.last);
        let first = i32x4_min(i32x4_shr(position, WEIGHT_BITS), self.last_first);
        (first, i32x4_sub(position, i32x4_shl(first, WEIGHT_BITS)))
    }
}
