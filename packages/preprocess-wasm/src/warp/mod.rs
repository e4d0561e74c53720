//! Gray levels seen through an affine map, under a ramp of light, by a curve: augmented pictures, and views of them.
//!
//! ```text
//! for each output pixel:                                     (u, v) is its centre: -1 to 1 from edge to edge
//!   level  = mean of four samples, at the centres of its quarters
//!   level += ramp.u * u + ramp.v * v, rounded once and clamped to 0..=255
//!   warped = curve[level]
//!
//! a sample at (u, v) is bilinear between the centres of source pixels, the edges repeated, at
//!   (x, y) = (a u + b v + c, d u + e v + f)                   -1 to 1 from edge to edge of the source
//! ```
//!
//! Positions are those of PyTorch's `affine_grid(..., align_corners=False)`.
//!
//! A linear function of (u, v) is computed as a term of the column, from a table, plus one of the row. Terms are rounded
//! to fixed point: positions to 2^-12 of a pixel, and their sums to the 2^-8 of bilinear weights; the ramp to 2^-18 of a
//! level, as the sum of four weighted samples is. From there on all numbers are integers, and exact. Terms are odd
//! functions of u and v, so that a mirrored map gives exactly the mirrored result.
//!
//! Terms saturate at 131,072 pixels and at 2,048 levels. No sum overflows: at most three terms, of up to 2^29, the
//! halves that round, and four samples of up to 255 * 2^16.

pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

use core::hint::black_box;

#[cfg(not(target_feature = "simd128"))]
use scalar::warp_row;
#[cfg(target_feature = "simd128")]
use simd128::warp_row;

use crate::pipeline::Size;

/// The longest side of a source in pixels: with it, terms of factors up to 4 do not saturate.
pub const LONGEST_SIDE: usize = 65_535;

/// Fraction bits of a bilinear weight.
const WEIGHT_BITS: u32 = 8;

/// Fraction bits of a position.
const POSITION_BITS: u32 = 12;

/// Fraction bits of a level: those of a sample, which has two weights, and two since there are four of them.
const LEVEL_BITS: u32 = 2 * WEIGHT_BITS + 2;

/// One half of a weight's step, in a position: rounds to nearest.
const HALF_STEP: i32 = 1 << (POSITION_BITS - WEIGHT_BITS - 1);

/// One half of a level: rounds to nearest.
const HALF_LEVEL: i32 = 1 << (LEVEL_BITS - 1);

/// The largest term.
const MOST: i32 = 1 << 29;

/// Tables of the columns' terms: x and y of the pixels' left and right halves, and the ramp.
const TABLES: usize = 5;

/// What becomes of a picture.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct Warping {
    /// From normalized coordinates of the output to those of the source: `[a, b, c, d, e, f]`, finite.
    pub affine: [f64; 6],
    /// Levels that are added at the right and at the lower edge, and subtracted at the edges opposite: finite.
    pub ramp: [f64; 2],
    /// What each level becomes.
    pub curve: [u8; 256],
}

/// Gray levels, without padding between rows.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// `[height, width]`
    pub levels: &'a [u8],
    /// Sides of 1 to [`LONGEST_SIDE`].
    pub size: Size,
}

/// A linear function along a row, in fixed point: a term of each column, and one of the row.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    columns: &'a [i32],
    row: i32,
}

/// The positions of one quarter of each of a row's pixels, with the half that rounds.
#[derive(Clone, Copy, Debug)]
pub struct Quarter<'a> {
    x: Terms<'a>,
    y: Terms<'a>,
}

/// A row of the output.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    quarters: &'a [Quarter<'a>],
    /// Levels, with the half that rounds.
    ramp: Terms<'a>,
}

/// Words of workspace for rows of `width` pixels. Saturates.
#[must_use]
pub fn workspace_words(width: usize) -> usize {
    width.saturating_mul(TABLES)
}

/// Writes the warped levels to `warped`, which is of size `target`. `workspace` has [`workspace_words`] of its width.
///
/// # Panics
/// If a slice is too short, or a side of the source too long.
pub fn warp(source: Source, warping: &Warping, target: Size, workspace: &mut [i32], warped: &mut [u8]) {
    let Source { levels, size } = source;
    assert!(levels.len() == size.pixels() && size.width <= LONGEST_SIDE && size.height <= LONGEST_SIDE);
    let [a, b, c, d, e, f] = warping.affine;
    let x = Linear::position(a, b, c, size.width);
    let y = Linear::position(d, e, f, size.height);
    let ramp = Linear::ramp(warping.ramp);

    let Size { width, height } = target;
    let places = [(&x, BEFORE), (&x, AFTER), (&y, BEFORE), (&y, AFTER), (&ramp, CENTER)];
    for (table, (linear, place)) in workspace.chunks_exact_mut(width).zip(places) {
        fill(linear.u, place, table);
    }
    let table = |index: usize| &workspace[index * width..][..width];

    for (index, pixels) in warped.chunks_exact_mut(width).enumerate() {
        let terms = |columns, linear: &Linear, place| Terms {
            columns: table(columns),
            row: linear.constant + term(linear.v, index, height, place),
        };
        let quarters = [(0, BEFORE), (1, BEFORE), (0, AFTER), (1, AFTER)]
            .map(|(side, place)| Quarter { x: terms(side, &x, place), y: terms(2 + side, &y, place) });
        // Hidden from the compiler, which would unroll loops over them: kernels of four times the size, hardly faster.
        let row = Row { quarters: black_box(quarters.as_slice()), ramp: terms(4, &ramp, CENTER) };
        warp_row(source, row, &warping.curve, pixels);
    }
}

