//! The gradient of a convolution's filter: `dw[i][j][c][n] = Σ images, y, x: x[y + i][x + j][c] * dy[y][x][n]`.
//!
//! ```text
//! for each part of the rows of dy        sums of its own: threads share none, and long chains of f32 additions lose digits
//!   for each row of dy, each filter row i
//!     for each run of the input row      [filter_width * in_channels] numbers that move with x
//!       for 4 of the run, 8 channels n   one tile: sums over x
//! add the parts' sums in their order
//! ```

use core::ops::Range;

use crate::convolution::Convolution;
use crate::convolution::gradient_rows::Rows;
use crate::parts::parts_with_sums;
use crate::simd::tile::{COLUMNS, ROWS, Tile};

/// How many parts the rows of dy are divided into.
pub fn parts(convolution: &Convolution) -> usize {
    parts_with_sums(convolution.batch * convolution.out_height, sums_floats(convolution))
}

/// Numbers of a part's sums.
pub fn sums_floats(convolution: &Convolution) -> usize {
    let pitch = convolution.out_channels.next_multiple_of(COLUMNS);
    convolution.filter_height * convolution.filter_width * convolution.in_channels * pitch
}

/// Numbers of workspace: a row of dy, the same with its channels padded, an input row with its zeros.
pub fn workspace_floats(convolution: &Convolution) -> usize {
    let pitch = convolution.out_channels.next_multiple_of(COLUMNS);
    convolution.out_row() + convolution.out_width * pitch + padded_columns(convolution) * convolution.in_channels
}

/// Writes what the rows `rows` of dy, counted across all images, contribute to the filter's gradient to `sums`.
///
/// `x` is the input, `dy` the rows of the output's gradient.
///
/// # Panics
/// If a slice's length is not that of its tensor, or `workspace` is shorter than [`workspace_floats`].
pub fn filter_gradient(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    dy: &impl Rows,
    sums: &mut [f32],
    workspace: &mut [f32],
) {
    let &Convolution { out_height, out_width, out_channels, in_channels, .. } = convolution;
    assert!(x.len() == convolution.in_floats() && sums.len() == sums_floats(convolution));
    let pitch = out_channels.next_multiple_of(COLUMNS);
    let (row, workspace) = workspace.split_at_mut(convolution.out_row());
    let (spread, workspace) = workspace.split_at_mut(out_width * pitch);
    let padded = &mut workspace[..padded_columns(convolution) * in_channels];
    let (runs, length) = convolution.runs(in_channels);

    sums.fill(0.0);
    for (image, y) in rows.map(|row| (row / out_height, row % out_height)) {
        dy.write(image, y, row);
        let dy_row = if pitch == out_channels {
            &*row
        } else {
            for (pixel, target) in row.chunks_exact(out_channels).zip(spread.chunks_exact_mut(pitch)) {
                target[..out_channels].copy_from_slice(pixel);
                target[out_channels..].fill(0.0);
            }
            &*spread
        };
        for i in 0..convolution.filter_height {
            let Some(in_row) = input_row(convolution, x, image, y, i, padded) else { continue };
            for run in 0..runs {
                let first = (i * runs + run) * length * pitch;
                add_outer_products(
                    &mut sums[first..first + length * pitch],
                    &in_row[run * convolution.dilation_width * in_channels..],
                    convolution.stride_width * in_channels,
                    dy_row,
                    pitch,
                );
            }
        }
    }
}

/// Adds up the sums of all parts, `[parts][taps * in_channels][out_channels, padded]`: writes the rows `rows` of the
/// filter, each of `out_channels` numbers, to `filter`.
pub fn add_parts(convolution: &Convolution, rows: Range<usize>, all_sums: &[f32], filter: &mut [f32]) {
    let out_channels = convolution.out_channels;
    let pitch = out_channels.next_multiple_of(COLUMNS);
    assert!(filter.len() == rows.len() * out_channels && all_sums.len().is_multiple_of(sums_floats(convolution)));
    filter.fill(0.0);
    for sums in all_sums.chunks_exact(sums_floats(convolution)) {
        let sums = sums[rows.start * pitch..rows.end * pitch].chunks_exact(pitch);
        for (target, sums) in filter.chunks_exact_mut(out_channels).zip(sums) {
            for (target, sum) in target.iter_mut().zip(sums) {
                *target += sum;
            }
        }
    }
}

