//! Softmax along rows: exp(x - max) / Σ exp(x - max), which neither overflows nor divides by 0. A row with a NaN, with
//! +∞ or of -∞ alone is NaN throughout, as in TensorFlow.

use core::array::from_fn;

use crate::simd::lanes::{F32x4, U32x4};

/// Lanes of a vector.
const LANES: usize = 4;

/// Vectors that are added at the same time.
const VECTORS: usize = 4;

/// Numbers that are added in `f32` before they are added to a sum in `f64`.
const BLOCK: usize = 1024;

/// Writes the softmax of each row of `width` numbers of `x` to `y`.
///
/// # Panics
/// If the lengths differ.
pub fn softmax(width: usize, x: &[f32], y: &mut [f32]) {
    assert!(x.len() == y.len());
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        let most = maximum(x);
        let mut sum = 0.0;
        for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
            sum += f64::from(exponentials(x, most, y));
        }
        let factor = (1.0 / sum) as f32;
        for y in y {
            *y *= factor;
        }
    }
}

/// The largest number of `x`; any, if some are NaN.
fn maximum(x: &[f32]) -> f32 {
    let mut most = [F32x4::splat(f32::NEG_INFINITY); VECTORS];
    let blocks = x.chunks_exact(VECTORS * LANES);
    let rest = blocks.remainder();
    for block in blocks {
        for (vector, most) in most.iter_mut().enumerate() {
            // SAFETY: a block has as many lanes.
            *most = most.larger(unsafe { F32x4::load(block.as_ptr().add(LANES * vector)) });
        }
    }
    let [a, b, c, d] = most;
    let lanes = numbers(a.larger(b).larger(c.larger(d)));
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |most, &x| if x > most { x } else { most })
}

/// Writes exp(x - most) to `y`, and returns the sum.
fn exponentials(x: &[f32], most: f32, y: &mut [f32]) -> f32 {
    let most = F32x4::splat(most);
    let mut sums = [F32x4::splat(0.0); VECTORS];
    let whole = x.len() / (VECTORS * LANES) * VECTORS;
    for vector in (0..whole).step_by(VECTORS) {
        for (index, sum) in sums.iter_mut().enumerate() {
            let at = LANES * (vector + index);
            // SAFETY: `x` and `y` have at least `whole` vectors.
            unsafe {
                let power = exp(F32x4::load(x.as_ptr().add(at)) - most);
                power.store(y.as_mut_ptr().add(at));
                *sum = *sum + power;
            }
        }
    }
    for (x, y) in x[LANES * whole..].chunks(LANES).zip(y[LANES * whole..].chunks_mut(LANES)) {
        let lanes = from_fn(|lane| x.get(lane).copied().unwrap_or(f32::NEG_INFINITY));
        // Missing lanes have the power 0, also if the maximum is NaN or infinite.
        let powers = numbers(exp(F32x4::of(lanes) - most));
        let powers: [f32; LANES] = from_fn(|lane| if lane < x.len() { powers[lane] } else { 0.0 });
        y.copy_from_slice(&powers[..y.len()]);
        sums[0] = sums[0] + F32x4::of(powers);
    }
    let [a, b, c, d] = sums;
    numbers((a + b) + (c + d)).iter().sum()
}

fn numbers(vector: F32x4) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: as many lanes.
    unsafe { vector.store(lanes.as_mut_ptr()) };
    lanes
}

