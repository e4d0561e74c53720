//! Huffman codes to blocks of coefficients (ITU-T T.81, F.2.2).
//!
//! ```text
//! bits  = bits or the next 8 bytes, behind those that are left
//! entry = lookup[next 10 bits]      the code's run and size; its value, too, if that is within the 10 bits
//! value = entry.value or the next size bits, extended by their sign
//! ```

use super::unstuffed::{self, unstuffed};

/// Bits that the lookup decodes at once: nearly all codes of photographs, with their values.
const LOOKUP_BITS: u32 = 11;
/// Lookups after a refill: it leaves 56 bits or more.
const LOOKUPS: usize = 4;
/// Longest code.
const MOST_BITS: usize = 16;
/// Largest size of a value of 8-bit pictures, in bits.
const MOST_SIZE: u8 = 11;
/// Largest coefficient, times its quantization factor, that every implementation of the inverse DCT computes alike.
const MOST_LEVEL: i32 = 16_383;
/// Place in a block, row by row, of each coefficient in the order of a file.
pub const NATURAL: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Zeros behind the bytes of a scan: more than a block has that is read beyond their end, 64 codes with their values.
const PADDING: usize = 256;

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
    /// By the next bits.
    lookup: [Entry; 1 << LOOKUP_BITS],
    /// First code that is longer than the length that the index is, as if all codes had 16 bits.
    limits: [u32; MOST_BITS + 1],
    /// What to add to a code of each length for its place in `values`.
    offsets: [i32; MOST_BITS + 1],
    values: &'a [u8],
}

/// What the next bits begin with.
#[derive(Clone, Copy, Debug)]
struct Entry(u32);

impl Entry {
    /// A code that is longer than the lookup.
    const UNKNOWN: Self = Self(0);

    /// Of a code and its value, whose bits are counted together. `value` is 0 if it is not known.
    fn new(bits: u32, run: u32, size: u32, value: i32) -> Self {
        Self(bits | (run + 1) << 5 | size << 10 | (value as u32) << 16)
    }

    /// Bits to consume, 1 to 27; 0 if the code is longer than the lookup.
    #[inline(always)]
    fn bits(self) -> u32 {
        self.0 & 31
    }

    /// Places from the coefficient before to this one, 1 to 16.
    #[inline(always)]
    fn step(self) -> usize {
        (self.0 >> 5 & 31) as usize
    }

    /// Whether no coefficients follow.
    #[inline(always)]
    fn is_end(self) -> bool {
        self.0 >> 5 == 1
    }

    /// Size of the value in bits; 0 if it is known.
    #[inline(always)]
    fn size(self) -> u32 {
        self.0 >> 10 & 15
    }

    /// 0 for the end of a block or 16 zeros, and if it is not known.
    #[inline(always)]
    fn value(self) -> i32 {
        (self.0 as i32) >> 16
    }
}

impl<'a> Table<'a> {
    /// A table without codes.
    pub const EMPTY: Self = Self {
        lookup: [Entry::UNKNOWN; 1 << LOOKUP_BITS],
        limits: [0; MOST_BITS + 1],
        offsets: [0; MOST_BITS + 1],
        values: &[],
    };

    /// Makes the empty table that of a definition; `None` if it is invalid.
    pub fn define(&mut self, definition: Definition<'a>, kind: Kind) -> Option<()> {
        let Definition { counts, values } = definition;
        let size = |value: u8| if kind == Kind::Dc { value } else { value & 15 };
        if values.iter().any(|&value| size(value) > MOST_SIZE) {
            return None;
        }
        self.values = values;
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=MOST_BITS as u32 {
            self.offsets[length as usize] = place as i32 - code as i32;
            for _ in 0..counts[length as usize - 1] {
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOKUP_BITS {
                    self.fill(code, length, values[place]);
                }
                code += 1;
                place += 1;
            }
            self.limits[length as usize] = code << (MOST_BITS as u32 - length);
            code <<= 1;
        }
        Some(())
    }

    fn fill(&mut self, code: u32, length: u32, value: u8) {
        let free = LOOKUP_BITS - length;
        let (run, size) = (u32::from(value >> 4), u32::from(value & 15));
        let entries = &mut self.lookup[(code << free) as usize..][..1 << free];
        if size == 0 || size > free {
            entries.fill(Entry::new(length + size, run, size, 0));
            return;
        }
        for (value, entries) in entries.chunks_exact_mut(1 << (free - size)).enumerate() {
            entries.fill(Entry::new(length + size, run, 0, extended(value as u32, size)));
        }
    }

    /// The entry of a code that is longer than the lookup's, at the begin of 16 bits.
    #[cold]
    fn long(&self, bits: usize) -> Option<Entry> {
        let bits = bits as u32;
        let length = (LOOKUP_BITS as usize + 1..=MOST_BITS).find(|&length| bits < self.limits[length])?;
        let place = (bits >> (MOST_BITS - length)) as i32 + self.offsets[length];
        let value = *self.values.get(usize::try_from(place).ok()?)?;
        let (run, size) = (u32::from(value >> 4), u32::from(value & 15));
        Some(Entry::new(length as u32 + size, run, size, 0))
    }
}

/// A value of `size` bits, 1 or more, by its sign: the lower half are negative (T.81, F.2.2.1).
#[inline(always)]
fn extended(value: u32, size: u32) -> i32 {
    let is_negative = value >> (size - 1) == 0;
    value as i32 - if is_negative { (1 << size) - 1 } else { 0 }
}

/// The bits of a scan, from one marker to the next.
pub struct Bits<'a> {
    /// The scan from the next marker on.
    rest: &'a [u8],
    /// The bytes up to it, in reverse order, and zeros before them.
    reversed: &'a mut [u8],
    /// Index of the last byte.
    last: usize,
    next: Window,
}

