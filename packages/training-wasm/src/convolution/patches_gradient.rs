//! The gradient of a convolution's filter as a product of matrices: of what the outputs see, transposed, and dy.
//!
//! ```text
//! for each part of the output pixels and of the filter's rows [tap, in]
//!   for each block of pixels
//!     x: [row / 4][pixel][4]         what the pixels see, zeros beside the image included
//!     for each 8 channels
//!       dy: [pixel][8]
//!       for each 4 rows              one tile: the sums of the block, which are then added to those of the part
//! add the sums of all parts of the pixels, in their order
//! ```
//!
//! [`filter_gradient`](super::filter_gradient) does the same by rows of dy, which need not exist as a whole.

use core::ops::Range;

use super::depthwise::seen;
use super::filter_gradient::sums_floats;
use crate::convolution::Convolution;
use crate::parts::Part;
use crate::simd::tile::{COLUMNS, ROWS, Tile};

/// Pixels of a block.
const BLOCK: usize = 128;

/// Least rows of the filter of a part, if there are as many: fewer read dy too often.
const PART_ROWS: usize = 64;

/// Parts that are enough for threads to finish at about the same time.
const ENOUGH_PARTS: usize = 16;

/// How the work is divided.
#[derive(Clone, Copy, Debug)]
pub struct Division {
    /// Parts of the pixels, which have sums of their own.
    pub pixel_parts: usize,
    /// Parts of the filter's rows.
    row_parts: usize,
}

impl Division {
    /// That of a convolution.
    pub fn of(convolution: &Convolution) -> Self {
        let row_parts = (rows(convolution) / PART_ROWS).clamp(1, ENOUGH_PARTS);
        let blocks = pixels(convolution).div_ceil(BLOCK).max(1);
        Self { pixel_parts: ENOUGH_PARTS.div_ceil(row_parts).min(blocks), row_parts }
    }

    /// Number of parts.
    pub const fn parts(&self) -> usize {
        self.pixel_parts * self.row_parts
    }

    /// The part of the pixels that part `part` has, and its fours of rows.
    fn share(&self, convolution: &Convolution, part: usize) -> (usize, Range<usize>) {
        let fours = rows(convolution).div_ceil(ROWS);
        (part / self.row_parts, Part { index: part % self.row_parts, count: self.row_parts }.of(fours))
    }

    /// Where the sums of part `part` are among those of all, `[pixel_parts]` times
    /// [`sums_floats`](super::filter_gradient::sums_floats).
    pub fn sums_of(&self, convolution: &Convolution, part: usize) -> Range<usize> {
        let (pixel_part, fours) = self.share(convolution, part);
        let pitch = convolution.out_channels.next_multiple_of(COLUMNS);
        let at = |four: usize| pixel_part * sums_floats(convolution) + (four * ROWS).min(rows(convolution)) * pitch;
        at(fours.start)..at(fours.end)
    }
}

/// Numbers of workspace: what a block of pixels sees, and eight channels of its gradient.
pub fn workspace_floats(convolution: &Convolution) -> usize {
    let fours = rows(convolution).div_ceil(ROWS).div_ceil(Division::of(convolution).row_parts);
    (fours * ROWS + COLUMNS) * BLOCK
}

/// Rows of the filter: pairs of a tap and an input channel.
const fn rows(convolution: &Convolution) -> usize {
    convolution.filter_height * convolution.filter_width * convolution.in_channels
}

const fn pixels(convolution: &Convolution) -> usize {
    convolution.batch * convolution.out_height * convolution.out_width
}

