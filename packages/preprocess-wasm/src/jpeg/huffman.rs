//! Huffman codes to blocks of coefficients (ITU-T T.81, F.2.2).
//!
//! ```text
//! entry = lookup[next 10 bits]      the code's run and size; its value, too, if that is within the 10 bits
//! value = entry.value or the next size bits, extended by its sign
//! ```

/// Bits that the lookup decodes at once: nearly all codes of photographs, with their values.
const LOOKUP_BITS: u32 = 10;
/// Longest code.
const MOST_BITS: usize = 16;
/// Largest size of a value of 8-bit pictures, in bits.
const MOST_SIZE: u8 = 11;
/// Largest coefficient, times its quantization factor, that every implementation of the inverse DCT computes alike.
const MOST_LEVEL: i32 = 16_383;
/// Place in a block, row by row, of each coefficient in the order of a file.
const NATURAL: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Largest sum of differences: more than 8-bit pictures have.
const MOST_PREDICTION: u32 = 1 << 14;

/// A table as the file defines it.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'a> {
    /// Number of codes of each length from 1 on.
    pub counts: &'a [u8; MOST_BITS],
    /// What they stand for, in the order of the codes.
    pub values: &'a [u8],
}

/// Which coefficients a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first one of a block.
    Dc,
    /// The others.
    Ac,
}

/// A table for decoding.
#[derive(Debug)]
pub struct Table<'a> {
    /// For the next bits, an [`entry`]; 0 for longer codes.
    lookup: [u32; 1 << LOOKUP_BITS],
    /// First code that is longer than the length that the index is, as if all codes had 16 bits.
    limits: [u32; MOST_BITS + 1],
    /// What to add to a code of each length for its place in `values`.
    offsets: [i32; MOST_BITS + 1],
    values: &'a [u8],
}

/// Bits to consume, zeros before the coefficient, size of a value that follows, and the value if it is within the lookup.
fn entry(bits: u32, run: u32, size: u32, value: i32) -> u32 {
    bits | run << 8 | size << 12 | (value as u32) << 16
}

impl<'a> Table<'a> {
    /// `None` if the definition is invalid.
    pub fn of(definition: Definition<'a>, kind: Kind) -> Option<Self> {
        let Definition { counts, values } = definition;
        let size = |value: u8| if kind == Kind::Dc { value } else { value & 15 };
        if values.iter().any(|&value| size(value) > MOST_SIZE) {
            return None;
        }
        let mut table =
            Self { lookup: [0; 1 << LOOKUP_BITS], limits: [0; MOST_BITS + 1], offsets: [0; MOST_BITS + 1], values };
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=MOST_BITS as u32 {
            table.offsets[length as usize] = place as i32 - code as i32;
            for _ in 0..counts[length as usize - 1] {
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOKUP_BITS {
                    table.fill(code, length, values[place]);
                }
                code += 1;
                place += 1;
            }
            table.limits[length as usize] = code << (MOST_BITS as u32 - length);
            code <<= 1;
        }
        Some(table)
    }

    fn fill(&mut self, code: u32, length: u32, value: u8) {
        let free = LOOKUP_BITS - length;
        let (run, size) = (u32::from(value >> 4), u32::from(value & 15));
        for rest in 0..1 << free {
            self.lookup[(code << free | rest) as usize] = if size == 0 || size > free {
                entry(length, run, size, 0)
            } else {
                entry(length + size, run, 0, extended(rest >> (free - size), size))
            };
        }
    }

    /// The entry of a code that is longer than the lookup's, at the begin of `bits`.
    #[cold]
    fn long(&self, bits: u64) -> Option<u32> {
        let code = (bits >> (64 - MOST_BITS)) as u32;
        let length = (LOOKUP_BITS as usize + 1..=MOST_BITS).find(|&length| code < self.limits[length])?;
        let place = (code >> (MOST_BITS - length)) as i32 + self.offsets[length];
        let value = *self.values.get(usize::try_from(place).ok()?)?;
        Some(entry(length as u32, u32::from(value >> 4), u32::from(value & 15), 0))
    }

    #[inline(always)]
    fn entry(&self, bits: u64) -> Option<u32> {
        match self.lookup[(bits >> (64 - LOOKUP_BITS)) as usize] {
            0 => self.long(bits),
            entry => Some(entry),
        }
    }
}