/// exp(x) of numbers of 0 or less, within 2 units in the last place; 0 below -87.33, where f32 has no normal numbers.
///
/// ```text
/// n = round(x / ln 2)      r = x - n ln 2, |r| <= ln 2 / 2, with ln 2 in two parts, of which n times the first is exact
/// exp(x) = 2^n exp(r)      exp(r): its Taylor polynomial of degree 7, whose error is below 2^-27
/// ```
#[inline(always)]
fn exp(x: F32x4) -> F32x4 {
    // Added to a number below 2^22 and subtracted, it rounds; its lowest bits then are those of the whole number.
    const ROUNDING: f32 = 12_582_912.0;
    let rounded = F32x4::splat(ROUNDING).plus_product(x, F32x4::splat(core::f32::consts::LOG2_E));
    let n = rounded - F32x4::splat(ROUNDING);
    let r = x.plus_product(n, F32x4::splat(-0.693_359_4)).plus_product(n, F32x4::splat(2.121_944_4e-4));
    let times_r_plus = |power: F32x4, coefficient: f32| F32x4::splat(coefficient).plus_product(power, r);
    // One by one: of an array the compiler may make a constant table, which the kernels do not have.
    let power = times_r_plus(F32x4::splat(1.0 / 5040.0), 1.0 / 720.0);
    let power = times_r_plus(times_r_plus(power, 1.0 / 120.0), 1.0 / 24.0);
    let power = times_r_plus(times_r_plus(power, 1.0 / 6.0), 0.5);
    let power = times_r_plus(times_r_plus(power, 1.0), 1.0);
    let two_to_n = F32x4::of_bits(rounded.bits().up::<23>().plus(U32x4::splat(1.0_f32.to_bits())));
    let is_tiny = x.less_than(F32x4::splat(-87.33));
    F32x4::splat(0.0).or_else(power * two_to_n, is_tiny)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers};

    #[test]
    fn rows_are_those_of_f64_at_any_width() {
        let mut numbers = Numbers::seeded(31);
        for width in (1..40).chain([1000, 1024, 1025, 5000]) {
            let x: Vec<f32> = numbers.floats(3 * width).iter().map(|x| 40.0 * x).collect();
            let mut y = Fenced::unset(x.len());
            softmax(width, Fenced::holding(&x).inside(), y.inside_mut());
            for (x, y) in x.chunks(width).zip(y.check().chunks(width)) {
                let most = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let powers: Vec<f64> = x.iter().map(|&x| f64::from(x - most).exp()).collect();
                let sum: f64 = powers.iter().sum();
                for (index, (y, power)) in y.iter().zip(powers).enumerate() {
                    naive::assert_within(*y, power / sum, 1e-6 * power / sum + 1e-37, index, &width);
                }
            }
        }
    }

    #[test]
    fn exponentials_are_within_two_units_in_the_last_place() {
        for step in 0..80_000 {
            let x = -87.3 * step as f32 / 80_000.0;
            let power = super::numbers(exp(F32x4::splat(x)))[0];
            let off = (f64::from(power) / f64::from(x).exp() - 1.0).abs();
            assert!(off < 2.0 * f64::from(f32::EPSILON), "exp({x}): {off}");
        }
        assert_eq!(super::numbers(exp(F32x4::of([-88.0, -1e30, f32::NEG_INFINITY, 0.0]))), [0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn large_numbers_do_not_overflow_and_rows_without_a_softmax_are_nan() {
        for width in [2, 3, 4, 7, 16, 21] {
            for place in 0..width {
                let row = |value: f32, others: f32| {
                    let mut x = vec![others; width];
                    x[place] = value;
                    let mut y = vec![0.0; width];
                    softmax(width, &x, &mut y);
                    y
                };
                let one_hot: Vec<f32> = (0..width).map(|index| if index == place { 1.0 } else { 0.0 }).collect();
                assert_eq!(row(f32::MAX, -f32::MAX), one_hot);
                assert_eq!(row(-5.0, f32::NEG_INFINITY), one_hot);
                for (value, others) in
                    [(f32::NAN, 0.0), (f32::INFINITY, 0.0), (f32::NEG_INFINITY, f32::NEG_INFINITY), (0.0, f32::NAN)]
                {
                    assert!(row(value, others).iter().all(|y| y.is_nan()), "{value} among {others}");
                }
            }
        }
    }
}
