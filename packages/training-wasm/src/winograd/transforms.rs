//! The transforms of F(4x4, 3x3), four channels at once: each along one axis, and along both.

use crate::simd::lanes::F32x4;

/// ±4, the one factor of the transforms of tiles, which a function makes by [`opaque`] before its loop.
pub type Four = F32x4;

/// `value` in all lanes, which compilers do not know: a constant they would make anew, in three instructions, wherever
/// it is used.
#[inline(always)]
pub fn opaque(value: f32) -> F32x4 {
    F32x4::splat(core::hint::black_box(value))
}

/// Bᵀ d
#[inline(always)]
pub fn patch(d: [F32x4; 6], minus_four: Four) -> [F32x4; 6] {
    let even = d[4].plus_product(d[2], minus_four);
    let odd = d[3].plus_product(d[1], minus_four);
    let outer = d[4] - d[2];
    let inner = d[3] - d[1];
    let twice = inner + inner;
    [
        outer.plus_product(d[2] - d[0], minus_four),
        even + odd,
        even - odd,
        outer + twice,
        outer - twice,
        (d[5] - d[3]).plus_product(inner, minus_four),
    ]
}

/// Aᵀ m
#[inline(always)]
pub fn output(m: [F32x4; 6], four: Four) -> [F32x4; 4] {
    let near = m[1] + m[2];
    let near_difference = m[1] - m[2];
    let far = m[3] + m[4];
    let far_difference = m[3] - m[4];
    let twice = far_difference + far_difference;
    [
        m[0] + near + far,
        near_difference + twice,
        near.plus_product(far, four),
        near_difference.plus_product(twice, four) + m[5],
    ]
}

/// A y
#[inline(always)]
pub fn gradient(y: [F32x4; 4], four: Four) -> [F32x4; 6] {
    let even = y[0] + y[2];
    let odd = y[1] + y[3];
    let far_even = y[0].plus_product(y[2], four);
    let far_odd = y[1].plus_product(y[3], four);
    let twice = far_odd + far_odd;
    [y[0], even + odd, even - odd, far_even + twice, far_even - twice, y[3]]
}

/// G g
#[inline(always)]
pub fn filter(g: [F32x4; 3]) -> [F32x4; 6] {
    let near = (g[0] + g[2]) * F32x4::splat(-1.0 / 6.0);
    let far = (g[0].plus_product(g[2], F32x4::splat(4.0))) * F32x4::splat(1.0 / 24.0);
    [
        g[0] * F32x4::splat(0.25),
        near.plus_product(g[1], F32x4::splat(-1.0 / 6.0)),
        near.plus_product(g[1], F32x4::splat(1.0 / 6.0)),
        far.plus_product(g[1], F32x4::splat(1.0 / 12.0)),
        far.plus_product(g[1], F32x4::splat(-1.0 / 12.0)),
        g[2],
    ]
}

/// Gᵀ u
#[inline(always)]
pub fn filter_gradient(u: [F32x4; 6]) -> [F32x4; 3] {
    let near = (u[1] + u[2]) * F32x4::splat(-1.0 / 6.0);
    let near_difference = (u[2] - u[1]) * F32x4::splat(1.0 / 6.0);
    let far = (u[3] + u[4]) * F32x4::splat(1.0 / 24.0);
    let far_difference = (u[3] - u[4]) * F32x4::splat(1.0 / 12.0);
    [
        near.plus_product(u[0], F32x4::splat(0.25)) + far,
        near_difference + far_difference,
        near.plus_product(far, F32x4::splat(4.0)) + u[5],
    ]
}

/// Four of them, written out: a loop would go through memory.
#[inline(always)]
pub fn four<T>(mut each: impl FnMut(usize) -> T) -> [T; 4] {
    [each(0), each(1), each(2), each(3)]
}

/// Six of them, written out: a loop would go through memory.
#[inline(always)]
pub fn six<T>(mut each: impl FnMut(usize) -> T) -> [T; 6] {
    [each(0), each(1), each(2), each(3), each(4), each(5)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splat<const N: usize>(values: [f32; N]) -> [F32x4; N] {
        values.map(F32x4::splat)
    }

    fn first<const N: usize>(lanes: [F32x4; N]) -> [f32; N] {
        lanes.map(|lane| {
            let mut four = [0.0; 4];
            // SAFETY: four numbers are writable.
            unsafe { lane.store(four.as_mut_ptr()) };
            four[0]
        })
    }

    #[test]
    fn along_one_axis_they_convolve_and_give_its_gradient() {
        // All numbers are exact in f32, sixths and their sums excepted.
        let d = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0];
        let g = [2.0, -6.0, 5.0];
        let dy = [1.0, -2.0, 3.0, 4.0];
        let [four, minus_four] = [4.0, -4.0].map(F32x4::splat);
        let (v, u, z) = (patch(splat(d), minus_four), filter(splat(g)), gradient(splat(dy), four));
        let product = |a: [F32x4; 6], b: [F32x4; 6]| {
            let (a, b) = (first(a), first(b));
            splat(core::array::from_fn::<f32, 6, _>(|index| a[index] * b[index]))
        };
        let y = first(output(product(u, v), four));
        for (at, &y) in y.iter().enumerate() {
            let expected: f32 = g.iter().zip(&d[at..]).map(|(g, d)| g * d).sum();
            assert!((y - expected).abs() < 1e-4, "output {at}: {y}, not {expected}");
        }
        let dg = first(filter_gradient(product(z, v)));
        for (at, &dg) in dg.iter().enumerate() {
            let expected: f32 = dy.iter().zip(&d[at..]).map(|(dy, d)| dy * d).sum();
            assert!((dg - expected).abs() < 1e-4, "tap {at}: {dg}, not {expected}");
        }
    }
}
