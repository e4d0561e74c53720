//! Rows of `[rows, channels]` that a kernel only reads, or reads and writes, once: they come from memory, and from four
//! places of it at once they come almost twice as fast as from one.
//!
//! ```text
//! rows 0 .. 4n + 3:   0 n 2n 3n,  1 n+1 2n+1 3n+1,  ...,  and one after the other what is left
//! ```

use crate::simd::lanes::F32x4;

/// Rows that are read side by side.
const STREAMS: usize = 4;

/// Numbers of a vector.
const LANES: usize = 4;

/// Vectors of a group of channels, whose sums stay in registers: 64 bytes of a row.
const GROUP: usize = 4;

/// Most rows of a [`Block`]: those of 96 channels fit the first cache.
pub const BLOCK_ROWS: usize = 128;

/// Where a vector of a row is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Of its first number in the rows.
    pub index: usize,
    /// Of its first number in the row.
    pub channel: usize,
    /// How many numbers it has: 1 to 4.
    pub lanes: usize,
}

/// Some of the rows: `count` from each of the first `streams` of `first` on.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    first: [usize; STREAMS],
    streams: usize,
    count: usize,
}

impl Block {
    /// How many rows they are.
    pub const fn rows(&self) -> usize {
        self.streams * self.count
    }
}

/// All rows in blocks, of which only the last and the one before it may be smaller than the first.
pub fn blocks(rows: usize) -> impl Iterator<Item = Block> {
    let most = BLOCK_ROWS / STREAMS;
    let share = rows / STREAMS;
    let rest = Block { first: [share * STREAMS; STREAMS], streams: 1, count: rows % STREAMS };
    (0..share)
        .step_by(most)
        .map(move |at| Block {
            first: core::array::from_fn(|stream| stream * share + at),
            streams: STREAMS,
            count: most.min(share - at),
        })
        .chain((rest.count > 0).then_some(rest))
}

/// The first [`Place::lanes`] numbers from `source` on, and zeros.
///
/// # Safety
/// `source` is the address of `lanes` readable numbers.
#[inline(always)]
pub unsafe fn load(source: *const f32, lanes: usize) -> F32x4 {
    // SAFETY: upheld by this function's own contract: `lanes` numbers can be read, and `some` has 4.
    unsafe {
        if lanes >= LANES {
            return F32x4::load(source);
        }
        let mut some = [0.0; LANES];
        for (lane, number) in some.iter_mut().enumerate().take(lanes) {
            *number = *source.add(lane);
        }
        F32x4::load(some.as_ptr())
    }
}

/// Writes the first `lanes` numbers of `vector`.
///
/// # Safety
/// `target` is the address of `lanes` writable numbers.
#[inline(always)]
unsafe fn store(vector: F32x4, target: *mut f32, lanes: usize) {
    // SAFETY: upheld by this function's own contract: `lanes` numbers can be written, and `all` has 4.
    unsafe {
        if lanes >= LANES {
            return vector.store(target);
        }
        let mut all = [0.0; LANES];
        vector.store(all.as_mut_ptr());
        for (lane, number) in all.iter().enumerate().take(lanes) {
            *target.add(lane) = *number;
        }
    }
}

/// Writes the sums of both of what `terms` gives over the rows of a block, `[2][channels]`.
#[inline(always)]
pub fn sum_block(block: &Block, channels: usize, sums: &mut [f32], terms: impl Fn(Place) -> [F32x4; 2] + Copy) {
    let &Block { first, streams, count } = block;
    if streams == STREAMS {
        sum_rows(first, count, channels, sums, terms);
    } else {
        sum_rows([first[0]], count, channels, sums, terms);
    }
}

#[inline(always)]
fn sum_rows<const N: usize>(
    first: [usize; N],
    count: usize,
    channels: usize,
    sums: &mut [f32],
    terms: impl Fn(Place) -> [F32x4; 2] + Copy,
) {
    let whole = |channel| Place { index: 0, channel, lanes: LANES };
    let mut channel = 0;
    while channel + GROUP * LANES <= channels {
        sum_group::<N, GROUP>(first, count, channels, whole(channel), sums, terms);
        channel += GROUP * LANES;
    }
    while channel + LANES <= channels {
        sum_group::<N, 1>(first, count, channels, whole(channel), sums, terms);
        channel += LANES;
    }
    if channel < channels {
        let last = Place { index: 0, channel, lanes: channels - channel };
        sum_group::<N, 1>(first, count, channels, last, sums, terms);
    }
}

