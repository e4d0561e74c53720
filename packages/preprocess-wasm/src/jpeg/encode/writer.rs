//! The bytes of a file: its header, and the codes of blocks.

use super::dct::Levels;
use super::tables::{AC_CHROMA, AC_LUMA, Codes, DC_CHROMA, DC_LUMA, Definition};
use crate::jpeg::huffman::NATURAL;

/// Writes a file. See the top of [`encode`](super).
pub struct Writer<'a> {
    file: &'a mut [u8],
    length: usize,
    /// Bits that wait, in the lowest places, and their number, below 32.
    bits: u64,
    count: u32,
}

impl<'a> Writer<'a> {
    /// Begins a file.
    pub fn new(file: &'a mut [u8]) -> Self {
        Self { file, length: 0, bits: 0, count: 0 }
    }

    /// Everything before the codes, with the quantization factors of luma and chroma.
    pub fn header(&mut self, width: usize, height: usize, factors: &[[u8; 64]; 2]) {
        self.bytes(&[0xff, 0xd8]);
        for (number, factors) in factors.iter().enumerate() {
            self.bytes(&[0xff, 0xdb, 0, 67, number as u8]);
            self.bytes(&NATURAL.map(|place| factors[usize::from(place)]));
        }
        let ([high_width, low_width], [high_height, low_height]) =
            ((width as u16).to_be_bytes(), (height as u16).to_be_bytes());
        // 8 bits; three components, the first twice as wide and high.
        self.bytes(&[0xff, 0xc0, 0, 17, 8, high_height, low_height, high_width, low_width]);
        self.bytes(&[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        self.codes(0x00, &DC_LUMA);
        self.codes(0x10, &AC_LUMA);
        self.codes(0x01, &DC_CHROMA);
        self.codes(0x11, &AC_CHROMA);
        self.bytes(&[0xff, 0xda, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
    }

    fn codes<const CODES: usize>(&mut self, number: u8, definition: &Definition<CODES>) {
        self.bytes(&[0xff, 0xc4, 0, 19 + CODES as u8, number]);
        self.bytes(&definition.counts);
        self.bytes(&definition.values);
    }

    /// The codes of a block; of none, the shortest that there are: a block that differs in nothing from the last one's mean.
    #[inline(never)]
    pub fn block(&mut self, block: Option<&Levels>, prediction: &mut i16, dc: &Codes, ac: &Codes) {
        let Some(Levels { levels, occurring }) = block else {
            self.code(dc[0]);
            return self.code(ac[0]);
        };
        self.value(dc, 0, i32::from(levels[0]) - i32::from(*prediction));
        *prediction = levels[0];
        let mut rest = occurring & !1;
        let mut next = 1;
        while rest != 0 {
            let index = rest.trailing_zeros();
            for _ in 0..(index - next) / 16 {
                self.code(ac[0xf0]);
            }
            self.value(ac, (index - next) % 16, levels[usize::from(NATURAL[index as usize])].into());
            next = index + 1;
            rest &= rest - 1;
        }
        if next < 64 {
            self.code(ac[0]);
        }
    }

    /// Pads the last byte, ends the file, and returns its bytes.
    pub fn end(mut self) -> usize {
        self.put(0x7f, 7);
        while self.count >= 8 {
            self.count -= 8;
            self.stuffed((self.bits >> self.count) as u8);
        }
        self.bytes(&[0xff, 0xd9]);
        self.length
    }

    /// The code of a run of zeros and a value's size, and the value.
    fn value(&mut self, codes: &Codes, run: u32, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let (code, count) = codes[(run << 4 | size) as usize];
        let bits = (value - i32::from(value < 0)) as u32 & ((1 << size) - 1);
        self.put(u32::from(code) << size | bits, u32::from(count) + size);
    }

    fn code(&mut self, (code, count): (u16, u8)) {
        self.put(code.into(), count.into());
    }

    /// Appends the lowest `count` bits, at most 32.
    fn put(&mut self, bits: u32, count: u32) {
        self.bits = self.bits << count | u64::from(bits);
        self.count += count;
        if self.count < 32 {
            return;
        }
        self.count -= 32;
        let word = (self.bits >> self.count) as u32;
        // Only a byte of 0xff, or one beside it, has its highest bit set, and not anymore once 1 is added.
        if word & 0x8080_8080 & !word.wrapping_add(0x0101_0101) == 0 {
            self.file[self.length..][..4].copy_from_slice(&word.to_be_bytes());
            self.length += 4;
            return;
        }
        for byte in word.to_be_bytes() {
            self.stuffed(byte);
        }
    }

    /// A byte of codes, which must not look like a marker.
    fn stuffed(&mut self, byte: u8) {
        self.bytes(&[byte]);
        if byte == 0xff {
            self.bytes(&[0]);
        }
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        self.file[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }
}
