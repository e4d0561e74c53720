//! The header of a JPEG file: everything up to its one scan.

use super::huffman::Definition;

/// Components of a color picture: luma, and blue and red chroma.
pub const MOST_COMPONENTS: usize = 3;

/// Of larger pictures, a plane would not fit the caller's memory.
const LONGEST_SIDE: usize = 16_384;

/// Narrower pictures have chroma that libjpeg-turbo does not interpolate.
const SHORTEST_SIDE: usize = 8;

/// Pixels per chroma sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// 4:4:4: one, also of gray pictures.
    Full,
    /// 4:2:2: two of a row.
    HalfWidth,
    /// 4:2:0: two of each of two rows.
    HalfBoth,
}

/// The header of an ordinary file.
#[derive(Debug)]
pub struct Frame<'a> {
    pub width: usize,
    pub height: usize,
    /// 1 or 3.
    pub components: usize,
    pub sampling: Sampling,
    /// Number of the quantization table of each component.
    quantization_numbers: [usize; MOST_COMPONENTS],
    /// `[64]` factors in zigzag order; 0 is invalid.
    quantization: [Option<[u16; 64]>; 4],
    /// Two for DC, two for AC coefficients.
    pub huffman: [Option<Definition<'a>>; 4],
    /// Numbers of the DC and AC tables of each component.
    pub tables_of: [(usize, usize); MOST_COMPONENTS],
    /// MCUs between restart markers; 0 if there are none.
    pub restart_interval: usize,
    /// The codes of the scan, and everything behind them.
    pub scan: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads a header; `None` if the file is declined.
    pub fn read(file: &'a [u8]) -> Option<Self> {
        let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
        let mut frame = Self {
            width: 0,
            height: 0,
            components: 0,
            sampling: Sampling::Full,
            quantization_numbers: [0; MOST_COMPONENTS],
            quantization: [None; 4],
            huffman: [None; 4],
            tables_of: [(0, 0); MOST_COMPONENTS],
            restart_interval: 0,
            scan: &[],
        };
        loop {
            let (&[mark, kind, high, low], _) = rest.split_first_chunk()?;
            if mark != 0xff {
                return None;
            }
            let length = usize::from(u16::from_be_bytes([high, low]));
            let segment = rest.get(4..2 + length)?;
            rest = &rest[2 + length..];
            match kind {
                0xc0 | 0xc1 => frame.read_frame(segment)?,
                0xc4 => frame.read_huffman(segment)?,
                0xdb => frame.read_quantization(segment)?,
                0xdd => frame.restart_interval = usize::from(u16::from_be_bytes(*segment.first_chunk()?)),
                0xda => {
                    frame.read_scan(segment)?;
                    frame.scan = rest;
                    return Some(frame);
                }
                0xe1 if segment.starts_with(b"Exif\0") => upright(segment.get(6..)?)?,
                0xe2 if segment.starts_with(b"ICC_PROFILE\0") => return None,
                // Only YCbCr: 0 would be RGB.
                0xee if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => return None,
                0xe0..=0xef | 0xfe => {}
                _ => return None,
            }
        }
    }

    /// MCUs per row, and rows of them.
    pub fn mcus(&self) -> (usize, usize) {
        let (across, down) = self.blocks_of(0);
        (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down))
    }

    /// Blocks of a component in an MCU: across, and down.
    pub fn blocks_of(&self, component: usize) -> (usize, usize) {
        match (component, self.sampling) {
            (0, Sampling::HalfWidth) => (2, 1),
            (0, Sampling::HalfBoth) => (2, 2),
            _ => (1, 1),
        }
    }

    /// The factors of a component, in zigzag order.
    pub fn quantization_of(&self, component: usize) -> Option<&[u16; 64]> {
        self.quantization[self.quantization_numbers[component]].as_ref()
    }

    fn read_frame(&mut self, segment: &[u8]) -> Option<()> {
        let (&[bits, height_high, height_low, width_high, width_low, components], specifications) =
            segment.split_first_chunk()?;
        self.height = usize::from(u16::from_be_bytes([height_high, height_low]));
        self.width = usize::from(u16::from_be_bytes([width_high, width_low]));
        let side = SHORTEST_SIDE..=LONGEST_SIDE;
        if self.components != 0 || bits != 8 || !side.contains(&self.width) || !side.contains(&self.height) {
            return None;
        }
        self.components = usize::from(components);
        if !matches!(components, 1 | 3) || specifications.len() != 3 * self.components {
            return None;
        }
        for (index, specification) in specifications.chunks_exact(3).enumerate() {
            let number = usize::from(specification[2]);
            if number > 3 || usize::from(specification[0]) != index + 1 {
                return None;
            }
            self.quantization_numbers[index] = number;
        }
        self.sampling = match (components, specifications[1]) {
            (1, 0x11) | (3, 0x11) => Sampling::Full,
            (3, 0x21) => Sampling::HalfWidth,
            (3, 0x22) => Sampling::HalfBoth,
            _ => return None,
        };
        specifications.chunks_exact(3).skip(1).all(|chroma| chroma[1] == 0x11).then_some(())
    }

    fn read_quantization(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&number, rest)) = segment.split_first() {
            // Eight bits per factor.
            if number > 3 {
                return None;
            }
            let (factors, rest) = rest.split_first_chunk::<64>()?;
            if factors.contains(&0) {
                return None;
            }
            self.quantization[usize::from(number)] = Some(factors.map(u16::from));
            segment = rest;
        }
        Some(())
    }

    fn read_huffman(&mut self, mut segment: &'a [u8]) -> Option<()> {
        while let Some((&number, rest)) = segment.split_first() {
            if number & !0x11 != 0 {
                return None;
            }
            let (counts, rest) = rest.split_first_chunk()?;
            let (values, rest) = rest.split_at_checked(counts.iter().map(|&count| usize::from(count)).sum())?;
            if values.len() > 256 {
                return None;
            }
            self.huffman[usize::from(number >> 4) * 2 + usize::from(number & 1)] = Some(Definition { counts, values });
            segment = rest;
        }
        Some(())
    }

    fn read_scan(&mut self, segment: &[u8]) -> Option<()> {
        let (&count, rest) = segment.split_first()?;
        let (specifications, spectrum) = rest.split_at_checked(2 * self.components)?;
        if self.components == 0 || usize::from(count) != self.components || spectrum != [0, 63, 0] {
            return None;
        }
        for (index, specification) in specifications.chunks_exact(2).enumerate() {
            let tables = specification[1];
            if usize::from(specification[0]) != index + 1 || tables & !0x11 != 0 {
                return None;
            }
            self.tables_of[index] = (usize::from(tables >> 4), usize::from(tables & 1));
        }
        Some(())
    }
}

/// Declines EXIF data that rotates the picture, or may do so.
fn upright(tiff: &[u8]) -> Option<()> {
    const ORIENTATION: u16 = 0x112;
    let is_little = match tiff.first_chunk()? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let word = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let offset = *tiff.get(4..)?.first_chunk()?;
    let offset = if is_little { u32::from_le_bytes(offset) } else { u32::from_be_bytes(offset) } as usize;
    for entry in 0..usize::from(word(offset)?) {
        let at = offset + 2 + 12 * entry;
        if word(at)? == ORIENTATION && (word(at + 2)?, word(at + 8)?) != (3, 1) {
            return None;
        }
    }
    Some(())
}
