//! The four pixels of a 2x2 window in vectors, four channels each: bias is in them, ReLU, maximum and places are made
//! here.
//!
//! A place has four bits, one for each pixel in reading order, the first of them the lowest; sixteen bits are the
//! places of four channels, as [`conv_pool`](crate::conv_pool::conv_pool) writes them.

use crate::simd::lanes::{F32x4, U32x4};

/// Vectors of the larger block that a pixel's channels are taken in.
pub const BLOCK: usize = 4;

/// Numbers that are all smaller than this, in a window's nine taps as in its filter and bias, make no NaN: their sums
/// of products stay far below the largest number.
pub const BOUND: f32 = (1_u64 << 60) as f32;

/// Whether all of `values` are below [`BOUND`]; NaN is not.
pub fn are_bounded(values: &[f32]) -> bool {
    values.iter().fold(true, |all, value| all & (value.abs() < BOUND))
}

/// The maximum of a window's pixels, and its place: of equal ones the first. With `RELU`, ReLU of the maximum, which is
/// nowhere where ReLU gives 0. Unless `BOUNDED`, a NaN is passed on.
#[inline(always)]
pub fn pool<const BOUNDED: bool, const RELU: bool>([a, b, c, d]: [F32x4; 4]) -> (F32x4, U32x4) {
    let ((upper, in_upper), (lower, in_lower)) = (larger::<BOUNDED>(a, b), larger::<BOUNDED>(c, d));
    let (most, in_most) = larger::<BOUNDED>(upper, lower);
    let first = first_pixels();
    // Of the first pixel or the second, and of the third or the fourth.
    let (at_upper, at_lower) = (first.plus(first.and(in_upper)), first.plus(first.and(in_lower)).up::<2>());
    let place = in_most.choose(at_lower, at_upper);
    if !RELU {
        return (most, place);
    }
    let (value, _) = larger::<BOUNDED>(F32x4::splat(0.0), most);
    (value, place.and(F32x4::splat(0.0).less_than(value)))
}

/// The lowest bit of each channel's four, among the sixteen.
#[inline(always)]
fn first_pixels() -> U32x4 {
    U32x4::new([1, 1 << 4, 1 << 8, 1 << 12])
}

/// `b` where it is larger than `a`, else `a`; and where it is `b`.
#[inline(always)]
fn larger<const BOUNDED: bool>(a: F32x4, b: F32x4) -> (F32x4, U32x4) {
    if BOUNDED {
        return (a.larger(b), a.less_than(b));
    }
    let is_second = a.less_than(b).or(b.is_nan());
    (b.or_else(a, is_second), is_second)
}

/// As [`pool`], of four pixels that are the same.
#[inline(always)]
pub fn pool_flat<const RELU: bool>(pixel: F32x4) -> (F32x4, U32x4) {
    if !RELU {
        return (pixel, first_pixels());
    }
    let zero = F32x4::splat(0.0);
    (zero.larger(pixel), zero.less_than(pixel).and(first_pixels()))
}

/// Writes places, each channel's among its four of the sixteen bits, of `V` vectors.
///
/// # Safety
/// `target` is the address of `2 * V` writable bytes.
#[inline(always)]
pub unsafe fn store_places<const V: usize>(places: [U32x4; V], target: *mut u8) {
    for (vector, places) in places.into_iter().enumerate() {
        // SAFETY: upheld by this function's own contract: each vector has two of the bytes.
        unsafe { places.store_union(target.add(2 * vector)) };
    }
}

/// The places of four channels.
#[derive(Clone, Copy, Debug)]
pub struct Places(U32x4);

impl Places {
    /// Of `V` vectors.
    ///
    /// # Safety
    /// `source` is the address of `2 * V` readable bytes.
    #[inline(always)]
    pub unsafe fn load<const V: usize>(source: *const u8) -> [Self; V] {
        // SAFETY: upheld by this function's own contract: each vector has two of the bytes.
        let word = |vector| unsafe { source.cast::<u16>().add(vector).read_unaligned() };
        core::array::from_fn(|vector| Self(U32x4::splat(u32::from(word(vector)))))
    }

    /// Where the maximum was at pixel `pixel`.
    #[inline(always)]
    pub fn are_at(self, pixel: usize) -> U32x4 {
        let bits = U32x4::new([1, 1 << 4, 1 << 8, 1 << 12].map(|bit| bit << pixel));
        self.0.and(bits).equals(bits)
    }

