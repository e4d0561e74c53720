//! Ordinary JPEG files to pixels, and small pictures to such files ([`encode`]): baseline, 8 bits, gray or YCbCr. The pixels are libjpeg-turbo's, byte for byte, with its
//! default settings: accurate integer inverse DCT, interpolated chroma.
//!
//! ```text
//! file ─▶ header ─▶ Huffman codes ─▶ blocks of coefficients ─▶ inverse DCT ─▶ planes ─▶ chroma at full size ─▶ RGB or its gray
//! ```
//!
//! Whatever is not ordinary is declined, and left to a complete decoder: progressive files, color profiles, rotated
//! pictures, unusual subsampling, and everything that libjpeg-turbo would warn about, such as a file that is cut. So a
//! picture is either the same as from a complete decoder, or there is none.
//!
//! Sources: ITU-T T.81; libjpeg-turbo 3 `jidctint.c`, `jdsample.c`, `jdcolor.c`, `jdhuff.c`.

mod color;
pub mod encode;
mod header;
mod huffman;
mod idct;
#[cfg(target_feature = "simd128")]
mod interleave;
mod unstuffed;

use color::{MARGIN, Planes, luma_rows, pixel_rows, workspace_bytes};
use header::{Frame, MOST_COMPONENTS};
use huffman::{Bits, Kind, Table};
use idct::{flat, idct};

/// Pixels that kernels may read or write beyond the end of a plane or a picture.
pub const SLACK: usize = 48;

/// What can be read from a file's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes per pixel of the file: 1 gray, or 3 RGB.
    pub channels: usize,
    /// Bytes that [`decode`] works in.
    pub workspace: usize,
}

/// Reads the header of a file; `None` if it is declined.
#[must_use]
pub fn info(file: &[u8]) -> Option<Info> {
    let frame = Frame::read(file)?;
    let planes: usize = (0..frame.components).map(|index| plane_bytes(&frame, index)).sum();
    let workspace = planes + Bits::workspace(frame.scan.len()) + workspace_bytes(frame.width);
    Some(Info { width: frame.width, height: frame.height, channels: frame.components, workspace })
}

/// Decodes a file to `pixels`, `[height, width, channels]`, and reports whether it could; else their content is undefined.
/// `channels` are those of the file, or 1 for the gray levels of its RGB pixels.
///
/// # Panics
/// If `workspace` is shorter than [`Info::workspace`], or `pixels` than the picture and [`SLACK`].
#[must_use]
pub fn decode(file: &[u8], channels: usize, workspace: &mut [u8], pixels: &mut [u8]) -> bool {
    decoded(file, channels, workspace, pixels).is_some()
}

fn decoded(file: &[u8], channels: usize, workspace: &mut [u8], pixels: &mut [u8]) -> Option<()> {
    let frame = Frame::read(file)?;
    let size = (frame.width, frame.height);
    let (luma, rest) = workspace.split_at_mut(plane_bytes(&frame, 0));
    let (bits, rest) = rest.split_at_mut(Bits::workspace(frame.scan.len()));
    let bits = Bits::new(frame.scan, bits);
    let luma_stride = stride(&frame, 0);
    if frame.components == 1 {
        decode_scan(&frame, bits, [luma, &mut [], &mut []])?;
        luma_rows(luma, luma_stride, size, pixels);
        return Some(());
    }
    let (blue, rest) = rest.split_at_mut(plane_bytes(&frame, 1));
    let (red, rest) = rest.split_at_mut(plane_bytes(&frame, 2));
    decode_scan(&frame, bits, [luma, &mut blue[MARGIN..], &mut red[MARGIN..]])?;
    let (chroma_stride, sampling) = (stride(&frame, 1), frame.sampling);
    pixel_rows(Planes { luma, luma_stride, blue, red, chroma_stride, sampling }, size, channels, rest, pixels);
    Some(())
}

/// Bytes from one row of a component's plane to the next: those of whole blocks, and of a margin if it is chroma.
fn stride(frame: &Frame, component: usize) -> usize {
    let (across, _) = frame.blocks_of(component);
    8 * across * frame.mcus().0 + if component == 0 { 0 } else { MARGIN }
}

fn plane_bytes(frame: &Frame, component: usize) -> usize {
    let (_, down) = frame.blocks_of(component);
    stride(frame, component) * 8 * down * frame.mcus().1 + SLACK
}

/// A component of a scan, with its tables.
struct Component<'a> {
    /// Its blocks in an MCU, and rows of them.
    blocks: (usize, usize),
    dc: &'a Table<'a>,
    ac: &'a Table<'a>,
    quantization: &'a [u16; 64],
    plane: &'a mut [u8],
    stride: usize,
    prediction: i32,
}

/// Decodes the one scan of a file to planes.
fn decode_scan(frame: &Frame, mut bits: Bits, planes: [&mut [u8]; MOST_COMPONENTS]) -> Option<()> {
    let mut tables = [const { Table::EMPTY }; 4];
    let mut are_defined = [false; 4];
    let kinds = [Kind::Dc, Kind::Dc, Kind::Ac, Kind::Ac];
    for (index, (table, kind)) in tables.iter_mut().zip(kinds).enumerate() {
        are_defined[index] = frame.huffman[index].is_some_and(|definition| table.define(definition, kind).is_some());
    }
    let table = |index: usize| are_defined[index].then_some(&tables[index]);
    let mut components = planes.into_iter().enumerate().map(|(index, plane)| {
        let (dc_number, ac_number) = frame.tables_of[index];
        Some(Component {
            blocks: frame.blocks_of(index),
            dc: table(dc_number)?,
            ac: table(2 + ac_number)?,
            quantization: frame.quantization_of(index)?,
            plane,
            stride: stride(frame, index),
            prediction: 0,
        })
    });
    let mut components = [components.next()?, components.next()?, components.next()?];
    let components = &mut components[..frame.components];
    let (across, down) = frame.mcus();
    let mut until_restart = frame.restart_interval;
    let mut restarts = 0;
    let mut coefficients = [0; 64];
    for y in 0..down {
        for x in 0..across {
            if frame.restart_interval > 0 {
                if until_restart == 0 {
                    bits.restart(restarts)?;
                    restarts = (restarts + 1) % 8;
                    until_restart = frame.restart_interval;
                    components.iter_mut().flatten().for_each(|component| component.prediction = 0);
                }
                until_restart -= 1;
            }
            for component in &mut *components {
                let Component { blocks: (wide, high), dc, ac, quantization, plane, stride, prediction } =
                    component.as_mut()?;
                for row in 0..*high {
                    let top = 8 * (y * *high + row) * *stride;
                    for column in 0..*wide {
                        let output = &mut plane[top + 8 * (x * *wide + column)..];
                        let last = bits.block(dc, ac, quantization, prediction, &mut coefficients)?;
                        if last == 0 {
                            flat(coefficients[0], output, *stride)?;
                        } else {
                            idct(&mut coefficients, last, output, *stride)?;
                        }
                    }
                }
            }
        }
    }
    bits.end()
}
