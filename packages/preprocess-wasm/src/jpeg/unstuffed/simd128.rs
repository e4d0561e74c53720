//! Unstuffing, up to 16 bytes at a time.
//!
//! ```text
//! write 16 bytes, of which those behind a 0xff are overwritten by the next
//! ```

use core::arch::wasm32::*;

use super::scalar;

/// As [`scalar::unstuffed`].
pub fn unstuffed(bytes: &[u8], reversed: &mut [u8]) -> (usize, usize) {
    let (mut read, mut end) = (0, reversed.len());
    while let Some(sixteen) = bytes.get(read..).and_then(<[u8]>::first_chunk::<16>) {
        // SAFETY: the array has 16 bytes.
        let vector = unsafe { v128_load(sixteen.as_ptr().cast()) };
        let backwards = i8x16_shuffle::<15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>(vector, vector);
        let output = &mut reversed[end - 16..][..16];
        // SAFETY: the slice has 16 bytes.
        unsafe { v128_store(output.as_mut_ptr().cast(), backwards) };
        let marks = i8x16_bitmask(i8x16_eq(vector, i8x16_splat(-1)));
        let before = marks.trailing_zeros().min(16) as usize;
        (read, end) = (read + before, end - before);
        if before < 16 {
            if bytes.get(read + 1) != Some(&0) {
                return (read, end);
            }
            // The 0xff is written; the zero is not.
            (read, end) = (read + 2, end - 1);
        }
    }
    scalar::rest_unstuffed(bytes, reversed, read, end)
}
