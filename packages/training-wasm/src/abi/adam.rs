//! The function of [`adam`](crate::adam).

use super::regions::{rows, rows_mut};
use crate::adam::{self, Settings, Stepped, Weights};
use crate::parts::Part;

/// A part of a step of Adam.
///
/// # Safety
/// The contract of [`regions`](super::regions). `value`, `m`, `v`, `gradient`, `next_value`, `next_m` and `next_v` have
/// `size` values each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn adam(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    beta1: f64,
    beta2: f64,
    rate: f32,
    correction: f32,
    epsilon: f32,
    value: *const f32,
    m: *const f32,
    v: *const f32,
    gradient: *const f32,
    next_value: *mut f32,
    next_m: *mut f32,
    next_v: *mut f32,
) {
    let range = Part { index: part, count: parts }.of(size);
    // SAFETY: upheld by this function's own contract: every region has `size` values, and the range ends within them.
    unsafe {
        adam::adam(
            Settings { beta1, beta2, rate, correction, epsilon },
            Weights {
                value: rows(value, &range, 1),
                m: rows(m, &range, 1),
                v: rows(v, &range, 1),
                gradient: rows(gradient, &range, 1),
            },
            Stepped {
                value: rows_mut(next_value, &range, 1),
                m: rows_mut(next_m, &range, 1),
                v: rows_mut(next_v, &range, 1),
            },
        );
    }
}