/// A value of `size` bits, 1 or more, by its sign: the lower half are negative (T.81, F.2.2.1).
#[inline(always)]
fn extended(value: u32, size: u32) -> i32 {
    let is_negative = value >> (size - 1) == 0;
    value as i32 - if is_negative { (1 << size) - 1 } else { 0 }
}

/// The bits of a scan.
pub struct Bits<'a> {
    bytes: &'a [u8],
    /// Index of the next byte to take.
    at: usize,
    /// Bits that were taken from `bytes`, from the highest one on; zeros behind them.
    bits: u64,
    /// Their number; negative once more were used.
    count: i32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, bits: 0, count: 0 }
    }

    /// Reads a block to `coefficients`, times their quantization factors, row by row. All but the first are 0 before.
    ///
    /// Returns the place of the last one in the order of the file, or `None` if the file is damaged.
    #[inline(always)]
    pub fn block(
        &mut self,
        dc: &Table,
        ac: &Table,
        quantization: &[u16; 64],
        prediction: &mut i32,
        coefficients: &mut [i16; 64],
    ) -> Option<usize> {
        let first = self.next(dc)?;
        if first >> 8 & 15 != 0 {
            return None;
        }
        *prediction += self.value(first);
        if prediction.unsigned_abs() > MOST_PREDICTION {
            return None;
        }
        coefficients[0] = level(*prediction, quantization[0])?;
        let mut last = 0;
        let mut place = 1;
        while place < 64 {
            let next = self.next(ac)?;
            let run = (next >> 8 & 15) as usize;
            let value = self.value(next);
            place += run;
            if value == 0 {
                match run {
                    0 => break,
                    15 => {}
                    _ => return None,
                }
            } else {
                if place > 63 {
                    return None;
                }
                coefficients[usize::from(NATURAL[place] & 63)] = level(value, quantization[place])?;
                last = place;
            }
            place += 1;
        }
        (self.count >= 0 && place <= 64).then_some(last)
    }

    /// The entry of the next code, which is consumed, with at least 16 bits left for its value.
    #[inline(always)]
    fn next(&mut self, table: &Table) -> Option<u32> {
        if self.count < 32 {
            self.refill();
        }
        let entry = table.entry(self.bits)?;
        self.consume(entry & 0xff);
        Some(entry)
    }

    /// The value of an entry, whose bits are consumed.
    #[inline(always)]
    fn value(&mut self, entry: u32) -> i32 {
        let size = entry >> 12 & 15;
        if size == 0 {
            return (entry as i32) >> 16;
        }
        let value = extended((self.bits >> (64 - size)) as u32, size);
        self.consume(size);
        value
    }

    #[inline(always)]
    fn consume(&mut self, bits: u32) {
        self.bits <<= bits;
        self.count -= bits as i32;
    }

    /// Takes bytes up to the next marker.
    #[inline(always)]
    fn refill(&mut self) {
        if let Some(&four) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            let word = u32::from_be_bytes(four);
            // Whether no byte is 0xff, after which there may be a marker or a stuffed zero.
            let has_no_marker = (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0;
            if has_no_marker && self.count >= 0 {
                self.bits |= u64::from(word) << (32 - self.count);
                self.count += 32;
                self.at += 4;
                return;
            }
        }
        self.refill_slowly();
    }

    fn refill_slowly(&mut self) {
        while (0..=56).contains(&self.count) {
            let Some(&byte) = self.bytes.get(self.at) else { return };
            if byte == 0xff && self.bytes.get(self.at + 1) != Some(&0) {
                return;
            }
            self.at += if byte == 0xff { 2 } else { 1 };
            self.bits |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Passes restart marker `number`, 0 to 7, which must be next.
    pub fn restart(&mut self, number: u8) -> Option<()> {
        self.marker(0xd0 + number)?;
        self.at += 2;
        (self.bits, self.count) = (0, 0);
        Some(())
    }

    /// Checks that the end of the picture is next.
    pub fn end(&self) -> Option<()> {
        self.marker(0xd9)
    }

    fn marker(&self, kind: u8) -> Option<()> {
        // Less than a byte may be left: the padding.
        ((0..8).contains(&self.count) && self.bytes.get(self.at..)?.starts_with(&[0xff, kind])).then_some(())
    }
}

#[inline(always)]
fn level(value: i32, factor: u16) -> Option<i16> {
    let level = value * i32::from(factor);
    (level.wrapping_add(MOST_LEVEL) as u32 <= 2 * MOST_LEVEL as u32).then_some(level as i16)
}