/// The sums of `V` vectors of channels, of which `place` is the first.
#[inline(always)]
fn sum_group<const N: usize, const V: usize>(
    first: [usize; N],
    count: usize,
    channels: usize,
    place: Place,
    sums: &mut [f32],
    terms: impl Fn(Place) -> [F32x4; 2],
) {
    let Place { channel, lanes, .. } = place;
    let mut totals = [[F32x4::splat(0.0); 2]; V];
    for row in 0..count {
        for first in first {
            let index = (first + row) * channels + channel;
            for (vector, totals) in totals.iter_mut().enumerate() {
                let offset = vector * LANES;
                let terms = terms(Place { index: index + offset, channel: channel + offset, lanes });
                totals[0] = totals[0] + terms[0];
                totals[1] = totals[1] + terms[1];
            }
        }
    }
    let (first, second) = sums.split_at_mut(channels);
    for (vector, totals) in totals.iter().enumerate() {
        let channel = channel + vector * LANES;
        let [first, second] = [&mut first[channel..][..lanes], &mut second[channel..][..lanes]];
        // SAFETY: both have that many numbers.
        unsafe {
            store(totals[0], first.as_mut_ptr(), lanes);
            store(totals[1], second.as_mut_ptr(), lanes);
        }
    }
}

/// Writes `value` of every place to `y`, the rows of `channels` numbers each.
#[inline(always)]
pub fn write_rows(channels: usize, y: &mut [f32], value: impl Fn(Place) -> F32x4 + Copy) {
    let rows = y.len() / channels;
    assert!(y.len() == rows * channels);
    let share = rows / STREAMS;
    for row in 0..share {
        write_row(
            core::array::from_fn::<_, STREAMS, _>(|stream| (stream * share + row) * channels),
            channels,
            y,
            value,
        );
    }
    for row in share * STREAMS..rows {
        write_row([row * channels], channels, y, value);
    }
}

/// Writes rows that begin at `first`.
#[inline(always)]
fn write_row<const N: usize>(first: [usize; N], channels: usize, y: &mut [f32], value: impl Fn(Place) -> F32x4) {
    let y = y.as_mut_ptr();
    let write = |channel, lanes| {
        // All are computed before one is written: so what the channel has is read once.
        let values = first.map(|first| value(Place { index: first + channel, channel, lanes }));
        for (first, value) in first.into_iter().zip(values) {
            // SAFETY: rows and channels are those of `y`.
            unsafe { store(value, y.wrapping_add(first + channel), lanes) };
        }
    };
    let mut channel = 0;
    while channel + LANES <= channels {
        write(channel, LANES);
        channel += LANES;
    }
    if channel < channels {
        write(channel, channels - channel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{Fenced, Numbers};

    /// Rows below, at and above a block; channels below, at and above vectors and groups.
    fn shapes() -> impl Iterator<Item = (usize, usize)> {
        (0..10)
            .chain(126..135)
            .chain(250..260)
            .flat_map(|rows| (1..=36).step_by(3).map(move |channels| (rows, channels)))
    }

    #[test]
    fn blocks_hold_every_row_once_and_their_sums_are_those_of_their_rows() {
        let mut numbers = Numbers::seeded(12);
        for (rows, channels) in shapes() {
            // Whole numbers: the sums are exact.
            let x = Fenced::holding(&numbers.whole(rows * channels, 100));
            let at = x.inside().as_ptr();
            let mut sums = vec![0.0; 2 * channels];
            let mut counted = 0;
            for block in blocks(rows) {
                assert!((1..=BLOCK_ROWS).contains(&block.rows()));
                counted += block.rows();
                let mut partial = Fenced::unset(2 * channels);
                sum_block(&block, channels, partial.inside_mut(), |Place { index, channel, lanes }| {
                    assert_eq!(index % channels, channel);
                    // SAFETY: a place is within the rows.
                    let x = unsafe { load(at.wrapping_add(index), lanes) };
                    [x, x * F32x4::splat(2.0)]
                });
                sums.iter_mut().zip(partial.check()).for_each(|(sum, partial)| *sum += partial);
            }
            assert_eq!(counted, rows);
            for channel in 0..channels {
                let expected: f32 = x.inside().iter().skip(channel).step_by(channels).sum();
                assert_eq!(sums[channel], expected, "{rows} rows, channel {channel} of {channels}");
                assert_eq!(sums[channels + channel], 2.0 * expected, "{rows} rows, channel {channel} of {channels}");
            }
        }
    }

    #[test]
    fn every_number_of_the_rows_is_written() {
        let mut numbers = Numbers::seeded(13);
        for (rows, channels) in shapes() {
            let x = Fenced::holding(&numbers.floats(rows * channels));
            let factors = numbers.floats(channels);
            let mut y = Fenced::unset(rows * channels);
            write_rows(channels, y.inside_mut(), |Place { index, channel, lanes }| {
                // SAFETY: a place is within the rows.
                unsafe { load(&raw const x.inside()[index], lanes) * load(&raw const factors[channel], lanes) }
            });
            let expected: Vec<f32> =
                x.inside().iter().zip(factors.iter().cycle()).map(|(x, factor)| x * factor).collect();
            assert_eq!(y.check(), expected, "{rows} rows of {channels}");
        }
    }
}