    /// The numbers whose place is anywhere, 0 elsewhere.
    #[inline(always)]
    pub fn keep(self, values: F32x4) -> F32x4 {
        let zero = U32x4::splat(0);
        let nowhere = self.0.and(U32x4::new([15, 15 << 4, 15 << 8, 15 << 12])).equals(zero);
        values.masked(nowhere.equals(zero))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conv_pool::place;

    const VALUES: [f32; 6] = [-1.0, 0.0, 1.0, 2.0, f32::INFINITY, f32::NAN];

    fn lanes(values: F32x4) -> [f32; 4] {
        let mut all = [0.0; 4];
        // SAFETY: as many lanes.
        unsafe { values.store(all.as_mut_ptr()) };
        all
    }

    /// Each window of [`VALUES`], as the only one or beside others.
    fn windows() -> impl Iterator<Item = [[f32; 4]; 4]> {
        let count = VALUES.len().pow(4);
        let value = |window: usize, pixel: u32| VALUES[window / VALUES.len().pow(pixel) % VALUES.len()];
        let lane = move |window: usize, pixel, lane: usize| value((window + 7 * lane) % count, pixel);
        (0..count)
            .map(move |window| core::array::from_fn(|pixel| core::array::from_fn(|l| lane(window, pixel as u32, l))))
    }

    fn load(window: [[f32; 4]; 4]) -> [F32x4; 4] {
        // SAFETY: as many lanes.
        window.map(|pixel| unsafe { F32x4::load(pixel.as_ptr()) })
    }

    #[test]
    fn a_window_gives_its_maximum_and_the_first_place_that_has_it() {
        for window in windows() {
            for (least, (value, places)) in
                [(0.0, pool::<false, true>(load(window))), (f32::NEG_INFINITY, pool::<false, false>(load(window)))]
            {
                let mut bytes = [0; 2];
                // SAFETY: two bytes a vector.
                unsafe { store_places([places], bytes.as_mut_ptr()) };
                for (lane, value) in lanes(value).into_iter().enumerate() {
                    let pixels = window.map(|pixel| pixel[lane]);
                    if pixels.iter().any(|pixel| pixel.is_nan()) {
                        assert!(value.is_nan(), "{pixels:?}");
                        continue;
                    }
                    let most = pixels.into_iter().fold(least, f32::max);
                    let first = pixels.into_iter().position(|pixel| pixel == most).filter(|_| most > least);
                    assert_eq!(value, most, "{pixels:?}");
                    assert_eq!(place(&bytes, lane), first.map_or(0, |first| 1 << first), "{pixels:?}");
                }
            }
        }
    }

    #[test]
    fn windows_without_nan_are_the_same_if_that_is_known_and_flat_ones_if_that_is() {
        for window in windows().filter(|window| !window.concat().iter().any(|value| value.is_nan())) {
            let expected = [pool::<false, true>(load(window)), pool::<false, false>(load(window))];
            let actual = [pool::<true, true>(load(window)), pool::<true, false>(load(window))];
            assert_eq!(format!("{actual:?}"), format!("{expected:?}"));
            let [pixel, ..] = load(window);
            let expected = [pool::<false, true>([pixel; 4]), pool::<false, false>([pixel; 4])];
            assert_eq!(format!("{:?}", [pool_flat::<true>(pixel), pool_flat::<false>(pixel)]), format!("{expected:?}"));
        }
    }

    #[test]
    fn places_are_read_as_they_were_written() {
        // Sixteen channels: nowhere, and each pixel, more than once.
        let places: [[u32; 4]; BLOCK] = [[0, 1, 2, 4], [8, 0, 8, 4], [1, 1, 0, 2], [2, 8, 4, 0]];
        let mut bytes = [0; 2 * BLOCK];
        let among_sixteen = places.map(|lanes| {
            let mut shift = (0..16).step_by(4);
            U32x4::new(lanes.map(|place| place << shift.next().expect("there are four lanes")))
        });
        // SAFETY: two bytes a vector.
        unsafe { store_places(among_sixteen, bytes.as_mut_ptr()) };
        for (channel, &expected) in places.concat().iter().enumerate() {
            assert_eq!(u32::from(place(&bytes, channel)), expected);
        }
        let ones = F32x4::splat(1.0);
        // SAFETY: two bytes a vector.
        let read: [Places; BLOCK] = unsafe { Places::load(bytes.as_ptr()) };
        for (read, written) in read.into_iter().zip(places) {
            assert_eq!(lanes(read.keep(ones)), written.map(|place| f32::from(place != 0)));
            for pixel in 0..4 {
                assert_eq!(lanes(ones.masked(read.are_at(pixel))), written.map(|place| f32::from(place == 1 << pixel)));
            }
        }
    }

    #[test]
    fn numbers_are_bounded_unless_one_is_large_or_nan() {
        assert!(are_bounded(&[0.0, -1e18, 1e18]) && are_bounded(&[]));
        for odd in [BOUND, -BOUND, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            assert!(!are_bounded(&[0.0, odd, 1.0]), "{odd}");
        }
    }
}
