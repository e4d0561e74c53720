//! Runs of bytes: tensors whose values are only moved. They may be of any dtype.

use crate::simd::lanes::U32x4;

/// Bytes from which a bulk copy is faster than vectors: it is a call out of WebAssembly.
const BULK_BYTES: usize = 512;

/// Bytes of a vector.
const VECTOR_BYTES: usize = 16;

/// Copies `source` to `target`.
///
/// # Panics
/// If their lengths differ.
#[inline]
pub fn copy(source: &[u8], target: &mut [u8]) {
    let count = source.len();
    assert!(target.len() == count);
    if count >= BULK_BYTES {
        target.copy_from_slice(source);
        return;
    }
    let (from, to) = (source.as_ptr(), target.as_mut_ptr());
    // SAFETY: `part` bytes from `at` on are within both slices, as each call shows; a tail overlaps what was copied.
    unsafe {
        let vector = |at: usize| U32x4::load(from.add(at).cast()).store(to.add(at).cast());
        if count >= VECTOR_BYTES {
            let mut at = 0;
            // In pairs: of a loop of single vectors the compiler makes a bulk copy.
            while at + 2 * VECTOR_BYTES <= count {
                vector(at);
                vector(at + VECTOR_BYTES);
                at += 2 * VECTOR_BYTES;
            }
            if at + VECTOR_BYTES <= count {
                vector(at);
            }
            vector(count - VECTOR_BYTES);
        } else if count >= 8 {
            to.cast::<u64>().write_unaligned(from.cast::<u64>().read_unaligned());
            let last = count - 8;
            to.add(last).cast::<u64>().write_unaligned(from.add(last).cast::<u64>().read_unaligned());
        } else if count >= 4 {
            to.cast::<u32>().write_unaligned(from.cast::<u32>().read_unaligned());
            let last = count - 4;
            to.add(last).cast::<u32>().write_unaligned(from.add(last).cast::<u32>().read_unaligned());
        } else if count > 0 {
            *to = *from;
            *to.add(count / 2) = *from.add(count / 2);
            *to.add(count - 1) = *from.add(count - 1);
        }
    }
}

/// A tensor that is one of several in a concatenation: `bytes` bytes of each row.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// The tensor.
    pub source: *const u8,
    /// Bytes of each of its rows.
    pub bytes: usize,
}

/// Writes the bytes `begin..` of the concatenation of all pieces, row by row, to `y`.
///
/// # Safety
/// Each piece has as many rows as the bytes up to the end of `y` reach into, and these can be read.
pub unsafe fn concat(pieces: &[Piece], begin: usize, y: &mut [u8]) {
    let row_bytes: usize = pieces.iter().map(|piece| piece.bytes).sum();
    if row_bytes == 0 {
        return;
    }
    let (mut row, mut skipped, mut rest) = (begin / row_bytes, begin % row_bytes, y);
    while !rest.is_empty() {
        for piece in pieces {
            if skipped >= piece.bytes {
                skipped -= piece.bytes;
                continue;
            }
            let count = (piece.bytes - skipped).min(rest.len());
            let (target, after) = rest.split_at_mut(count);
            // SAFETY: upheld by this function's own contract: row `row` of the piece is there, if any of it is copied.
            let source =
                unsafe { core::slice::from_raw_parts(piece.source.wrapping_add(row * piece.bytes + skipped), count) };
            copy(source, target);
            (rest, skipped) = (after, 0);
        }
        row += 1;
    }
}

/// How rows are picked from `x`, `[outer, size, width]`, by indices, `[outer, count]` or, if they are shared, `[count]`:
/// the result is `[outer, count, width]`. Widths are in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Gather {
    /// Tables of rows.
    pub outer: usize,
    /// Tables that follow each other and share their indices.
    pub shared: usize,
    /// Rows of a table.
    pub size: usize,
    /// Indices for a table.
    pub count: usize,
    /// Bytes of a row.
    pub width: usize,
}

/// Writes the picked rows from row `first` on to `y`.
///
/// # Panics
/// If an index is beyond its table, or a slice is too short.
pub fn gather(gather: &Gather, first: usize, x: &[u8], indices: &[u32], y: &mut [u8]) {
    let &Gather { shared, size, count, width, .. } = gather;
    let (mut table, mut place) = (first / count, first % count);
    for target in y.chunks_exact_mut(width) {
        let index = indices[table / shared * count + place] as usize;
        assert!(index < size);
        copy(&x[(table * size + index) * width..][..width], target);
        place += 1;
        if place == count {
            (table, place) = (table + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;

    #[test]
    fn a_copy_is_exact_at_any_length_and_writes_nothing_else() {
        let source: Vec<u8> = (0..2000).map(|index| (index * 7 % 251) as u8).collect();
        for count in (0..70).chain([255, 511, 512, 513, 1000]) {
            for begin in 0..3 {
                let mut target = vec![255; count + 2];
                copy(&source[begin..begin + count], &mut target[1..=count]);
                assert_eq!(target[1..=count], source[begin..begin + count]);
                assert!(target[0] == 255 && target[count + 1] == 255);
            }
        }
    }

    #[test]
    fn pieces_follow_each_other_in_every_row_in_any_parts() {
        let rows = 5;
        for widths in [vec![3, 0, 40, 1], vec![7], vec![16, 16], vec![0, 5]] {
            let sources: Vec<Vec<u8>> = (widths.iter().enumerate())
                .map(|(piece, width)| (0..rows * width).map(|index| (piece * 100 + index) as u8).collect())
                .collect();
            let pieces: Vec<Piece> =
                (sources.iter().zip(&widths)).map(|(x, &bytes)| Piece { source: x.as_ptr(), bytes }).collect();
            let expected: Vec<u8> = (0..rows)
                .flat_map(|row| {
                    sources.iter().zip(&widths).flat_map(move |(x, width)| x[row * width..][..*width].to_vec())
                })
                .collect();
            for count in [1, 2, 5, 7] {
                let mut y = vec![0; expected.len()];
                for part in naive::parts(count) {
                    let bytes = part.of(expected.len());
                    // SAFETY: the pieces have five rows, and so has `y`.
                    unsafe { concat(&pieces, bytes.start, &mut y[bytes]) };
                }
                assert_eq!(y, expected);
            }
        }
    }

    #[test]
    fn rows_are_picked_by_shared_and_by_own_indices() {
        let x: Vec<u8> = (0..4 * 5 * 3).collect();
        for shared in [1, 2, 4] {
            let gathered = Gather { outer: 4, shared, size: 5, count: 2, width: 3 };
            let indices = [4, 0, 1, 3, 2, 2, 0, 4];
            let expected: Vec<u8> = (0..8)
                .flat_map(|row| {
                    let index = indices[row / 2 / shared * 2 + row % 2] as usize;
                    x[(row / 2 * 5 + index) * 3..][..3].to_vec()
                })
                .collect();
            for count in [1, 3] {
                let mut y = vec![0; 24];
                for part in naive::parts(count) {
                    let rows = part.of(8);
                    gather(&gathered, rows.start, &x, &indices, &mut y[rows.start * 3..rows.end * 3]);
                }
                assert_eq!(y, expected);
            }
        }
    }
}