/// Writes the sums of part `part`, those at [`Division::sums_of`].
///
/// # Panics
/// If a slice's length is not that of its tensor, or `workspace` is shorter than [`workspace_floats`].
pub fn filter_gradient(
    convolution: &Convolution,
    part: usize,
    x: &[f32],
    dy: &[f32],
    sums: &mut [f32],
    workspace: &mut [f32],
) {
    let c = convolution;
    let division = Division::of(c);
    let (pixel_part, fours) = division.share(c, part);
    let pitch = c.out_channels.next_multiple_of(COLUMNS);
    assert!(x.len() == c.in_floats() && dy.len() == c.out_floats());
    assert!(sums.len() == division.sums_of(c, part).len());
    let (seen, workspace) = workspace.split_at_mut(fours.len() * ROWS * BLOCK);
    let gradient = &mut workspace[..COLUMNS * BLOCK];
    sums.fill(0.0);
    // Numbers that no row or channel has.
    seen.fill(0.0);
    gradient.fill(0.0);
    let of_part = Part { index: pixel_part, count: division.pixel_parts }.of(pixels(c));
    for first in of_part.clone().step_by(BLOCK) {
        let block = first..of_part.end.min(first + BLOCK);
        for (at, pixel) in block.clone().enumerate() {
            gather(c, pixel, x, fours.start * ROWS..rows(c).min(fours.end * ROWS), at, seen);
        }
        for channel in (0..c.out_channels).step_by(COLUMNS) {
            let columns = COLUMNS.min(c.out_channels - channel);
            let of_block = dy[block.start * c.out_channels..block.end * c.out_channels].chunks_exact(c.out_channels);
            for (target, dy) in gradient.chunks_exact_mut(COLUMNS).zip(of_block) {
                if columns == COLUMNS {
                    target.copy_from_slice(&dy[channel..channel + COLUMNS]);
                } else {
                    target[..columns].copy_from_slice(&dy[channel..]);
                }
            }
            add_products(seen, gradient, block.len(), &mut sums[channel..], pitch);
        }
    }
}

/// Writes what pixel `pixel` of the output sees, of the filter's rows `rows`, to place `at` of the block.
fn gather(c: &Convolution, pixel: usize, x: &[f32], rows: Range<usize>, at: usize, seen_by_block: &mut [f32]) {
    let out_row = pixel / c.out_width;
    let (image, out_y, out_x) = (out_row / c.out_height, out_row % c.out_height, pixel % c.out_width);
    let mut row = rows.start;
    while row < rows.end {
        let (tap, channel) = (row / c.in_channels, row % c.in_channels);
        let (i, j) = (tap / c.filter_width, tap % c.filter_width);
        let count = (c.in_channels - channel).min(rows.end - row);
        let in_y = seen(out_y, c.stride_height, i, c.dilation_height, c.pad_top, c.in_height);
        let in_x = seen(out_x, c.stride_width, j, c.dilation_width, c.pad_left, c.in_width);
        let source = in_y.zip(in_x).map(|(in_y, in_x)| {
            &x[((image * c.in_height + in_y) * c.in_width + in_x) * c.in_channels + channel..][..count]
        });
        let place = |row: usize| ((row - rows.start) / ROWS * BLOCK + at) * ROWS + row % ROWS;
        if (row | count).is_multiple_of(ROWS) {
            for four in (0..count).step_by(ROWS) {
                let target = &mut seen_by_block[place(row + four)..][..ROWS];
                match source {
                    Some(source) => target.copy_from_slice(&source[four..four + ROWS]),
                    None => target.fill(0.0),
                }
            }
        } else {
            for index in 0..count {
                seen_by_block[place(row + index)] = source.map_or(0.0, |source| source[index]);
            }
        }
        row += count;
    }
}

