//! How the work of a kernel is divided among threads: into parts whose number depends only on sizes, so that results do
//! not depend on the number of threads. No part writes a value that another part reads or writes.

use core::ops::Range;

/// Most parts of a kernel: enough for many threads to finish at about the same time.
pub const MOST_PARTS: usize = 64;

/// One of the parts of a kernel's work.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Index of the part, from 0.
    pub index: usize,
    /// Number of parts.
    pub count: usize,
}

impl Part {
    /// All of the work.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// The part's share of `total` items.
    pub fn of(self, total: usize) -> Range<usize> {
        // In u64: products of rows and parts pass 32 bits.
        let bound = |index: usize| (index as u64 * total as u64 / self.count as u64) as usize;
        bound(self.index)..bound(self.index + 1)
    }

    /// The part's share of `total` items, of which blocks of `block` stay together.
    pub fn of_blocks(self, total: usize, block: usize) -> Range<usize> {
        let Range { start, end } = self.of(total.div_ceil(block));
        // The last block may be shorter; only its end can pass 32 bits.
        start * block..end.saturating_mul(block).min(total)
    }
}

/// Number of parts of `total` items.
pub const fn parts_of(total: usize) -> usize {
    if total < MOST_PARTS { if total == 0 { 1 } else { total } } else { MOST_PARTS }
}

/// Most numbers in the sums of all parts, 64 MiB: kernels whose parts have many sums have fewer parts.
const MOST_SUMS: usize = 1 << 24;

/// Number of parts of `total` items, each of which keeps `sums` numbers until all are added up.
pub fn parts_with_sums(total: usize, sums: usize) -> usize {
    parts_of(total).min((MOST_SUMS / sums.max(1)).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_once_and_in_order() {
        for total in [0, 1, 2, 63, 64, 65, 1000, usize::MAX >> 32] {
            let count = parts_of(total);
            assert!((1..=MOST_PARTS).contains(&count));
            let mut end = 0;
            for index in 0..count {
                let range = Part { index, count }.of(total);
                assert_eq!(range.start, end);
                end = range.end;
            }
            assert_eq!(end, total);
        }
    }
}
