//! Elementary functions of four numbers at a time, without branches and tables.
//!
//! Every product and every sum is rounded, so that both sets of kernels give the same bits. The tests hold the functions
//! to their definitions in `f64`: they are within 2 units in the last place (ulp).

use crate::simd::lanes::{F32x4, U32x4};

/// ln 2 in two numbers, of which the first has so few bits that its products with exponents are exact (Cody and Waite,
/// Software Manual for the Elementary Functions, 1980).
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// 1.5 * 2²³: numbers of this size are whole, and the lowest bits of their sums with small ones are these.
const WHOLE: f32 = 12_582_912.0;

/// `c[0] + c[1] x + c[2] x² + ...`
#[inline(always)]
fn polynomial<const N: usize>(x: F32x4, coefficients: [f32; N]) -> F32x4 {
    let mut sum = F32x4::splat(coefficients[N - 1]);
    for index in (0..N - 1).rev() {
        sum = sum * x + F32x4::splat(coefficients[index]);
    }
    sum
}

/// `exp(r) - 1` and `n + 254` of the whole number `n` with `x = n ln 2 + r`, `|r| <= ln 2 / 2`.
#[inline(always)]
fn reduced(x: F32x4) -> (F32x4, U32x4) {
    let shifted = x * F32x4::splat(core::f32::consts::LOG2_E) + F32x4::splat(WHOLE);
    let n = shifted - F32x4::splat(WHOLE);
    let r = x - n * F32x4::splat(LN_2[0]) - n * F32x4::splat(LN_2[1]);
    // The Taylor series, whose next term is below 2⁻²⁷.
    let rest = polynomial(r, [1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0]);
    (r + r * r * rest, shifted.bits().minus(U32x4::splat(WHOLE.to_bits() - 254)))
}

/// 2 to the power of `exponent - 127`.
#[inline(always)]
fn power_of_two(exponent: U32x4) -> F32x4 {
    exponent.up::<23>().floats()
}

/// eˣ of x from -104 to 89, beyond which it is 0, or infinite.
#[inline(always)]
fn bounded_exp(x: F32x4) -> F32x4 {
    let (less_one, exponent) = reduced(x);
    // Two powers, since one could be beyond those that a number can have.
    let half = exponent.down::<1>();
    (less_one + F32x4::splat(1.0)) * power_of_two(half) * power_of_two(exponent.minus(half))
}

/// eˣ of x from -87 to 87, where it is neither subnormal nor near infinity.
#[inline(always)]
fn normal_exp(x: F32x4) -> F32x4 {
    let (less_one, exponent) = reduced(x);
    (less_one + F32x4::splat(1.0)) * power_of_two(exponent.minus(U32x4::splat(127)))
}

/// e to the power of -|x|.
#[inline(always)]
fn exp_of_negative(x: F32x4) -> F32x4 {
    let size = x.absolute();
    let most = F32x4::splat(104.0);
    // Not by `smaller`: a NaN stays one.
    bounded_exp(most.or_else(size, most.less_than(size)).negated())
}

/// eˣ, also where it is subnormal.
#[inline(always)]
pub fn exp(x: F32x4) -> F32x4 {
    x.or_else(bounded_exp(x.larger(F32x4::splat(-104.0)).smaller(F32x4::splat(89.0))), x.is_nan())
}

/// eˣ - 1.
#[inline(always)]
pub fn expm1(x: F32x4) -> F32x4 {
    let (less_one, exponent) = reduced(x.larger(F32x4::splat(-18.0)).smaller(F32x4::splat(89.0)));
    // Half of it, since 2ⁿ could be too large.
    let power = power_of_two(exponent.minus(U32x4::splat(128)));
    let half = less_one * power + (power - F32x4::splat(0.5));
    // Half of a tiny number could be subnormal, 0 has a sign, and a NaN stays one.
    (half + half).or_else(x, F32x4::splat(TINY).at_most(x.absolute()))
}

/// Below it, eˣ - 1 and ln(1 + x) are x.
const TINY: f32 = 1.0 / (1 << 25) as f32;

/// ln(x / 2ˢᶜᵃˡᵉ) of a positive x that is neither subnormal nor infinite.
#[inline(always)]
fn normal_log(x: F32x4, scale: F32x4) -> F32x4 {
    // x = m * 2^e with m from √½ to √2.
    let root = U32x4::splat(core::f32::consts::FRAC_1_SQRT_2.to_bits());
    let bits = x.bits().plus(U32x4::splat(1.0_f32.to_bits() - core::f32::consts::FRAC_1_SQRT_2.to_bits()));
    let m = bits.and(U32x4::splat(0x007f_ffff)).plus(root).floats() - F32x4::splat(1.0);
    let biased = bits.down::<23>().plus(U32x4::splat(WHOLE.to_bits())).floats() - F32x4::splat(WHOLE + 127.0);
    let e = biased - scale;
    // The polynomial of logf in Cephes (Moshier 1992).
    let square = m * m;
    let rest = polynomial(
        m,
        [
            3.333_333e-1,
            -2.499_999_4e-1,
            2.000_071_5e-1,
            -1.666_805_8e-1,
            1.424_932_3e-1,
            -1.242_014_1e-1,
            1.167_699_9e-1,
            -1.151_461e-1,
            7.037_683_6e-2,
        ],
    );
    let low = m * square * rest + e * F32x4::splat(LN_2[1]) - F32x4::splat(0.5) * square;
    m + low + e * F32x4::splat(LN_2[0])
}

