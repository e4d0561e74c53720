//! The inverse DCT, value by value.

use super::{COLUMN_SHIFT, EVEN, MOST_BETWEEN, MOST_OUTPUT, ODD, ONE_BITS, ROW_SHIFT};

/// The levels of a block, 8 rows of 8 at the begin of `output`, whose rows begin `stride` bytes apart. `None` if they are beyond
/// the range in which all implementations agree. The coefficients are 0 afterwards. All behind `last`, in the order of a file, are 0 before.
pub fn idct(coefficients: &mut [i16; 64], _last: usize, output: &mut [u8], stride: usize) -> Option<()> {
    let mut between = [0; 64];
    for x in 0..8 {
        let column = core::array::from_fn(|y| i32::from(coefficients[8 * y + x]));
        for (y, level) in pass(column, COLUMN_SHIFT).into_iter().enumerate() {
            between[8 * y + x] = within(level, MOST_BETWEEN)?;
        }
    }
    coefficients.fill(0);
    for (row, between) in output.chunks_mut(stride).zip(between.chunks_exact(8)) {
        let between = between.first_chunk::<8>()?;
        for (value, level) in row.iter_mut().zip(pass(*between, ROW_SHIFT)) {
            *value = (within(level, MOST_OUTPUT)? + 128).clamp(0, 255) as u8;
        }
    }
    Some(())
}

fn within(level: i32, most: i16) -> Option<i32> {
    (level.unsigned_abs() <= most.unsigned_abs().into()).then_some(level)
}

fn pass(input: [i32; 8], shift: u32) -> [i32; 8] {
    let [first, second] = EVEN.map(|[two, six]| i32::from(two) * input[2] + i32::from(six) * input[6]);
    let (sum, difference) = ((input[0] + input[4]) << ONE_BITS, (input[0] - input[4]) << ONE_BITS);
    let even = [sum + first, difference + second, difference - second, sum - first];
    let odd = ODD.map(|factors| {
        factors.iter().zip([1, 3, 5, 7]).map(|(&factor, at)| i32::from(factor) * input[at]).sum::<i32>()
    });
    let half = 1 << (shift - 1);
    core::array::from_fn(|index| match index {
        0..4 => (even[index] + odd[index] + half) >> shift,
        _ => (even[7 - index] - odd[7 - index] + half) >> shift,
    })
}
