//! A picture's luma and chroma in whole blocks.

use super::color::{Rgb, chroma, halved, luma};
use super::{SIDE, Source};

/// Levels of a component, in whole blocks: beyond the picture, its last column and row are repeated.
pub struct Plane<'a> {
    levels: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

impl<'a> Plane<'a> {
    /// The levels from a block's first on; `None` beyond the last block of a row or column.
    pub fn block(&self, y: usize, x: usize) -> Option<&'a [u8]> {
        let (top, left) = (SIDE * y * self.stride, SIDE * x);
        (left < self.stride && top < self.levels.len()).then(|| &self.levels[top + left..])
    }
}

/// The components of a picture.
pub struct Ycc<'a> {
    /// Y, at full size.
    pub luma: Plane<'a>,
    /// Cb, at half the width and height.
    pub blue: Plane<'a>,
    /// Cr, as Cb.
    pub red: Plane<'a>,
}

impl<'a> Ycc<'a> {
    /// Bytes of the components, and of four rows of chroma at full width.
    pub fn bytes(width: usize, height: usize) -> usize {
        let (luma, chroma) = (whole(width) * whole(height), whole(width.div_ceil(2)) * whole(height.div_ceil(2)));
        luma + 2 * chroma + 4 * row_bytes(width)
    }

    /// The components of a picture, in [`Ycc::bytes`] of `workspace`.
    pub fn of(source: Source, workspace: &'a mut [u8]) -> Self {
        let Source { width, height, planes } = source;
        let (luma_stride, chroma_stride) = (whole(width), whole(width.div_ceil(2)));
        let chroma_bytes = chroma_stride * whole(height.div_ceil(2));
        let (levels, rest) = workspace.split_at_mut(luma_stride * whole(height));
        let (blue, rest) = rest.split_at_mut(chroma_bytes);
        let (red, rows) = rest.split_at_mut(chroma_bytes);
        if planes.len() == width * height {
            for (row, output) in planes.chunks_exact(width).zip(levels.chunks_exact_mut(luma_stride)) {
                output[..width].copy_from_slice(row);
                repeat_last(output, width);
            }
            // Gray is the middle of both.
            blue.fill(128);
            red.fill(128);
        } else {
            let rgb = |y: usize| -> Rgb { [0, 1, 2].map(|plane| &planes[(plane * height + y) * width..][..width]) };
            for (y, output) in levels.chunks_exact_mut(luma_stride).take(height).enumerate() {
                luma(rgb(y), &mut output[..width]);
                repeat_last(output, width);
            }
            let mut rows = rows.chunks_exact_mut(row_bytes(width));
            let [Some(blue_upper), Some(red_upper), Some(blue_lower), Some(red_lower)] = [(); 4].map(|()| rows.next())
            else {
                unreachable!("there are four rows")
            };
            let outputs = blue.chunks_exact_mut(chroma_stride).zip(red.chunks_exact_mut(chroma_stride));
            for (y, (blue, red)) in outputs.take(height.div_ceil(2)).enumerate() {
                let pair = [(&mut *blue_upper, &mut *red_upper), (&mut *blue_lower, &mut *red_lower)];
                for (row, (blue, red)) in pair.into_iter().enumerate() {
                    chroma(rgb((2 * y + row).min(height - 1)), &mut blue[..width], &mut red[..width]);
                    repeat_last(blue, width);
                    repeat_last(red, width);
                }
                halved(blue_upper, blue_lower, blue);
                halved(red_upper, red_lower, red);
            }
        }
        repeat_last_row(levels, luma_stride, height);
        repeat_last_row(blue, chroma_stride, height.div_ceil(2));
        repeat_last_row(red, chroma_stride, height.div_ceil(2));
        Self {
            luma: Plane { levels, stride: luma_stride },
            blue: Plane { levels: blue, stride: chroma_stride },
            red: Plane { levels: red, stride: chroma_stride },
        }
    }
}

/// A length in whole blocks.
fn whole(length: usize) -> usize {
    length.next_multiple_of(SIDE)
}

/// Bytes of a row of chroma at full width, in whole pairs of blocks.
fn row_bytes(width: usize) -> usize {
    2 * whole(width.div_ceil(2))
}

/// Repeats the last of a row's first `width` levels to the row's end.
fn repeat_last(row: &mut [u8], width: usize) {
    let last = row[width - 1];
    row[width..].fill(last);
}

/// Repeats the last of a plane's first `height` rows to the plane's end.
fn repeat_last_row(plane: &mut [u8], stride: usize, height: usize) {
    let (rows, rest) = plane.split_at_mut(height * stride);
    for row in rest.chunks_exact_mut(stride) {
        row.copy_from_slice(&rows[(height - 1) * stride..]);
    }
}
