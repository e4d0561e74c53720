//! The operations of an expression: what each computes of four numbers.

use super::functions::{elu, erf, exp, expm1, log, log1p, selu, sigmoid, softplus, tanh};
use crate::simd::lanes::F32x4;

/// An operation, by the code that it has in an expression: `ts/expressions/operations.ts` says what each computes.
#[allow(missing_docs)]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add = 0,
    Subtract = 1,
    Multiply = 2,
    Divide = 3,
    Maximum = 4,
    Minimum = 5,
    SquaredDifference = 6,
    Step = 7,
    Negate = 8,
    Absolute = 9,
    Square = 10,
    Sqrt = 11,
    Rsqrt = 12,
    Reciprocal = 13,
    Floor = 14,
    Exp = 15,
    Log = 16,
    Sigmoid = 17,
    Tanh = 18,
    Erf = 19,
    Softplus = 20,
    Elu = 21,
    EluGradient = 22,
    LeakyRelu = 23,
    Selu = 24,
    Sign = 25,
    Log1p = 26,
    Expm1 = 27,
}

impl Operation {
    /// How many there are: their codes are those below.
    pub const COUNT: u32 = Self::Expm1 as u32 + 1;

    /// The operation with this code.
    ///
    /// # Panics
    /// If there is none.
    pub fn of(code: u32) -> Self {
        assert!(code < Self::COUNT);
        // SAFETY: the codes are those from 0 on, without a gap.
        unsafe { core::mem::transmute(code) }
    }

    /// Writes the operation of `a` and `b` to the `length` numbers from `y` on. An operation of one number ignores `b`.
    ///
    /// # Safety
    /// `y` leads to `length` writable numbers, an operand without a step to four readable numbers, one with a step to
    /// `length`; the numbers of an operand are those of `y`, or none of them is.
    pub unsafe fn apply(self, a: Operand, b: Operand, y: *mut f32, length: usize) {
        let all = Numbers { a, b, y, length };
        // SAFETY: upheld by this function's own contract.
        unsafe {
            match self {
                Self::Add => all.set::<4>(|a, b| a + b),
                Self::Subtract => all.set::<4>(|a, b| a - b),
                Self::Multiply => all.set::<4>(|a, b| a * b),
                Self::Divide => all.set::<4>(|a, b| a / b),
                Self::Maximum => all.set::<4>(F32x4::maximum),
                Self::Minimum => all.set::<4>(F32x4::minimum),
                Self::SquaredDifference => all.set::<4>(|a, b| (a - b) * (a - b)),
                Self::Step => all.set::<4>(step),
                Self::Negate => all.set::<4>(|a, _| a.negated()),
                Self::Absolute => all.set::<4>(|a, _| a.absolute()),
                Self::Square => all.set::<4>(|a, _| a * a),
                Self::Sqrt => all.set::<4>(|a, _| a.square_root()),
                Self::Rsqrt => all.set::<4>(|a, _| F32x4::splat(1.0) / a.square_root()),
                Self::Reciprocal => all.set::<4>(|a, _| F32x4::splat(1.0) / a),
                Self::Floor => all.set::<4>(|a, _| a.floor()),
                Self::Exp => all.set::<2>(|a, _| exp(a)),
                Self::Log => all.set::<2>(|a, _| log(a)),
                Self::Sigmoid => all.set::<2>(|a, _| sigmoid(a)),
                Self::Tanh => all.set::<2>(|a, _| tanh(a)),
                Self::Erf => all.set::<1>(|a, _| erf(a)),
                Self::Softplus => all.set::<1>(|a, _| softplus(a)),
                Self::Elu => all.set::<2>(|a, _| elu(a)),
                Self::EluGradient => all.set::<4>(elu_gradient),
                Self::LeakyRelu => all.set::<4>(|a, b| (a * b).or_else(a, a.less_than(F32x4::splat(0.0)))),
                Self::Selu => all.set::<2>(|a, _| selu(a)),
                Self::Sign => all.set::<4>(|a, _| sign(a)),
                Self::Log1p => all.set::<1>(|a, _| log1p(a)),
                Self::Expm1 => all.set::<2>(|a, _| expm1(a)),
            }
        }
    }
}

