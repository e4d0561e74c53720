//! The two passes, one pixel at a time: the definition.

use super::{AxisPlan, FRACTION_BITS, GROUP, HALF, LOW_BITS};

/// One row of the horizontal pass: `output.len()` = `plan.target()` pixels from `row`.
///
/// `row` holds the source row and `ROW_PADDING` bytes more.
pub fn horizontal_row(row: &[u8], plan: &AxisPlan, output: &mut [u8]) {
    for ((window, weights), pixel) in plan.outputs().zip(output) {
        let taps = &row[window.start as usize..][..window.count as usize];
        *pixel = weighted(taps.iter().copied(), weights);
    }
}

/// Row `y` of the vertical pass: `output.len()` pixels, each from the same column of `plane`, whose rows are `pitch`
/// bytes apart.
pub fn vertical_row(plane: &[u8], pitch: usize, plan: &AxisPlan, y: usize, output: &mut [u8]) {
    let (window, weights) = plan.output(y);
    for (column, pixel) in output.iter_mut().enumerate() {
        let taps = (0..window.count as usize).map(|tap| plane[(window.start as usize + tap) * pitch + column]);
        *pixel = weighted(taps, weights);
    }
}

/// `(sum of tap * weight + HALF) >> FRACTION_BITS`, at most 255.
fn weighted(taps: impl Iterator<Item = u8>, weights: &[i16]) -> u8 {
    let mut sum = HALF;
    for (index, tap) in taps.enumerate() {
        let high = index / GROUP * 2 * GROUP + index % GROUP;
        let weight = (i32::from(weights[high]) << LOW_BITS) + i32::from(weights[high + GROUP]);
        sum += i32::from(tap) * weight;
    }
    // Rounded weights can sum to a little more than one.
    (sum >> FRACTION_BITS).clamp(0, 255) as u8
}