/// `sums[m][n] += Σ_p seen[m / 4][p][m % 4] * gradient[p][n]`, for all rows m of `sums` and eight columns n.
#[inline(never)]
fn add_products(seen: &[f32], gradient: &[f32], count: usize, sums: &mut [f32], pitch: usize) {
    assert!(count <= BLOCK && gradient.len() == BLOCK * COLUMNS);
    let rows = sums.len().div_ceil(pitch);
    assert!((rows - 1) * pitch + COLUMNS <= sums.len() && rows.next_multiple_of(ROWS) * BLOCK <= seen.len());
    let (target, gradient) = (sums.as_mut_ptr(), gradient.as_ptr());
    for (four, seen) in seen.chunks_exact(BLOCK * ROWS).take(rows.div_ceil(ROWS)).enumerate() {
        let first = four * ROWS;
        let at = target.wrapping_add(first * pitch);
        let a = core::array::from_fn(|row| seen.as_ptr().wrapping_add(row));
        // SAFETY: both operands have a block's pixels, and the rows of `sums` have eight numbers here.
        unsafe {
            let mut tile = Tile::<ROWS>::zeros();
            tile.add_products(a, ROWS, gradient, COLUMNS, count);
            tile.add_to(at, pitch, rows - first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convolution::filter_gradient::add_parts;
    use crate::naive::{self, Fenced, Numbers, Padding};

    fn assert_equals_its_definition(c: &Convolution, numbers: &mut Numbers) {
        let x = Fenced::holding(&numbers.floats(c.in_floats()));
        let dy = Fenced::holding(&numbers.floats(c.out_floats()));
        let division = Division::of(c);
        let mut sums = Fenced::unset(division.pixel_parts * sums_floats(c));
        for part in 0..division.parts() {
            let mut workspace = Fenced::unset(workspace_floats(c));
            let sums = &mut sums.inside_mut()[division.sums_of(c, part)];
            filter_gradient(c, part, x.inside(), dy.inside(), sums, workspace.inside_mut());
            workspace.check();
        }
        let mut filter = vec![f32::NAN; c.filter_floats()];
        add_parts(c, 0..rows(c), sums.check(), &mut filter);
        naive::assert_near(&filter, &naive::filter_gradient(c, x.inside(), dy.inside()), c);
    }

    #[test]
    fn equals_its_definition_at_every_stride_dilation_padding_and_number_of_channels() {
        let mut numbers = Numbers::seeded(37);
        for convolution in naive::convolutions() {
            assert_equals_its_definition(&convolution, &mut numbers);
        }
    }

    #[test]
    fn equals_its_definition_in_many_blocks_and_parts() {
        let mut numbers = Numbers::seeded(38);
        for (sizes, image, filter) in
            [([3, 5, 20], [19, 21], [1, 1]), ([2, 140, 9], [9, 8], [1, 1]), ([2, 23, 10], [12, 13], [3, 3])]
        {
            let shape = naive::convolution(sizes, image, filter, [1, 1], [1, 1], Padding::Same);
            let convolution = shape.expect("it has outputs");
            assert!(Division::of(&convolution).parts() > 1);
            assert_equals_its_definition(&convolution, &mut numbers);
        }
    }

    #[test]
    fn a_sum_over_many_pixels_keeps_its_digits() {
        let shape = naive::convolution([64, 1, 1], [48; 2], [1, 1], [1, 1], [1, 1], Padding::Valid);
        let convolution = shape.expect("it has outputs");
        let division = Division::of(&convolution);
        let (x, dy) = (vec![1.0; convolution.in_floats()], vec![0.1; convolution.out_floats()]);
        let mut sums = vec![0.0; division.pixel_parts * sums_floats(&convolution)];
        for part in 0..division.parts() {
            let mut workspace = vec![0.0; workspace_floats(&convolution)];
            let sums = &mut sums[division.sums_of(&convolution, part)];
            filter_gradient(&convolution, part, &x, &dy, sums, &mut workspace);
        }
        let mut filter = [0.0];
        add_parts(&convolution, 0..1, &sums, &mut filter);
        let exact = f64::from(0.1_f32) * dy.len() as f64;
        // A block's additions, those of a part's blocks, and those of the parts.
        let roundings = (BLOCK + dy.len() / division.pixel_parts / BLOCK + division.pixel_parts) as f64;
        naive::assert_within(filter[0], exact, roundings * f64::from(f32::EPSILON) / 2.0 * exact, 0, &convolution);
    }
}