/// The next bits.
#[derive(Clone, Copy)]
struct Window {
    /// Index behind the next byte to take.
    at: usize,
    /// Bits that were taken, from the highest one on.
    bits: u64,
    /// Their number.
    count: u32,
}

impl<'a> Bits<'a> {
    /// Bytes to work in.
    pub const fn workspace(scan: usize) -> usize {
        scan + unstuffed::SLACK + PADDING
    }

    /// The bits up to the first marker. `workspace` has [`Bits::workspace`] bytes.
    pub fn new(scan: &'a [u8], workspace: &'a mut [u8]) -> Self {
        let mut bits = Self { rest: scan, reversed: workspace, last: 0, next: Window { at: 0, bits: 0, count: 0 } };
        bits.start();
        bits
    }

    fn start(&mut self) {
        let (read, last) = unstuffed(self.rest, self.reversed);
        self.reversed[last - PADDING..last].fill(0);
        self.rest = &self.rest[read..];
        self.last = last;
        self.next = Window { at: self.reversed.len(), bits: 0, count: 0 };
    }

    /// Reads a block to `coefficients`, times their quantization factors, row by row. All but the first are 0 before.
    ///
    /// Returns the place of the last one in the order of the file, or a later one, or `None` if the file is damaged.
    #[inline(always)]
    pub fn block(
        &mut self,
        dc: &Table,
        ac: &Table,
        quantization: &[u16; 64],
        prediction: &mut i32,
        coefficients: &mut [i16; 64],
    ) -> Option<usize> {
        // A copy, to stay in registers.
        let mut next = self.next;
        next.refill(self.reversed);
        *prediction += next.code(dc)?.value;
        if prediction.unsigned_abs() > MOST_PREDICTION {
            return None;
        }
        coefficients[0] = level(*prediction, quantization[0])?;
        let mut place = 0;
        'codes: while place < 63 {
            next.refill(self.reversed);
            for _ in 0..LOOKUPS {
                let entry = ac.lookup[next.first(LOOKUP_BITS)];
                let value = entry.value();
                if value == 0 {
                    if entry.is_end() {
                        next.consume(entry.bits());
                        break 'codes;
                    }
                    // 16 zeros, or a code that is not in the lookup with its value.
                    next.refill(self.reversed);
                    let Code { run, value } = next.code(ac)?;
                    match (run, value) {
                        (0, 0) => break 'codes,
                        (15, 0) => place += 16,
                        (_, 0) => return None,
                        _ => {
                            place += run + 1;
                            if place > 63 {
                                return None;
                            }
                            coefficients[usize::from(NATURAL[place] & 63)] = level(value, quantization[place])?;
                        }
                    }
                    continue 'codes;
                }
                next.consume(entry.bits());
                place += entry.step();
                if place > 63 {
                    return None;
                }
                coefficients[usize::from(NATURAL[place] & 63)] = level(value, quantization[place])?;
                if place == 63 {
                    break 'codes;
                }
            }
        }
        self.next = next;
        (self.left() >= 0 && place < 64).then_some(place)
    }

    /// Bits that are left before the marker; negative once more were used.
    fn left(&self) -> i64 {
        8 * (self.next.at as i64 - self.last as i64) + i64::from(self.next.count)
    }

    /// Passes restart marker `number`, 0 to 7, which must be next.
    pub fn restart(&mut self, number: u8) -> Option<()> {
        self.marker(0xd0 + number)?;
        self.rest = &self.rest[2..];
        self.start();
        Some(())
    }

    /// Checks that the end of the picture is next.
    pub fn end(&self) -> Option<()> {
        self.marker(0xd9)
    }

    fn marker(&self, kind: u8) -> Option<()> {
        // Less than a byte may be left: the padding.
        ((0..8).contains(&self.left()) && self.rest.starts_with(&[0xff, kind])).then_some(())
    }
}

/// A code, with the value that follows.
struct Code {
    /// Zeros before the coefficient.
    run: usize,
    value: i32,
}

impl Window {
    /// The next code and its value, which are consumed.
    #[inline(always)]
    fn code(&mut self, table: &Table) -> Option<Code> {
        let mut entry = table.lookup[self.first(LOOKUP_BITS)];
        if entry.bits() == 0 {
            entry = table.long(self.first(MOST_BITS as u32))?;
        }
        let value = match entry.size() {
            0 => entry.value(),
            size => {
                let value = self.bits << (entry.bits() - size) >> (64 - size);
                extended(value as u32, size)
            }
        };
        self.consume(entry.bits());
        Some(Code { run: entry.step() - 1, value })
    }

    /// The first `count` bits.
    #[inline(always)]
    fn first(&self, count: u32) -> usize {
        (self.bits >> (64 - count)) as usize
    }

    #[inline(always)]
    fn consume(&mut self, bits: u32) {
        self.bits <<= bits;
        self.count -= bits;
    }

    /// Takes bytes until there are 56 bits or more: a code and its value have at most 27.
    #[inline(always)]
    fn refill(&mut self, reversed: &[u8]) {
        let Some(eight) = reversed[..self.at].last_chunk() else { return };
        self.bits |= u64::from_le_bytes(*eight) >> self.count;
        self.at -= (63 - self.count as usize) / 8;
        self.count |= 56;
    }
}

#[inline(always)]
fn level(value: i32, factor: u16) -> Option<i16> {
    let level = value * i32::from(factor);
    (level.wrapping_add(MOST_LEVEL) as u32 <= 2 * MOST_LEVEL as u32).then_some(level as i16)
}
