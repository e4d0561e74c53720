//! Small pictures to baseline JPEG files, with half the chroma in both directions.
//!
//! ```text
//! luma, averaged colors ─▶ blocks ─▶ DCT ─▶ quantized ─▶ Huffman codes
//! ```
//!
//! Sources: ITU-T T.81; the tables are those of its Annex K, and all components share the Huffman tables for luma. All arithmetic
//! is in integers, so that every machine writes the same bytes.

use super::huffman::NATURAL;

/// Quantization factors of luma at quality 50, row by row.
const LUMA: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];
/// Quantization factors of chroma at quality 50, row by row.
const CHROMA: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99,
];
/// Number of DC codes of each length; they stand for 0 to 11.
const DC_COUNTS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
/// Number of AC codes of each length.
const AC_COUNTS: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
/// What the AC codes stand for.
const AC_VALUES: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14,
    0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09,
    0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a,
    0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65,
    0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
    0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9,
    0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca,
    0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea,
    0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

/// `[frequency][place]` factors of the DCT, with 13 fraction bits.
const FACTORS: [[i32; 8]; 8] = {
    // cos(k pi / 16) / 2; of 0, the factor of a mean.
    const COSINES: [i32; 9] = [2896, 4017, 3784, 3406, 2896, 2276, 1567, 799, 0];
    let mut factors = [[COSINES[0]; 8]; 8];
    let mut index = 8;
    while index < 64 {
        let (frequency, place) = (index / 8, index % 8);
        let angle = (2 * place + 1) * frequency % 32;
        let angle = if angle > 16 { 32 - angle } else { angle };
        factors[frequency][place] = if angle > 8 { -COSINES[16 - angle] } else { COSINES[angle] };
        index += 1;
    }
    factors
};

/// A small picture.
#[derive(Clone, Copy, Debug)]
pub struct Small<'a> {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `[height, width]` gray levels.
    pub luma: &'a [u8],
    /// `[ceil(height / 2), ceil(width / 2), 3]` colors; empty of a gray picture.
    pub colors: &'a [u8],
}

/// Most bytes of a file: two for each coefficient's code and value, stuffed, and the header.
#[must_use]
pub fn most_bytes(width: usize, height: usize) -> usize {
    1024 + 8 * 2 * width.next_multiple_of(16) * height.next_multiple_of(16)
}

/// Writes a picture as a file to `file`, which has [`most_bytes`], and returns the number of its bytes.
pub fn encode(picture: Small, quality: u32, file: &mut [u8]) -> usize {
    let Small { width, height, luma, colors } = picture;
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let quantization =
        [LUMA, CHROMA].map(|table| table.map(|factor| ((u32::from(factor) * scale + 50) / 100).clamp(1, 255) as i32));
    let components = if colors.is_empty() { 1 } else { 3 };
    let mut writer = Writer { file, length: 0, bits: 0, count: 0 };
    writer.header(width, height, components, &quantization);
    let codes = [codes_of(&DC_COUNTS, 0..12), codes_of(&AC_COUNTS, AC_VALUES)];
    let mut predictions = [0; 3];
    let mut blue_red = [[0; 64]; 2];
    let step = if components == 1 { 8 } else { 16 };
    for top in (0..height).step_by(step) {
        for left in (0..width).step_by(step) {
            for (y, x) in [(0, 0), (0, 8), (8, 0), (8, 8)].into_iter().take(if components == 1 { 1 } else { 4 }) {
                let block = core::array::from_fn(|index| {
                    let (y, x) = ((top + y + index / 8).min(height - 1), (left + x + index % 8).min(width - 1));
                    i32::from(luma[y * width + x]) - 128
                });
                writer.block(block, &quantization[0], &mut predictions[0], &codes);
            }
            if components == 1 {
                continue;
            }
            let (wide, high) = (width.div_ceil(2), height.div_ceil(2));
            let [blue, red] = &mut blue_red;
            for (index, (blue, red)) in blue.iter_mut().zip(red).enumerate() {
                let (y, x) = ((top / 2 + index / 8).min(high - 1), (left / 2 + index % 8).min(wide - 1));
                let color = &colors[3 * (y * wide + x)..][..3];
                let [r, g, b] = [color[0], color[1], color[2]].map(i32::from);
                *blue = (-11_059 * r - 21_709 * g + 32_768 * b + 32_767) >> 16;
                *red = (32_768 * r - 27_439 * g - 5_329 * b + 32_767) >> 16;
            }
            for (block, prediction) in blue_red.iter().zip(&mut predictions[1..]) {
                writer.block(*block, &quantization[1], prediction, &codes);
            }
        }
    }
    writer.end()
}

/// A code of each value: its bits, and their number.
type Codes = [(u32, u32); 256];

fn codes_of(counts: &[u8; 16], values: impl IntoIterator<Item = u8>) -> Codes {
    let mut codes = [(0, 0); 256];
    let mut values = values.into_iter();
    let mut code = 0;
    for (length, &count) in counts.iter().enumerate() {
        for value in values.by_ref().take(count.into()) {
            codes[usize::from(value)] = (code, length as u32 + 1);
            code += 1;
        }
        code <<= 1;
    }
    codes
}

