//! How the work of a kernel is divided among threads: into parts whose number depends on sizes alone, so that the
//! results do not depend on how many threads there are. Every part writes what no other part reads or writes.

use core::ops::Range;

/// The most parts of a kernel: enough for many threads to end at about the same time.
pub const MOST_PARTS: usize = 64;

/// One of the parts of a kernel's work.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// From 0 on.
    pub index: usize,
    /// How many parts there are.
    pub count: usize,
}

impl Part {
    /// All of the work.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Its share of `total` things in a row.
    pub fn of(self, total: usize) -> Range<usize> {
        // In u64: products of rows and parts pass 32 bits.
        let bound = |index: usize| (index as u64 * total as u64 / self.count as u64) as usize;
        bound(self.index)..bound(self.index + 1)
    }
}

/// How many parts `total` things in a row make.
pub const fn parts_of(total: usize) -> usize {
    if total < MOST_PARTS { if total == 0 { 1 } else { total } } else { MOST_PARTS }
}

/// Numbers that the sums of all parts may take, 64 MiB of them: kernels whose parts have many sums have fewer parts.
const MOST_SUMS: usize = 1 << 24;

/// How many parts `total` things in a row make, each of which keeps `sums` numbers until all are added up.
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
