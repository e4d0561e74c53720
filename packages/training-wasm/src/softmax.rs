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
        let most = F32x4::splat(maximum(x));
        let (whole, rest) = (width / LANES * LANES, width % LANES);
        let mut sum = 0.0;
        for (x, y) in x[..whole].chunks(BLOCK).zip(y[..whole].chunks_mut(BLOCK)) {
            sum += f64::from(exponentials(x, most, y));
        }
        if rest > 0 {
            let first = width.saturating_sub(LANES);
            let powers = numbers(exp(last(x) - most));
            for (lane, y) in y[first..].iter_mut().enumerate() {
                *y = powers[lane];
            }
            // Those that were not in a vector.
            sum += y[whole..].iter().map(|&power| f64::from(power)).sum::<f64>();
        }
        let factor = (1.0 / sum) as f32;
        for y in y {
            *y *= factor;
        }
    }
}

/// The last numbers of `x`: a vector of them, or all and copies of the first.
fn last(x: &[f32]) -> F32x4 {
    if x.len() < LANES {
        return F32x4::of(from_fn(|lane| x[if lane < x.len() { lane } else { 0 }]));
    }
    // SAFETY: the last vector of `x`.
    unsafe { F32x4::load(x.as_ptr().add(x.len() - LANES)) }
}

/// The largest number of `x`; any, if some are NaN.
fn maximum(x: &[f32]) -> f32 {
    let mut most = [F32x4::splat(f32::NEG_INFINITY); VECTORS];
    let blocks = x.chunks_exact(VECTORS * LANES);
    let rest = blocks.remainder().chunks_exact(LANES);
    for block in blocks {
        for (vector, most) in most.iter_mut().enumerate() {
            // SAFETY: a block has as many lanes.
            *most = most.larger(unsafe { F32x4::load(block.as_ptr().add(LANES * vector)) });
        }
    }
    let [mut a, b, c, d] = most;
    for vector in rest {
        // SAFETY: four numbers.
        a = a.larger(unsafe { F32x4::load(vector.as_ptr()) });
    }
    let lanes = numbers(a.larger(b).larger(c.larger(d)).larger(last(x)));
    lanes.into_iter().fold(f32::NEG_INFINITY, |most, x| if x > most { x } else { most })
}

/// Writes exp(x - most) to `y`, and returns the sum. There are whole vectors.
fn exponentials(x: &[f32], most: F32x4, y: &mut [f32]) -> f32 {
    let mut sums = [F32x4::splat(0.0); VECTORS];
    let mut take = |at: usize, sum: &mut F32x4| {
        // SAFETY: `x` and `y` have a vector there.
        unsafe {
            let power = exp(F32x4::load(x.as_ptr().add(at)) - most);
            power.store(y.as_mut_ptr().add(at));
            *sum = *sum + power;
        }
    };
    let whole = x.len() / (VECTORS * LANES) * (VECTORS * LANES);
    for block in (0..whole).step_by(VECTORS * LANES) {
        for (vector, sum) in sums.iter_mut().enumerate() {
            take(block + LANES * vector, sum);
        }
    }
    for at in (whole..x.len()).step_by(LANES) {
        take(at, &mut sums[0]);
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

/// exp(x) of numbers of 0 or less, with a relative error below 3e-7; 0 below -87.33, where f32 has no normal numbers.
///
/// ```text
/// n = round(x / ln 2)      r = x - n ln 2, |r| <= ln 2 / 2, with ln 2 in two parts, of which n times the first is exact
/// exp(x) = 2^n exp(r)      exp(r) = 1 + r p(r), with XNNPACK's minimax polynomial p of degree 4 (rr2_p5)
/// ```
#[inline(always)]
fn exp(x: F32x4) -> F32x4 {
    // Added to a number below 2^22 and subtracted, it rounds; its lowest bits then are those of the whole number.
    const ROUNDING: f32 = 12_582_912.0;
    let rounded = F32x4::splat(ROUNDING).plus_product(x, F32x4::splat(core::f32::consts::LOG2_E));
    let n = rounded - F32x4::splat(ROUNDING);
    let r = x.plus_product(n, F32x4::splat(-0.693_359_4)).plus_product(n, F32x4::splat(2.121_944_4e-4));
    // One by one: of an array the compiler may make a constant table, which the kernels do not have.
    let times_r_plus = |power: F32x4, coefficient: f32| F32x4::splat(coefficient).plus_product(power, r);
    let power = times_r_plus(F32x4::splat(0.008_289_291), 0.041_897_81);
    let power = times_r_plus(times_r_plus(power, 0.166_676_52), 0.499_991_5);
    let power = times_r_plus(times_r_plus(power, 0.999_999_7), 1.0);
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
    fn exponentials_have_a_relative_error_below_3e_7() {
        for step in 0..80_000 {
            let x = -87.3 * step as f32 / 80_000.0;
            let power = super::numbers(exp(F32x4::splat(x)))[0];
            let off = (f64::from(power) / f64::from(x).exp() - 1.0).abs();
            assert!(off < 3e-7, "exp({x}): {off}");
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