/// The DCT of the columns of a block, transposed; drops `shift` bits.
fn pass(block: &[i32; 64], shift: u32) -> [i32; 64] {
    let mut output = [0; 64];
    for (frequency, factors) in FACTORS.iter().enumerate() {
        let mut sums = [1 << (shift - 1); 8];
        for (row, factor) in block.chunks_exact(8).zip(factors) {
            for (sum, level) in sums.iter_mut().zip(row) {
                *sum += level * factor;
            }
        }
        for (column, sum) in sums.into_iter().enumerate() {
            output[8 * column + frequency] = sum >> shift;
        }
    }
    output
}

struct Writer<'a> {
    file: &'a mut [u8],
    length: usize,
    bits: u64,
    count: u32,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.file[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn header(&mut self, width: usize, height: usize, components: u8, quantization: &[[i32; 64]; 2]) {
        let [width_high, width_low] = (width as u16).to_be_bytes();
        let [height_high, height_low] = (height as u16).to_be_bytes();
        self.bytes(&[0xff, 0xd8, 0xff, 0xe0, 0, 16]);
        self.bytes(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
        for (number, table) in quantization.iter().enumerate() {
            self.bytes(&[0xff, 0xdb, 0, 67, number as u8]);
            self.bytes(&NATURAL.map(|place| table[usize::from(place)] as u8));
        }
        self.bytes(&[0xff, 0xc0, 0, 8 + 3 * components, 8, height_high, height_low, width_high, width_low, components]);
        self.bytes(if components == 1 { &[1, 0x11, 0] } else { &[1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1] });
        self.bytes(&[0xff, 0xc4, 0, 19 + 12, 0]);
        self.bytes(&DC_COUNTS);
        self.bytes(&core::array::from_fn::<u8, 12, _>(|size| size as u8));
        self.bytes(&[0xff, 0xc4, 0, 19 + 162, 0x10]);
        self.bytes(&AC_COUNTS);
        self.bytes(&AC_VALUES);
        self.bytes(&[0xff, 0xda, 0, 6 + 2 * components, components]);
        self.bytes(&[1, 0, 2, 0, 3, 0][..2 * usize::from(components)]);
        self.bytes(&[0, 63, 0]);
    }

    fn block(&mut self, block: [i32; 64], quantization: &[i32; 64], prediction: &mut i32, [dc, ac]: &[Codes; 2]) {
        let block = pass(&pass(&block, 10), 16);
        let levels = NATURAL.map(|place| {
            let (level, factor) = (block[usize::from(place)], quantization[usize::from(place)]);
            (level.abs() + factor / 2) / factor * level.signum()
        });
        self.value(dc, 0, levels[0] - *prediction);
        *prediction = levels[0];
        let mut run = 0;
        for &level in &levels[1..] {
            if level == 0 {
                run += 1;
                continue;
            }
            for _ in 0..run / 16 {
                self.code(ac, 0xf0);
            }
            self.value(ac, run % 16, level);
            run = 0;
        }
        if run > 0 {
            self.code(ac, 0);
        }
    }

    /// The code of a run and a value's size, and the value.
    fn value(&mut self, codes: &Codes, run: u8, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.code(codes, run << 4 | size as u8);
        let bits = if value < 0 { value - 1 } else { value };
        self.put(bits as u32 & ((1 << size) - 1), size);
    }

    fn code(&mut self, codes: &Codes, value: u8) {
        let (code, length) = codes[usize::from(value)];
        self.put(code, length);
    }

    fn put(&mut self, bits: u32, count: u32) {
        self.bits = self.bits << count | u64::from(bits);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.bits >> self.count) as u8;
            self.bytes(&[byte]);
            if byte == 0xff {
                self.bytes(&[0]);
            }
        }
    }

    /// Pads the last byte, and ends the file.
    fn end(mut self) -> usize {
        self.put(0x7f, 7);
        self.bytes(&[0xff, 0xd9]);
        self.length
    }
}

/// Means of the red, green and blue of boxes of pixels: of boxes side by side, as many as `colors` has room for, in rows of
/// `CHANNELS` bytes per pixel, which begin `stride` bytes apart.
pub fn average<const CHANNELS: usize>(rows: &[u8], source_width: usize, stride: usize, colors: &mut [u8]) {
    let width = colors.len() / 3;
    for (index, color) in colors.chunks_exact_mut(3).enumerate() {
        let from = index * source_width / width;
        let to = ((index + 1) * source_width / width).max(from + 1);
        let mut totals = [0u64; 3];
        let mut count = 0;
        for row in rows.chunks(stride) {
            // A row has fewer than 2^24 pixels.
            let mut sums = [0u32; 3];
            for pixel in row[from * CHANNELS..to * CHANNELS].chunks_exact(CHANNELS) {
                sums[0] += u32::from(pixel[0]);
                sums[1] += u32::from(pixel[1]);
                sums[2] += u32::from(pixel[2]);
            }
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += u64::from(sum);
            }
            count += (to - from) as u64;
        }
        for (value, total) in color.iter_mut().zip(totals) {
            *value = ((total + count / 2) / count) as u8;
        }
    }
}