/// `finite` where x is above 0 and not infinite, else its logarithm: -infinity of 0, NaN of what is below.
#[inline(always)]
fn log_or(x: F32x4, finite: F32x4) -> F32x4 {
    let zero = F32x4::splat(0.0);
    let not_positive = F32x4::splat(f32::NAN).or_else(F32x4::splat(f32::NEG_INFINITY), x.less_than(zero));
    let special = not_positive.or_else(x, x.at_most(zero));
    finite.or_else(special, zero.less_than(x).and(x.less_than(F32x4::splat(f32::INFINITY))))
}

/// ln x: -infinity of 0, NaN of what is below.
#[inline(always)]
pub fn log(x: F32x4) -> F32x4 {
    // Subnormal numbers are scaled.
    let is_tiny = x.less_than(F32x4::splat(f32::MIN_POSITIVE));
    let normal = (x * F32x4::splat((1 << 23) as f32)).or_else(x, is_tiny);
    log_or(x, normal_log(normal, F32x4::splat(23.0).masked(is_tiny)))
}

/// ln(1 + x) of x above -1 that is not infinite.
#[inline(always)]
fn finite_log1p(x: F32x4, sum: F32x4) -> F32x4 {
    // The last term is what the sum lost.
    normal_log(sum, F32x4::splat(0.0)) + (x - (sum - F32x4::splat(1.0))) / sum
}