/// A linear function of normalized output coordinates, in fixed point.
struct Linear {
    /// Its value per u, not rounded.
    u: f64,
    /// Its value per v, not rounded.
    v: f64,
    /// Its value in the middle, with the half that rounds.
    constant: i32,
}

impl Linear {
    /// `u_factor * u + v_factor * v + shift` of `length` pixels that span -1 to 1, as the index of a pixel.
    fn position(u_factor: f64, v_factor: f64, shift: f64, length: usize) -> Self {
        let one = f64::from(1_i32 << POSITION_BITS);
        let pixels = length as f64 / 2.0 * one;
        let constant = fixed((shift + 1.0) * pixels - one / 2.0) + HALF_STEP;
        Self { u: u_factor * pixels, v: v_factor * pixels, constant }
    }

    fn ramp([u, v]: [f64; 2]) -> Self {
        let one = f64::from(1_i32 << LEVEL_BITS);
        Self { u: u * one, v: v * one, constant: HALF_LEVEL }
    }
}

/// The centre of a pixel's first half, in quarters of the pixel from its own centre.
const BEFORE: f64 = -1.0;
/// The centre of a pixel.
const CENTER: f64 = 0.0;
/// The centre of a pixel's second half.
const AFTER: f64 = 1.0;

/// Writes the terms of all pixels of a row.
#[inline(never)]
fn fill(factor: f64, place: f64, terms: &mut [i32]) {
    let length = terms.len();
    for (index, written) in terms.iter_mut().enumerate() {
        *written = term(factor, index, length, place);
    }
}

/// `factor` times the normalized coordinate of a place in pixel `index` of `length`, in fixed point.
#[inline(never)]
fn term(factor: f64, index: usize, length: usize, place: f64) -> i32 {
    let quarters = (4 * index + 2) as f64 - (2 * length) as f64 + place;
    // A factor beyond all numbers gives NaN in the middle, and that 0, as any other factor does.
    fixed(factor / (2 * length) as f64 * quarters)
}