#[inline(always)]
fn step(a: F32x4, b: F32x4) -> F32x4 {
    let stepped = F32x4::splat(1.0).or_else(b, F32x4::splat(0.0).less_than(a));
    a.or_else(stepped, a.is_nan())
}

#[inline(always)]
fn elu_gradient(dy: F32x4, y: F32x4) -> F32x4 {
    let negative = dy * (y + F32x4::splat(1.0));
    dy.or_else(negative, F32x4::splat(0.0).at_most(y))
}

#[inline(always)]
fn sign(a: F32x4) -> F32x4 {
    let zero = F32x4::splat(0.0);
    let positive = F32x4::splat(1.0).or_else(zero, zero.less_than(a));
    F32x4::splat(-1.0).or_else(positive, a.less_than(zero))
}

/// Numbers that an operation reads.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    /// The first four.
    pub first: *const f32,
    /// From four to the next: 4, or 0 where all fours are the same.
    pub step: usize,
}

/// The operands and the result of an operation.
struct Numbers {
    a: Operand,
    b: Operand,
    y: *mut f32,
    length: usize,
}

impl Numbers {
    /// Sets the numbers of `y`, `VECTORS` vectors at a time.
    ///
    /// # Safety
    /// The contract of [`Operation::apply`].
    #[inline(always)]
    unsafe fn set<const VECTORS: usize>(self, compute: impl Fn(F32x4, F32x4) -> F32x4) {
        let Self { a, b, y, length } = self;
        let vectors = length / 4;
        let mut done = 0;
        while done + VECTORS <= vectors {
            let computed: [F32x4; VECTORS] = core::array::from_fn(|vector| {
                let at = done + vector;
                // SAFETY: upheld by this function's own contract, since vector `at` ends within `length` numbers.
                unsafe { compute(F32x4::load(a.first.add(at * a.step)), F32x4::load(b.first.add(at * b.step))) }
            });
            for (vector, computed) in computed.into_iter().enumerate() {
                // SAFETY: as above.
                unsafe { computed.store(y.add(4 * (done + vector))) };
            }
            done += VECTORS;
        }
        while done < vectors {
            // SAFETY: as above.
            unsafe {
                let computed =
                    compute(F32x4::load(a.first.add(done * a.step)), F32x4::load(b.first.add(done * b.step)));
                computed.store(y.add(4 * done));
            }
            done += 1;
        }
        let rest = length % 4;
        if rest > 0 {
            let four = |operand: Operand| {
                let mut four = [0.0; 4];
                // SAFETY: upheld by this function's own contract: an operand has `length` numbers, or the same four.
                unsafe {
                    core::ptr::copy_nonoverlapping(operand.first.add(vectors * operand.step), four.as_mut_ptr(), rest)
                };
                F32x4::of(four)
            };
            let mut computed = [0.0; 4];
            // SAFETY: four numbers, of which `rest` are the last of `y`.
            unsafe {
                compute(four(a), four(b)).store(computed.as_mut_ptr());
                core::ptr::copy_nonoverlapping(computed.as_ptr(), y.add(4 * vectors), rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{Fenced, Numbers};

    const SPECIAL: [f32; 14] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -2.75,
        3.25,
        1e-40,
        -1e-40,
        f32::MAX,
        f32::MIN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
    ];

    /// The definition, of which the result is within so many units in the last place.
    fn definition(operation: Operation, a: f32, b: f32) -> (f64, f64) {
        let (x, y) = (f64::from(a), f64::from(b));
        let unless_nan = |value: f64| if x.is_nan() || y.is_nan() { f64::NAN } else { value };
        match operation {
            Operation::Add => (x + y, 0.5),
            Operation::Subtract => (x - y, 0.5),
            Operation::Multiply => (x * y, 0.5),
            Operation::Divide => (x / y, 0.5),
            Operation::Maximum => (unless_nan(if x > y { x } else { y }), 0.0),
            Operation::Minimum => (unless_nan(if x < y { x } else { y }), 0.0),
            Operation::SquaredDifference => (f64::from(a - b) * f64::from(a - b), 0.5),
            Operation::Step if x.is_nan() => (x, 0.0),
            Operation::Step => (if x > 0.0 { 1.0 } else { y }, 0.0),
            Operation::Negate => (-x, 0.0),
            Operation::Absolute => (x.abs(), 0.0),
            Operation::Square => (x * x, 0.5),
            Operation::Sqrt => (x.sqrt(), 0.5),
            Operation::Rsqrt => (1.0 / x.sqrt(), 1.5),
            Operation::Reciprocal => (1.0 / x, 0.5),
            Operation::Floor => (x.floor(), 0.0),
            Operation::Exp => (x.exp(), 2.0),
            Operation::Log => (x.ln(), 2.0),
            Operation::Sigmoid => (1.0 / (1.0 + (-x).exp()), 2.0),
            Operation::Tanh => (x.tanh(), 2.0),
            Operation::Erf => (crate::expressions::functions::tests::exact_erf(x), 2.0),
            Operation::Softplus if x.is_nan() => (x, 0.0),
            Operation::Softplus => (x.max(0.0) + (-x.abs()).exp().ln_1p(), 2.0),
            Operation::Elu => (if x < 0.0 { x.exp_m1() } else { x }, 2.0),
            Operation::EluGradient => (if y >= 0.0 { x } else { x * f64::from(b + 1.0) }, 0.5),
            Operation::LeakyRelu => (if x < 0.0 { x * y } else { x }, 0.5),
            Operation::Selu if x < 0.0 => (1.758_099_340_847_376_6 * x.exp_m1(), 3.0),
            Operation::Selu => (1.050_700_987_355_480_5 * x, 1.0),
            Operation::Sign => (
                if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    -1.0
                } else {
                    0.0
                },
                0.0,
            ),
            Operation::Log1p => (x.ln_1p(), 2.0),
            Operation::Expm1 => (x.exp_m1(), 2.0),
        }
    }

    #[test]
    fn each_operation_is_what_its_definition_says() {
        let mut numbers = Numbers::seeded(7);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for one in SPECIAL {
            for other in SPECIAL {
                a.push(one);
                b.push(other);
            }
        }
        a.extend(numbers.floats(1001).into_iter().map(|value| 10.0 * value));
        b.extend(numbers.floats(1001));
        for operation in (0..Operation::COUNT).map(Operation::of) {
            for length in [1, 3, 4, 15, 16, 17, 31, a.len()] {
                let [first, second] = [&a, &b].map(|all| Fenced::holding(&all[..length]));
                let mut y = Fenced::unset(length);
                let operand = |of: &Fenced| Operand { first: of.inside().as_ptr(), step: 4 };
                // SAFETY: all have `length` numbers.
                unsafe { operation.apply(operand(&first), operand(&second), y.inside_mut().as_mut_ptr(), length) };
                for ((&y, &a), &b) in y.check().iter().zip(&a).zip(&b) {
                    let (expected, ulps) = definition(operation, a, b);
                    let rounded = expected as f32;
                    let ulp = f64::from(f32::EPSILON) * f64::from(rounded.abs().max(f32::MIN_POSITIVE));
                    let is_near = f64::from(y) == expected
                        || (y.is_nan() && rounded.is_nan())
                        || y == rounded
                        || (f64::from(y) - expected).abs() <= ulps * ulp;
                    assert!(is_near, "{operation:?} of {a:e} and {b:e} is {y:e}, not {expected:e}");
                }
            }
        }
    }

    #[test]
    fn an_operation_may_write_what_it_reads_and_constants_repeat() {
        let mut numbers = Numbers::seeded(8);
        let x = numbers.floats(511);
        let mut y = x.clone();
        let constant = [0.25; 4];
        let address = y.as_mut_ptr();
        let [own, constant] =
            [(address.cast_const(), 4), (constant.as_ptr(), 0)].map(|(first, step)| Operand { first, step });
        // SAFETY: there are as many numbers.
        unsafe { Operation::Subtract.apply(own, constant, address, 511) };
        assert!(y.iter().zip(&x).all(|(&y, &x)| y == x - 0.25));
    }
}
