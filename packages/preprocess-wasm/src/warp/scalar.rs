//! A warped row, one pixel at a time: the definition.

use super::{LEVEL_BITS, POSITION_BITS, Row, Source, Terms, WEIGHT_BITS};

/// 1, as a weight.
const ONE: i32 = 1 << WEIGHT_BITS;

/// Writes a row of pixels: what `curve` makes of their levels.
pub fn warp_row(source: Source, row: Row, curve: &[u8; 256], warped: &mut [u8]) {
    let at = |terms: Terms, index: usize| terms.columns[index] + terms.row;
    for (index, pixel) in warped.iter_mut().enumerate() {
        let mut level = at(row.ramp, index);
        for quarter in row.quarters {
            level += sample(source, at(quarter.x, index), at(quarter.y, index));
        }
        *pixel = curve[(level >> LEVEL_BITS).clamp(0, 255) as usize];
    }
}

/// The level at a position, times `ONE * ONE`.
fn sample(Source { levels, size }: Source, x: i32, y: i32) -> i32 {
    let (left, right, x_weight) = neighbours(x, size.width);
    let (upper, lower, y_weight) = neighbours(y, size.height);
    let across = |row: usize| {
        let row = &levels[row * size.width..][..size.width];
        i32::from(row[left]) * (ONE - x_weight) + i32::from(row[right]) * x_weight
    };
    across(upper) * (ONE - y_weight) + across(lower) * y_weight
}

/// The pixels of `length` before and after a position, and the weight of the second.
fn neighbours(position: i32, length: usize) -> (usize, usize, i32) {
    let last = length - 1;
    let position = (position >> (POSITION_BITS - WEIGHT_BITS)).clamp(0, (last << WEIGHT_BITS) as i32);
    let first = (position >> WEIGHT_BITS) as usize;
    (first, last.min(first + 1), position & (ONE - 1))
}
