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
    for column in 0..y.len() / channels {
        let y = &mut y[column * channels..];
        // SAFETY: upheld by this function's own contract.
        let pixel = |tap: &Tap| unsafe { row.add(tap.place as usize * channels) };
        // SAFETY: as above; `channel` is one of the pixel's.
        let product =
            |tap: &Tap, channel: usize| unsafe { F32x4::load(pixel(tap).add(channel)) * F32x4::splat(tap.weight) };
        match columns.of(column) {
            [] => write_pixel(channels, y, |_| F32x4::splat(0.0)),
            [tap] => write_pixel(channels, y, |channel| product(tap, channel)),
            [a, b] => write_pixel(channels, y, |channel| product(a, channel) + product(b, channel)),
            [a, b, others @ ..] => write_pixel(channels, y, |channel| {
                let sum = product(a, channel) + product(b, channel);
                others.iter().fold(sum, |sum, tap| sum + product(tap, channel))
            }),
        }
    }
}

/// Writes a pixel of `channels` numbers to the beginning of `y`: `vector` gives those from a channel on. Lanes beyond the
/// pixel are of the next ones, which are written after it.
#[inline(always)]
fn write_pixel(channels: usize, y: &mut [f32], vector: impl Fn(usize) -> F32x4) {
    if y.len() >= channels + LANES - 1 {
        for channel in (0..channels).step_by(LANES) {
            // SAFETY: the vector ends at most three numbers beyond the pixel.
            unsafe { vector(channel).store(y.as_mut_ptr().add(channel)) };
        }
        return;
    }
    for channel in (0..channels).step_by(LANES) {
        let mut lanes = [0.0; LANES];
        // SAFETY: as many lanes.
        unsafe { vector(channel).store(lanes.as_mut_ptr()) };
        for (y, lane) in y[channel..].iter_mut().zip(lanes) {
            *y = lane;
        }
    }
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
