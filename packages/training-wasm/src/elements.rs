//! What needs no neighbours: numbers one by one.

/// Writes each number of `x`, or the bound that it is beyond, to `y`. A NaN stays one.
pub fn clip(x: &[f32], least: f32, most: f32, y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        let above = if x < least { least } else { x };
        let clipped = if above > most { most } else { above };
        // Said once more: of such comparisons the compiler makes relaxed minima and maxima, which may drop a NaN.
        *y = if x.is_nan() { x } else { clipped };
    }
}

/// Writes each truth value of `x` as 0 or 1 to `y`.
pub fn widen(x: &[u8], y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f32::from(x);
    }
}

/// Whether all numbers are finite: none is NaN or infinite.
pub fn are_finite(x: &[f32]) -> bool {
    // No early exit: so the compiler can vectorize it.
    x.iter().fold(true, |all, x| all & x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::Fenced;

    #[test]
    fn numbers_are_kept_within_bounds_and_nan_stays() {
        let mut y = [0.0; 5];
        clip(&[-2.0, 0.5, 2.0, f32::NAN, f32::INFINITY], -1.0, 1.0, &mut y);
        assert_eq!(y[..3], [-1.0, 0.5, 1.0]);
        assert!(y[3].is_nan() && y[4] == 1.0);
    }

    #[test]
    fn truth_values_become_numbers() {
        let x: Vec<u8> = (0..37).map(|index| u8::from(index % 3 == 0)).collect();
        let mut y = Fenced::unset(37);
        widen(&x, y.inside_mut());
        assert!(y.check().iter().zip(&x).all(|(&y, &x)| y == f32::from(x)));
    }

    #[test]
    fn the_one_number_that_is_not_finite_is_found_wherever_it_is() {
        for count in 0..=33 {
            let mut x = vec![f32::MAX; count];
            x.iter_mut().step_by(2).for_each(|x| *x = f32::MIN);
            x.iter_mut().step_by(3).for_each(|x| *x = f32::from_bits(1));
            assert!(are_finite(&x));
            for index in 0..count {
                for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::from_bits(0x7f80_0001)] {
                    let good = core::mem::replace(&mut x[index], bad);
                    assert!(!are_finite(&x), "{bad} at {index} of {count}");
                    x[index] = good;
                }
            }
        }
    }
}
