//! Images resized, and the gradients of that: each pixel of the result is a weighted sum of pixels of the input, with
//! weights that are products of one for the rows and one for the columns.

use core::ops::Range;

use crate::simd::lanes::F32x4;

/// Sizes of a resize. Six 32-bit words, so that a foreign caller passes one address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Resize {
    /// Images.
    pub batch: usize,
    /// Numbers per pixel.
    pub channels: usize,
    /// Rows of an input image.
    pub in_height: usize,
    /// Pixels of an input row.
    pub in_width: usize,
    /// Rows of a resized image.
    pub out_height: usize,
    /// Pixels of a resized row.
    pub out_width: usize,
}

impl Resize {
    /// Numbers of the input.
    pub const fn in_floats(&self) -> usize {
        self.batch * self.in_height * self.in_row()
    }

    const fn in_row(&self) -> usize {
        self.in_width * self.channels
    }

    /// Numbers of a resized row.
    pub const fn out_row(&self) -> usize {
        self.out_width * self.channels
    }
}

/// An input row or column that a resized one has a share of.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Tap {
    /// Its index.
    pub place: u32,
    /// The share.
    pub weight: f32,
}

/// The taps of all resized rows, or of all columns.
#[derive(Clone, Copy, Debug)]
pub struct Taps<'a> {
    /// Where those of each index begin, and, as one more, where the last ones end.
    pub begins: &'a [u32],
    /// All taps.
    pub taps: &'a [Tap],
}

impl<'a> Taps<'a> {
    fn of(self, index: usize) -> &'a [Tap] {
        &self.taps[self.begins[index] as usize..self.begins[index + 1] as usize]
    }
}

/// Lanes of a vector.
const LANES: usize = 4;

/// Numbers of workspace: an input row, and a vector more.
pub const fn workspace_floats(resize: &Resize) -> usize {
    resize.in_row() + LANES
}

/// Writes the resized rows `range`, counted across all images, to `y`.
///
/// # Panics
/// If a length is not that of its tensor, the workspace is shorter than [`workspace_floats`], or a tap is outside of an
/// image.
pub fn resample(
    resize: &Resize,
    rows: Taps,
    columns: Taps,
    range: Range<usize>,
    x: &[f32],
    y: &mut [f32],
    workspace: &mut [f32],
) {
    let (in_row, out_row) = (resize.in_row(), resize.out_row());
    assert!(x.len() == resize.in_floats() && y.len() == range.len() * out_row);
    assert!(columns.taps.iter().all(|tap| (tap.place as usize) < resize.in_width));
    let workspace = &mut workspace[..workspace_floats(resize)];
    workspace[in_row..].fill(0.0);
    for (index, y) in range.zip(y.chunks_exact_mut(out_row)) {
        let image = &x[index / resize.out_height * resize.in_height * in_row..][..resize.in_height * in_row];
        let line = |tap: &Tap| &image[tap.place as usize * in_row..][..in_row];
        let row = &mut workspace[..in_row];
        match rows.of(index % resize.out_height) {
            [] => row.fill(0.0),
            [tap] if tap.weight == 1.0 => row.copy_from_slice(line(tap)),
            [tap] => {
                for (sum, x) in row.iter_mut().zip(line(tap)) {
                    *sum = tap.weight * x;
                }
            }
            [first, second, others @ ..] => {
                for ((sum, a), b) in row.iter_mut().zip(line(first)).zip(line(second)) {
                    *sum = first.weight * a + second.weight * b;
                }
                for tap in others {
                    for (sum, x) in row.iter_mut().zip(line(tap)) {
                        *sum += tap.weight * x;
                    }
                }
            }
        }
        // SAFETY: the workspace is a vector longer than a row, `y` is a row of pixels, and all taps are within a row.
        unsafe { sum_columns(resize.channels, columns, workspace.as_ptr(), y) };
    }
}

