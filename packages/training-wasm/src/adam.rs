//! Adam (Kingma and Ba 2015, algorithm 1): what one step makes of each weight and of its two moments.
//!
//! ```text
//! m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  θ ← θ - α m̂ / (√v̂ + ε)
//! m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ)
//! ```

use crate::simd::lanes::square_root;

/// The settings of a step, the same for all weights.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// α / (1 - β₁ᵗ).
    pub rate: f32,
    /// 1 / (1 - β₂ᵗ).
    pub correction: f32,
    /// ε.
    pub epsilon: f32,
}

/// Numbers, one for each of some weights.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// θ.
    pub value: &'a [f32],
    /// First moments.
    pub m: &'a [f32],
    /// Second moments.
    pub v: &'a [f32],
    /// g.
    pub gradient: &'a [f32],
}

/// Where the step's results go.
#[derive(Debug)]
pub struct Stepped<'a> {
    /// θ.
    pub value: &'a mut [f32],
    /// First moments.
    pub m: &'a mut [f32],
    /// Second moments.
    pub v: &'a mut [f32],
}

/// Takes the step. Every operation of the formula is rounded by itself, as if each had a kernel of its own.
///
/// # Panics
/// Unless all slices have the same length.
pub fn adam(settings: Settings, weights: Weights<'_>, stepped: Stepped<'_>) {
    let Settings { beta1, beta2, rate, correction, epsilon } = settings;
    let (kept1, added1) = (beta1 as f32, (1.0 - beta1) as f32);
    let (kept2, added2) = (beta2 as f32, (1.0 - beta2) as f32);
    let count = weights.value.len();
    assert!(weights.m.len() == count && weights.v.len() == count && weights.gradient.len() == count);
    assert!(stepped.value.len() == count && stepped.m.len() == count && stepped.v.len() == count);
    for index in 0..count {
        let gradient = weights.gradient[index];
        let m = weights.m[index] * kept1 + gradient * added1;
        let v = weights.v[index] * kept2 + gradient * gradient * added2;
        let root = square_root(v * correction) + epsilon;
        stepped.m[index] = m;
        stepped.v[index] = v;
        stepped.value[index] = weights.value[index] - m * rate / root;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{Fenced, Numbers, assert_within};

    #[test]
    fn equals_the_formula_at_any_length() {
        let mut numbers = Numbers::seeded(11);
        let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-7);
        for (count, step) in (0..=33).flat_map(|count| [1, 2, 1000].map(|step| (count, step))) {
            let value = Fenced::holding(&numbers.floats(count));
            let m = Fenced::holding(&numbers.floats(count));
            let gradient = Fenced::holding(&numbers.floats(count));
            let v = Fenced::holding(&numbers.floats(count).iter().map(|x| x.abs()).collect::<Vec<_>>());
            let [mut value_out, mut m_out, mut v_out] = [(); 3].map(|()| Fenced::unset(count));
            let [correction1, correction2] = [beta1, beta2].map(|beta: f64| 1.0 / (1.0 - beta.powi(step)));
            let settings = Settings {
                beta1,
                beta2,
                rate: (0.001 * correction1) as f32,
                correction: correction2 as f32,
                epsilon: epsilon as f32,
            };
            adam(
                settings,
                Weights { value: value.inside(), m: m.inside(), v: v.inside(), gradient: gradient.inside() },
                Stepped { value: value_out.inside_mut(), m: m_out.inside_mut(), v: v_out.inside_mut() },
            );
            let (value_out, m_out, v_out) = (value_out.check(), m_out.check(), v_out.check());
            for index in 0..count {
                let [value, m, v, g] = [&value, &m, &v, &gradient].map(|each| f64::from(each.inside()[index]));
                let (kept, added) = (beta1 * m, (1.0 - beta1) * g);
                let rounding = f64::from(f32::EPSILON);
                // Four roundings, those of the constants among them.
                let m_error = 2.0 * rounding * (kept.abs() + added.abs());
                assert_within(m_out[index], kept + added, m_error, index, &(count, step));
                let next_v = beta2 * v + (1.0 - beta2) * g * g;
                assert_within(v_out[index], next_v, 3.0 * rounding * next_v, index, &(count, step));
                let root = (next_v * correction2).sqrt() + epsilon;
                let change = 0.001 * correction1 * (kept + added) / root;
                let change_error = 0.001 * correction1 * m_error / root + 5.0 * rounding * change.abs();
                let bound = change_error + rounding * value.abs();
                assert_within(value_out[index], value - change, bound, index, &(count, step));
            }
        }
    }
}