/// `sums[m][n] += Σ_x in_row[x * x_step + m] * dy_row[x][n]`, for all m of the run and all `pitch` channels n.
fn add_outer_products(sums: &mut [f32], in_row: &[f32], x_step: usize, dy_row: &[f32], pitch: usize) {
    let length = sums.len() / pitch;
    let width = dy_row.len() / pitch;
    assert!(in_row.len() >= (width - 1) * x_step + length);
    let mut m = 0;
    while m + ROWS <= length {
        // SAFETY: m + M <= length, and the assertion covers the input row up to the last pixel's run.
        unsafe { add_tiles::<ROWS>(sums, m, in_row, x_step, dy_row, pitch, width) };
        m += ROWS;
    }
    while m < length {
        // SAFETY: m + M <= length, and the assertion covers the input row up to the last pixel's run.
        unsafe { add_tiles::<1>(sums, m, in_row, x_step, dy_row, pitch, width) };
        m += 1;
    }
}

/// # Safety
/// `in_row` has `(width - 1) * x_step + m + M` numbers, `sums` `(m + M) * pitch`, `dy_row` `width * pitch`.
#[inline(always)]
unsafe fn add_tiles<const M: usize>(
    sums: &mut [f32],
    m: usize,
    in_row: &[f32],
    x_step: usize,
    dy_row: &[f32],
    pitch: usize,
    width: usize,
) {
    let a = core::array::from_fn(|row| in_row.as_ptr().wrapping_add(m + row));
    for n in (0..pitch).step_by(COLUMNS) {
        let at = sums.as_mut_ptr().wrapping_add(m * pitch + n);
        // SAFETY: upheld by this function's own contract, and `pitch` is a multiple of 8.
        unsafe {
            let mut tile = Tile::<M>::load(at, pitch);
            tile.add_products(a, x_step, dy_row.as_ptr().add(n), pitch, width);
            tile.store(at, pitch, COLUMNS);
        }
    }
}

/// The input row that output row `y` sees through filter row `i`, from its first output pixel's first column on; `None`
/// outside of the image. It is copied to `padded` only if zeros are needed beside the image.
fn input_row<'a>(
    convolution: &Convolution,
    x: &'a [f32],
    image: usize,
    y: usize,
    i: usize,
    padded: &'a mut [f32],
) -> Option<&'a [f32]> {
    let &Convolution { in_height, in_width, in_channels, pad_top, pad_left, .. } = convolution;
    let row = (y * convolution.stride_height + i * convolution.dilation_height).checked_add_signed(-pad_top)?;
    if row >= in_height {
        return None;
    }
    let first = (image * in_height + row) * convolution.in_row();
    let source = &x[first..first + convolution.in_row()];
    if pad_left == 0 && padded_columns(convolution) <= in_width {
        return Some(source);
    }
    for (column, target) in padded.chunks_exact_mut(in_channels).enumerate() {
        match column.checked_add_signed(-pad_left).filter(|&column| column < in_width) {
            Some(column) => target.copy_from_slice(&source[column * in_channels..][..in_channels]),
            None => target.fill(0.0),
        }
    }
    Some(padded)
}

/// Columns that the outputs of a row see, zeros beside the image included.
fn padded_columns(convolution: &Convolution) -> usize {
    (convolution.out_width - 1) * convolution.stride_width
        + (convolution.filter_width - 1) * convolution.dilation_width
        + 1
}

#[cfg(test)]
mod tests {
    use crate::convolution::gradient_rows::Plain;
    use crate::naive::{self, Fenced, Numbers};

    #[test]
    fn equals_its_definition_at_every_stride_dilation_padding_and_number_of_channels() {
        let mut numbers = Numbers::seeded(1);
        for convolution in naive::convolutions() {
            let x = Fenced::holding(&numbers.floats(convolution.in_floats()));
            let dy = Fenced::holding(&numbers.floats(convolution.out_floats()));
            let rows = Plain { values: dy.inside(), height: convolution.out_height };
            let filter = naive::run_filter_gradient(&convolution, x.inside(), &rows);
            let expected = naive::filter_gradient(&convolution, x.inside(), dy.inside());
            naive::assert_near(&filter, &expected, &convolution);
        }
    }

    #[test]
    fn a_sum_over_many_images_keeps_its_digits() {
        let (images, side) = (64, 48);
        let shape = naive::convolution([images, 1, 1], [side; 2], [1, 1], [1, 1], [1, 1], naive::Padding::Valid);
        let convolution = shape.expect("it has outputs");
        let x = vec![1.0; convolution.in_floats()];
        let dy = vec![0.1; convolution.out_floats()];
        let rows = Plain { values: &dy, height: convolution.out_height };
        let filter = naive::run_filter_gradient(&convolution, &x, &rows);
        let exact = f64::from(0.1_f32) * dy.len() as f64;
        // A part's additions, here those of an image, and those of the parts; one chain through all would be 60 times
        // as long.
        let roundings = (side * side + images) as f64;
        naive::assert_within(filter[0], exact, roundings * f64::from(f32::EPSILON) / 2.0 * exact, 0, &convolution);
    }
}