/// ln(1 + x).
#[inline(always)]
pub fn log1p(x: F32x4) -> F32x4 {
    let sum = x + F32x4::splat(1.0);
    x.or_else(log_or(sum, finite_log1p(x, sum)), x.absolute().less_than(F32x4::splat(TINY)))
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid(x: F32x4) -> F32x4 {
    let one = F32x4::splat(1.0);
    let power = exp_of_negative(x);
    let sum = one + power;
    let is_negative = x.less_than(F32x4::splat(0.0));
    let rounded = power.or_else(one, is_negative) / sum;
    // What the sum lost, relative to it: 1 / sum is the result, or what is missing to 1.
    let lost = (power - (sum - one)) * (one - rounded).or_else(rounded, is_negative);
    rounded - rounded * lost
}

/// The hyperbolic tangent, as tanhf in Cephes (Moshier 1992).
#[inline(always)]
pub fn tanh(x: F32x4) -> F32x4 {
    let size = x.absolute();
    let square = x * x;
    let rest = polynomial(square, [-3.333_328e-1, 1.333_144_2e-1, -5.373_971_7e-2, 2.063_908_8e-2, -5.704_988_8e-3]);
    let small = size + size * square * rest;
    // From 10 on it is 1.
    let bounded = size.smaller(F32x4::splat(10.0));
    let large = F32x4::splat(1.0) - F32x4::splat(2.0) / (normal_exp(bounded + bounded) + F32x4::splat(1.0));
    // A NaN is not large.
    large.or_else(small, F32x4::splat(0.625).at_most(size)).with_sign_of(x)
}

/// The error function. Its polynomials are fitted to erf(x) / x - 1 up to 1 and to ln(1 - erf(x)) up to 4, with errors
/// below 2e-9.
#[inline(always)]
pub fn erf(x: F32x4) -> F32x4 {
    let size = x.absolute();
    let square = x * x;
    let rest = polynomial(
        square,
        [1.283_791_7e-1, -3.761_262_6e-1, 1.128_36e-1, -2.685_444_4e-2, 5.189_535e-3, -8.020_842e-4, 7.889_122e-5],
    );
    let small = size + size * rest;
    // From 4 on it is 1.
    let bounded = size.smaller(F32x4::splat(4.0));
    let logarithm = polynomial(
        bounded,
        [-3.537_191e-4, -1.127_04, -6.382_257e-1, -1.030_373_95e-1, 2.180_533_5e-2, -2.939_612_8e-3, 1.855_747_5e-4],
    );
    let large = F32x4::splat(1.0) - normal_exp(logarithm);
    // A NaN is not large.
    large.or_else(small, F32x4::splat(1.0).at_most(size)).with_sign_of(x)
}

/// ln(1 + eˣ).
#[inline(always)]
pub fn softplus(x: F32x4) -> F32x4 {
    let power = exp_of_negative(x);
    x.maximum(F32x4::splat(0.0)) + finite_log1p(power, power + F32x4::splat(1.0))
}

/// x, or eˣ - 1 where it is below 0.
#[inline(always)]
pub fn elu(x: F32x4) -> F32x4 {
    expm1(x).or_else(x, x.less_than(F32x4::splat(0.0)))
}

/// [`elu`] with the factors of a self-normalizing network (Klambauer et al. 2017).
#[inline(always)]
pub fn selu(x: F32x4) -> F32x4 {
    let negative = expm1(x) * F32x4::splat(SELU[1]);
    negative.or_else(x * F32x4::splat(SELU[0]), x.less_than(F32x4::splat(0.0)))
}

/// The factors of [`selu`], of numbers from 0 on and of those below.
pub const SELU: [f32; 2] = [1.050_701, 1.758_099_3];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::naive::Numbers;

    /// A number of every size and sign, subnormal ones, and those where the functions' methods change.
    fn numbers() -> Vec<f32> {
        let mut numbers = Numbers::seeded(20_261_128);
        let mut all: Vec<f32> = (0..=u16::MAX).map(|bits| f32::from_bits(u32::from(bits) << 16 | 0x1234)).collect();
        for scale in [1e-6, 0.01, 0.5, 1.0, 2.0, 4.0, 20.0, 104.0] {
            all.extend(numbers.floats(20_000).into_iter().map(|value| value * scale));
        }
        all.extend(numbers.floats(20_000).into_iter().map(|value| 1.0 + 0.5 * value));
        for edge in [0.0, f32::MIN_POSITIVE, f32::from_bits(1), 1.0, 88.722_83, 88.722_84, f32::MAX, f32::INFINITY] {
            all.extend([edge, -edge]);
        }
        all
    }

    fn of(function: impl Fn(F32x4) -> F32x4, x: f32) -> f32 {
        let mut lanes = [0.0; 4];
        // SAFETY: there is room for four.
        unsafe { function(F32x4::splat(x)).store(lanes.as_mut_ptr()) };
        lanes[0]
    }

    /// The most units in the last place that the function is off.
    fn worst(function: impl Fn(F32x4) -> F32x4, exact: impl Fn(f64) -> f64) -> (f64, f32) {
        assert!(of(&function, f32::NAN).is_nan());
        let mut worst = (0.0, 0.0);
        for x in numbers().into_iter().filter(|x| !x.is_nan()) {
            let (actual, expected) = (of(&function, x), exact(f64::from(x)));
            let rounded = expected as f32;
            assert_eq!(actual.is_nan(), expected.is_nan(), "{x:e}: {actual}, not {expected}");
            if expected.is_nan() || actual == rounded {
                assert!(expected.is_nan() || actual != 0.0 || actual.to_bits() == rounded.to_bits(), "sign of {x:e}");
                continue;
            }
            let ulp = {
                let below = f32::from_bits((rounded.abs().min(f32::MAX).to_bits()).max(1) - 1);
                f64::from(f32::from_bits(below.to_bits() + 1)) - f64::from(below)
            };
            let off = (f64::from(actual) - expected).abs() / ulp;
            if off > worst.0 {
                worst = (off, x);
            }
        }
        worst
    }

    /// The error function, by its series of terms with one sign; beyond 6 it is 1.
    pub fn exact_erf(x: f64) -> f64 {
        if x.abs() > 6.0 {
            return x.signum();
        }
        let mut term = x;
        let mut sum = x;
        for n in 1..200 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        sum * (-x * x).exp() * core::f64::consts::FRAC_2_SQRT_PI
    }

    fn exact_softplus(x: f64) -> f64 {
        x.max(0.0) + (-x.abs()).exp().ln_1p()
    }

    fn exact_selu(x: f64) -> f64 {
        if x < 0.0 { f64::from(SELU[1]) * x.exp_m1() } else { f64::from(SELU[0]) * x }
    }

    #[test]
    fn functions_are_within_few_units_in_the_last_place() {
        let elu_of = |x: f64| if x < 0.0 { x.exp_m1() } else { x };
        for (name, (off, at)) in [
            ("exp", worst(exp, f64::exp)),
            ("expm1", worst(expm1, f64::exp_m1)),
            ("log", worst(log, f64::ln)),
            ("log1p", worst(log1p, f64::ln_1p)),
            ("sigmoid", worst(sigmoid, |x| 1.0 / (1.0 + (-x).exp()))),
            ("tanh", worst(tanh, f64::tanh)),
            ("elu", worst(elu, elu_of)),
            ("selu", worst(selu, exact_selu)),
            ("erf", worst(erf, exact_erf)),
            ("softplus", worst(softplus, exact_softplus)),
        ] {
            assert!(off <= 2.0, "{name}({at:e}) is off by {off} ulp");
        }
    }
}
