//! The function of [`adam`](crate::adam).

use core::slice::from_raw_parts;

use super::regions::rows_mut;
use crate::adam::{self, Settings, Stepped, Weights};
use crate::parts::Part;

/// A part of a step of Adam.
///
/// # Safety
/// The weights and their moments and gradients have `size` readable numbers, the results as many writable ones; the
/// workspace is not used.
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
    // SAFETY: the caller vouches for the regions.
    unsafe {
        adam::adam(
            Settings { beta1, beta2, rate, correction, epsilon },
            Weights {
                value: from_raw_parts(value.add(range.start), range.len()),
                m: from_raw_parts(m.add(range.start), range.len()),
                v: from_raw_parts(v.add(range.start), range.len()),
                gradient: from_raw_parts(gradient.add(range.start), range.len()),
            },
            Stepped {
                value: rows_mut(next_value, &range, 1),
                m: rows_mut(next_m, &range, 1),
                v: rows_mut(next_v, &range, 1),
            },
        );
    }
}