/// Writes the weighted sums of pixels of `row` to `y`.
///
/// # Safety
/// Pixels that the taps are at have `channels` readable numbers, and three more.
unsafe fn sum_columns(channels: usize, columns: Taps, row: *const f32, y: &mut [f32]) {
    let count = y.len() / channels;
    // Pixels after which there are three numbers more: lanes beyond a pixel are of the next ones, which are written after
    // it.
    let roomy = count.saturating_sub((LANES - 1).div_ceil(channels));
    let mut target = y.as_mut_ptr();
    for column in 0..roomy {
        let taps = columns.of(column);
        // SAFETY: upheld by this function's own contract, and `target` has room for the pixel and three numbers more.
        unsafe {
            if let [a, b] = taps {
                let [from_a, from_b] = [a, b].map(|tap| row.add(tap.place as usize * channels));
                let [by_a, by_b] = [a, b].map(|tap| F32x4::splat(tap.weight));
                let mut channel = 0;
                while channel < channels {
                    let sum = F32x4::load(from_a.add(channel)) * by_a + F32x4::load(from_b.add(channel)) * by_b;
                    sum.store(target.add(channel));
                    channel += LANES;
                }
            } else {
                let mut channel = 0;
                while channel < channels {
                    sum_of(taps, channels, channel, row).store(target.add(channel));
                    channel += LANES;
                }
            }
            target = target.add(channels);
        }
    }
    for column in roomy..count {
        for channel in (0..channels).step_by(LANES) {
            let mut lanes = [0.0; LANES];
            // SAFETY: upheld by this function's own contract; the array has all lanes.
            unsafe { sum_of(columns.of(column), channels, channel, row).store(lanes.as_mut_ptr()) };
            for (y, lane) in y[column * channels..][channel..channels].iter_mut().zip(lanes) {
                *y = lane;
            }
        }
    }
}

/// The weighted sum of four numbers of each pixel, from `channel` on.
///
/// # Safety
/// As for [`sum_columns`].
#[inline(always)]
unsafe fn sum_of(taps: &[Tap], channels: usize, channel: usize, row: *const f32) -> F32x4 {
    // SAFETY: upheld by this function's own contract.
    let product =
        |tap: &Tap| unsafe { F32x4::load(row.add(tap.place as usize * channels + channel)) * F32x4::splat(tap.weight) };
    let Some((first, others)) = taps.split_first() else {
        return F32x4::splat(0.0);
    };
    others.iter().fold(product(first), |sum, tap| sum + product(tap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers};

    #[test]
    fn each_pixel_is_the_weighted_sum_of_its_taps_in_any_parts() {
        let mut numbers = Numbers::seeded(41);
        for channels in [1, 2, 3, 4, 5, 8, 11] {
            let resize = Resize { batch: 2, channels, in_height: 4, in_width: 5, out_height: 7, out_width: 6 };
            let mut taps = |count: usize, size: usize| {
                let (mut begins, mut taps) = (vec![0], vec![]);
                for index in 0..count {
                    taps.extend((0..index % 5).map(|_| Tap {
                        place: numbers.below(size) as u32,
                        weight: if index == 1 { 1.0 } else { numbers.below(9) as f32 / 4.0 - 1.0 },
                    }));
                    begins.push(taps.len() as u32);
                }
                (begins, taps)
            };
            let (rows, columns) = (taps(7, 4), taps(6, 5));
            let x = Fenced::holding(&numbers.whole(resize.in_floats(), 9));
            let mut y = Fenced::unset(2 * 7 * resize.out_row());
            let as_taps = |(begins, taps): &'_ (Vec<u32>, Vec<Tap>)| -> Taps<'static> {
                Taps { begins: begins.clone().leak(), taps: taps.clone().leak() }
            };
            for part in naive::parts(3) {
                let range = part.of(14);
                let mut workspace = Fenced::unset(workspace_floats(&resize));
                let target = &mut y.inside_mut()[range.start * resize.out_row()..range.end * resize.out_row()];
                resample(&resize, as_taps(&rows), as_taps(&columns), range, x.inside(), target, workspace.inside_mut());
                workspace.check();
            }
            let mut expected = vec![];
            for index in 0..2 * 7 * 6 * channels {
                let (channel, pixel) = (index % channels, index / channels);
                let (column, row, image) = (pixel % 6, pixel / 6 % 7, pixel / 42);
                let mut sum = 0.0;
                for by_row in as_taps(&rows).of(row) {
                    for by_column in as_taps(&columns).of(column) {
                        let at = ((image * 4 + by_row.place as usize) * 5 + by_column.place as usize) * channels;
                        sum += by_row.weight * by_column.weight * x.inside()[at + channel];
                    }
                }
                expected.push(sum);
            }
            assert_eq!(y.check(), expected, "{channels} channels");
        }
    }
}