/// Rounded to nearest, halves away from 0: an odd function.
fn fixed(value: f64) -> i32 {
    ((value + 0.5_f64.copysign(value)) as i32).clamp(-MOST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    const SIZES: [(usize, usize); 8] = [(1, 1), (1, 7), (7, 1), (2, 2), (3, 5), (4, 4), (17, 6), (9, 33)];

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = |_| {
            state = state * 48_271 % 2_147_483_647;
            (state >> 8) as u8
        };
        (0..length).map(next).collect()
    }

    fn warped(levels: &[u8], source: (usize, usize), target: (usize, usize), warping: &Warping) -> Vec<u8> {
        let [size, target] = [source, target].map(|(width, height)| Size { width, height });
        let mut workspace = vec![7; workspace_words(target.width)];
        let mut warped = vec![9; target.pixels()];
        warp(Source { levels, size }, warping, target, &mut workspace, &mut warped);
        warped
    }

    fn by(affine: [f64; 6], ramp: [f64; 2]) -> Warping {
        Warping { affine, ramp, curve: core::array::from_fn(|level| level as u8) }
    }

    /// The definition in floating point, with each sample's position computed by itself.
    fn exact(levels: &[u8], source: (usize, usize), target: (usize, usize), index: usize, warping: &Warping) -> f64 {
        let [a, b, c, d, e, f] = warping.affine;
        let at = |x: f64, y: f64| {
            let [x, y] = [(x, source.0), (y, source.1)].map(|(x, length)| x.clamp(0.0, (length - 1) as f64));
            let level = |x: f64, y: f64| f64::from(levels[y as usize * source.0 + x as usize]);
            let across = |y: f64| level(x.floor(), y) * (1.0 - x.fract()) + level(x.ceil(), y) * x.fract();
            across(y.floor()) * (1.0 - y.fract()) + across(y.ceil()) * y.fract()
        };
        let (column, row) = ((index % target.0) as f64, (index / target.0) as f64);
        let normal = |place: f64, length: usize| 2.0 * place / length as f64 - 1.0;
        let pixel = |x: f64, length: usize| (x + 1.0) * length as f64 / 2.0 - 0.5;
        let mut sum = 0.0;
        for (left, up) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
            let (u, v) = (normal(column + left, target.0), normal(row + up, target.1));
            sum += at(pixel(a * u + b * v + c, source.0), pixel(d * u + e * v + f, source.1));
        }
        let [x, y] = warping.ramp;
        sum / 4.0 + x * normal(column + 0.5, target.0) + y * normal(row + 0.5, target.1)
    }

    #[test]
    fn the_identity_of_a_source_twice_as_large_is_the_rounded_mean_of_four_pixels() {
        for (width, height) in SIZES {
            let levels = noise(4 * width * height);
            let halved = warped(&levels, (2 * width, 2 * height), (width, height), &by(IDENTITY, [0.0; 2]));
            for (index, &level) in halved.iter().enumerate() {
                let corner = 4 * (index / width) * width + 2 * (index % width);
                let pixels = [corner, corner + 1, corner + 2 * width, corner + 2 * width + 1];
                let sum: u32 = pixels.iter().map(|&pixel| u32::from(levels[pixel])).sum();
                assert_eq!(u32::from(level), (sum + 2) / 4);
            }
        }
    }

    #[test]
    fn a_mirrored_map_gives_the_mirrored_result() {
        let [a, b, c, d, e, f] = [0.83, -0.41, 0.07, 0.29, 1.13, -0.19];
        for source in SIZES {
            for (width, height) in SIZES {
                let levels = noise(source.0 * source.1);
                let by = |affine, ramp| warped(&levels, source, (width, height), &by(affine, ramp));
                let plain = by([a, b, c, d, e, f], [31.7, -12.3]);
                let mut across = by([-a, b, c, -d, e, f], [-31.7, -12.3]);
                across.chunks_exact_mut(width).for_each(<[u8]>::reverse);
                assert_eq!(across, plain);
                let mut down = by([a, -b, c, d, -e, f], [31.7, 12.3]);
                down.reverse();
                down.chunks_exact_mut(width).for_each(<[u8]>::reverse);
                assert_eq!(down, plain);
            }
        }
    }

    #[test]
    fn levels_are_within_one_of_the_exact_ones() {
        let warpings = [
            by(IDENTITY, [0.0; 2]),
            by([0.31, -0.22, 0.4, 0.27, 0.38, -0.3], [0.0; 2]),
            by([1.7, 0.9, -0.6, -0.8, 1.9, 0.8], [40.25, -77.5]),
            by([0.0, -1.0, 0.0, 1.0, 0.0, 0.0], [3000.0, 1.0]),
        ];
        for source in SIZES {
            for target in SIZES {
                let levels = noise(source.0 * source.1);
                for warping in &warpings {
                    for (index, &level) in warped(&levels, source, target, warping).iter().enumerate() {
                        let exact = exact(&levels, source, target, index, warping).clamp(0.0, 255.0);
                        assert!(
                            (f64::from(level) - exact).abs() <= 1.0,
                            "{source:?}, {target:?}, {index}, {warping:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn any_finite_map_and_ramp_give_levels_of_the_source_or_beyond_its_range() {
        let extremes = [0.0, 1.0, -1.0, 1e9, -1e9, f64::MAX, f64::MIN, f64::MIN_POSITIVE];
        let mut next = noise(4096).into_iter().map(|byte| extremes[usize::from(byte) % extremes.len()]);
        for source in SIZES {
            let levels = vec![77; source.0 * source.1];
            for target in SIZES {
                let affine = core::array::from_fn(|_| next.next().unwrap());
                let flat = warped(&levels, source, target, &by(affine, [0.0; 2]));
                assert!(flat.iter().all(|&level| level == 77), "{affine:?}");
                let ramp = core::array::from_fn(|_| next.next().unwrap());
                warped(&levels, source, target, &by(affine, ramp));
            }
        }
    }

    #[test]
    fn a_view_far_beyond_an_edge_is_that_edge() {
        let levels = noise(12);
        for (shift, column) in [(-9.0, 0), (9.0, 3), (f64::MIN, 0), (f64::MAX, 3)] {
            let edge = warped(&levels, (4, 3), (4, 3), &by([1.0, 0.0, shift, 0.0, 0.0, 0.0], [0.0; 2]));
            assert_eq!(edge, [levels[4 + column]; 12]);
        }
    }

    #[test]
    fn the_curve_is_of_the_ramped_rounded_and_clamped_level() {
        let curve = core::array::from_fn(|level| 255 - level as u8);
        let warping = Warping { curve, ..by(IDENTITY, [600.0, 0.0]) };
        // The ramp is -450, -150, 150 and 450 at the four pixels' centres.
        assert_eq!(warped(&[100; 4], (4, 1), (4, 1), &warping), [255, 255, 5, 0]);
        let warping = Warping { curve, ..by(IDENTITY, [2.0 / 3.0, 0.0]) };
        // -0.5 and 0.5: halves are rounded up.
        assert_eq!(warped(&[100; 4], (4, 1), (4, 1), &warping), [155, 155, 155, 154]);
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn a_source_that_is_too_long_is_refused() {
        warped(&vec![0; LONGEST_SIDE + 1], (LONGEST_SIDE + 1, 1), (2, 1), &by(IDENTITY, [0.0; 2]));
    }
}
