//! Small pictures to baseline JPEG files: YCbCr with 4:2:0 subsampling, also if they are gray, without a JFIF header. The files are
//! libjpeg-turbo's of such settings, byte for byte: accurate integer DCT, and the Huffman tables of the standard.
//!
//! ```text
//! planes of red, green and blue ─▶ luma and halved chroma ─▶ blocks ─▶ DCT ─▶ quantized ─▶ Huffman codes
//! ```
//!
//! Sources: ITU-T T.81; libjpeg-turbo 3 `jccolor.c`, `jcsample.c`, `jccoefct.c`, `jfdctint.c`, `jcdctmgr.c`, `jchuff.c`.

mod color;
mod dct;
mod planes;
mod tables;
mod writer;

use dct::{Divisors, quantized};
use planes::Ycc;
use tables::{AC_CHROMA, AC_LUMA, CHROMA, DC_CHROMA, DC_LUMA, LUMA, at_quality, codes_of};
use writer::Writer;

/// Pixels of a block's side.
const SIDE: usize = 8;

/// A picture to encode.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `[height, width]` gray levels, or three such planes of red, green and blue, one after the other.
    pub planes: &'a [u8],
}

/// Most bytes of a file: each coefficient's code and value in at most 26 bits, every byte of which may be stuffed, and the header.
#[must_use]
pub fn most_bytes(width: usize, height: usize) -> usize {
    // Of each pixel, a coefficient of luma, and half as many of chroma.
    let coefficients = width.next_multiple_of(2 * SIDE) * height.next_multiple_of(2 * SIDE) * 3 / 2;
    1024 + coefficients * 2 * 26 / 8
}

/// Bytes that [`encode`] works in.
#[must_use]
pub fn workspace_bytes(width: usize, height: usize) -> usize {
    Ycc::bytes(width, height)
}

/// Writes a picture as a file to `file`, and returns the number of its bytes. `quality` is 1 to 100.
///
/// # Panics
/// If `workspace` is shorter than [`workspace_bytes`], or `file` than [`most_bytes`].
pub fn encode(source: Source, quality: u32, workspace: &mut [u8], file: &mut [u8]) -> usize {
    let Source { width, height, .. } = source;
    let factors = [LUMA, CHROMA].map(|table| table.map(|factor| at_quality(factor, quality)));
    let divisors = factors.each_ref().map(Divisors::of);
    let (dc_luma, ac_luma) = (codes_of(&DC_LUMA), codes_of(&AC_LUMA));
    let (dc_chroma, ac_chroma) = (codes_of(&DC_CHROMA), codes_of(&AC_CHROMA));
    let mut writer = Writer::new(file);
    writer.header(width, height, &factors);
    let Ycc { luma, blue, red } = Ycc::of(source, workspace);
    let mut predictions = [0; 3];
    for y in 0..height.div_ceil(2 * SIDE) {
        for x in 0..width.div_ceil(2 * SIDE) {
            for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let block = luma.block(2 * y + row, 2 * x + column);
                let levels = block.map(|block| quantized(block, luma.stride, &divisors[0]));
                writer.block(levels.as_ref(), &mut predictions[0], &dc_luma, &ac_luma);
            }
            for (plane, prediction) in [&blue, &red].into_iter().zip(&mut predictions[1..]) {
                let levels = plane.block(y, x).map(|block| quantized(block, plane.stride, &divisors[1]));
                writer.block(levels.as_ref(), prediction, &dc_chroma, &ac_chroma);
            }
        }
    }
    writer.end()
}
