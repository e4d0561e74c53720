//! The DCT one row or column at a time: the definition.

use super::{BITS_BETWEEN, Divisors, FACTOR_BITS};

/// The quantized coefficients, row by row, of the block that begins with `levels`, in rows `stride` bytes apart.
pub fn quotients(levels: &[u8], stride: usize, divisors: &Divisors) -> [i16; 64] {
    let mut block = [0; 64];
    for (row, levels) in block.chunks_exact_mut(8).zip(levels.chunks(stride)) {
        let levels = core::array::from_fn(|x| i32::from(levels[x]) - 128);
        row.copy_from_slice(&pass(levels, FACTOR_BITS - BITS_BETWEEN, |sum| sum << BITS_BETWEEN));
    }
    for x in 0..8 {
        let column = core::array::from_fn(|y| block[8 * y + x]);
        let column = pass(column, FACTOR_BITS + BITS_BETWEEN, |sum| rounded(sum, BITS_BETWEEN));
        for (y, value) in column.into_iter().enumerate() {
            block[8 * y + x] = value;
        }
    }
    core::array::from_fn(|index| {
        let sum = block[index].unsigned_abs() + u32::from(divisors.corrections[index]);
        let scaled = ((sum * u32::from(divisors.reciprocals[index])) >> 16) * u32::from(divisors.scales[index]);
        let quotient = (scaled >> 16) as i16;
        if block[index] < 0 { -quotient } else { quotient }
    })
}

/// A bit for each number that is not 0, the lowest for the first.
pub fn occurring(numbers: &[i16; 64]) -> u64 {
    numbers.iter().rev().fold(0, |bits, &number| bits << 1 | u64::from(number != 0))
}

/// One dimension, times the square root of 8. Products lose `shift` bits; `plain` are the sums without factors.
fn pass([a, b, c, d, e, f, g, h]: [i32; 8], shift: u32, plain: impl Fn(i32) -> i32) -> [i32; 8] {
    let (outer, outer_gap) = ((a + h) + (d + e), (a + h) - (d + e));
    let (inner, inner_gap) = ((b + g) + (c + f), (b + g) - (c + f));
    let turned = (inner_gap + outer_gap) * 4_433;
    let (gap_0, gap_1, gap_2, gap_3) = (a - h, b - g, c - f, d - e);
    let (one, two) = ((gap_3 + gap_0) * -7_373, (gap_2 + gap_1) * -20_995);
    let both = (gap_0 + gap_1 + gap_2 + gap_3) * 9_633;
    let (three, four) = ((gap_3 + gap_1) * -16_069 + both, (gap_2 + gap_0) * -3_196 + both);
    [
        plain(outer + inner),
        rounded(gap_0 * 12_299 + one + four, shift),
        rounded(turned + outer_gap * 6_270, shift),
        rounded(gap_1 * 25_172 + two + three, shift),
        plain(outer - inner),
        rounded(gap_2 * 16_819 + two + four, shift),
        rounded(turned - inner_gap * 15_137, shift),
        rounded(gap_3 * 2_446 + one + three, shift),
    ]
}

fn rounded(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}
