//! Four `f32` lanes: a WebAssembly vector there, an array elsewhere, so that tests run natively.

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32 as wasm;
use core::ops::{Add, Mul, Sub};

/// Four numbers.
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy, Debug)]
pub struct F32x4(wasm::v128);

/// Four numbers.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug)]
pub struct F32x4([f32; 4]);

#[cfg(target_arch = "wasm32")]
impl F32x4 {
    /// These four.
    #[inline(always)]
    pub const fn of([a, b, c, d]: [f32; 4]) -> Self {
        Self(wasm::f32x4(a, b, c, d))
    }

    /// `value` in all lanes.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self(wasm::f32x4_splat(value))
    }

    /// The four numbers from `source` on.
    ///
    /// # Safety
    /// `source` is the address of four readable numbers.
    #[inline(always)]
    pub unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller vouches for 16 readable bytes; WebAssembly's loads need no alignment.
        Self(unsafe { wasm::v128_load(source.cast()) })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller vouches for 16 writable bytes; WebAssembly's stores need no alignment.
        unsafe { wasm::v128_store(target.cast(), self.0) }
    }

    /// `self + a * b`, rounded after each operation.
    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    pub fn plus_product(self, a: Self, b: Self) -> Self {
        Self(wasm::f32x4_add(self.0, wasm::f32x4_mul(a.0, b.0)))
    }

    /// `self + a * b`, rounded once where the processor can.
    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    pub fn plus_product(self, a: Self, b: Self) -> Self {
        Self(wasm::f32x4_relaxed_madd(a.0, b.0, self.0))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl F32x4 {
    /// These four.
    #[inline(always)]
    pub const fn of(values: [f32; 4]) -> Self {
        Self(values)
    }

    /// `value` in all lanes.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    /// The four numbers from `source` on.
    ///
    /// # Safety
    /// `source` is the address of four readable numbers.
    #[inline(always)]
    pub unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller vouches for four readable numbers.
        Self(unsafe { source.cast::<[f32; 4]>().read_unaligned() })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller vouches for four writable numbers.
        unsafe { target.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    /// `self + a * b`, rounded after each operation.
    #[inline(always)]
    pub fn plus_product(self, a: Self, b: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] + a.0[lane] * b.0[lane]))
    }
}

impl Add for F32x4 {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_add(self.0, other.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(core::array::from_fn(|lane| self.0[lane] + other.0[lane]));
    }
}

impl Sub for F32x4 {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_sub(self.0, other.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(core::array::from_fn(|lane| self.0[lane] - other.0[lane]));
    }
}

impl Mul<f32> for F32x4 {
    type Output = Self;

    #[inline(always)]
    fn mul(self, factor: f32) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_mul(self.0, wasm::f32x4_splat(factor)));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(self.0.map(|value| value * factor));
    }
}

impl F32x4 {
    /// 0 for what is below it.
    #[inline(always)]
    pub fn relu(self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::v128_andnot(self.0, wasm::f32x4_lt(self.0, wasm::f32x4_splat(0.0))));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(self.0.map(|value| if value < 0.0 { 0.0 } else { value }));
    }
}

/// Where the maxima of four channels' windows are: four bits each, see [`conv_pool`](crate::conv_pool::conv_pool).
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy, Debug)]
pub struct Places(wasm::v128);

/// Where the maxima of four channels' windows are: four bits each, see [`conv_pool`](crate::conv_pool::conv_pool).
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug)]
pub struct Places([u8; 4]);

#[cfg(target_arch = "wasm32")]
impl Places {
    /// The bit of pixel `pixel` of a window, for each of the four channels.
    #[inline(always)]
    const fn bits(pixel: u32) -> wasm::v128 {
        wasm::i32x4(1 << pixel, 16 << pixel, 256 << pixel, 4096 << pixel)
    }

    /// What stands in two bytes.
    ///
    /// # Safety
    /// They are readable.
    #[inline(always)]
    pub unsafe fn load(source: *const u8) -> Self {
        // SAFETY: the caller vouches for the bytes; WebAssembly's loads need no alignment.
        Self(unsafe { wasm::v128_load16_splat(source.cast()) })
    }

    /// Writes two bytes.
    ///
    /// # Safety
    /// They are writable.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut u8) {
        let pairs = wasm::v128_or(self.0, wasm::i32x4_shuffle::<2, 3, 0, 1>(self.0, self.0));
        let all = wasm::v128_or(pairs, wasm::i32x4_shuffle::<1, 0, 1, 0>(pairs, pairs));
        // SAFETY: the caller vouches for the bytes; WebAssembly's stores need no alignment.
        unsafe { wasm::v128_store16_lane::<0>(all, target.cast()) };
    }

    /// The `gradient` of the channels whose maximum is pixel `PIXEL`, 0 for the others.
    #[inline(always)]
    pub fn kept<const PIXEL: u32>(self, gradient: F32x4) -> F32x4 {
        let bits = Self::bits(PIXEL);
        F32x4(wasm::v128_and(gradient.0, wasm::i32x4_eq(wasm::v128_and(self.0, bits), bits)))
    }

    /// Maximum, bias and ReLU of a window's pixels in reading order, and which of them it is. NaN is passed on.
    #[inline(always)]
    pub fn of_maximum(window: [F32x4; 4], bias: F32x4) -> (F32x4, Self) {
        let (mut most, mut places) = (window[0].0, Self::bits(0));
        for (pixel, value) in (1..).zip(&window[1..]) {
            let is_next = wasm::v128_or(wasm::f32x4_gt(value.0, most), wasm::f32x4_ne(value.0, value.0));
            most = wasm::v128_bitselect(value.0, most, is_next);
            places = wasm::v128_bitselect(Self::bits(pixel), places, is_next);
        }
        let value = F32x4(wasm::f32x4_add(most, bias.0));
        let is_above = wasm::f32x4_gt(value.0, wasm::f32x4_splat(0.0));
        (value.relu(), Self(wasm::v128_and(places, is_above)))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Places {
    /// What stands in two bytes.
    ///
    /// # Safety
    /// They are readable.
    #[inline(always)]
    pub unsafe fn load(source: *const u8) -> Self {
        // SAFETY: the caller vouches for the bytes.
        let [first, second] = unsafe { source.cast::<[u8; 2]>().read_unaligned() };
        Self([first & 15, first >> 4, second & 15, second >> 4])
    }

    /// Writes two bytes.
    ///
    /// # Safety
    /// They are writable.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut u8) {
        let Self([a, b, c, d]) = self;
        // SAFETY: the caller vouches for the bytes.
        unsafe { target.cast::<[u8; 2]>().write_unaligned([a | b << 4, c | d << 4]) };
    }

    /// The `gradient` of the channels whose maximum is pixel `PIXEL`, 0 for the others.
    #[inline(always)]
    pub fn kept<const PIXEL: u32>(self, gradient: F32x4) -> F32x4 {
        F32x4(core::array::from_fn(|lane| if self.0[lane] >> PIXEL & 1 == 1 { gradient.0[lane] } else { 0.0 }))
    }

    /// Maximum, bias and ReLU of a window's pixels in reading order, and which of them it is. NaN is passed on.
    #[inline(always)]
    pub fn of_maximum(window: [F32x4; 4], bias: F32x4) -> (F32x4, Self) {
        let (mut most, mut places) = (window[0], Self([1; 4]));
        for (pixel, value) in window.iter().enumerate().skip(1) {
            for lane in 0..4 {
                if value.0[lane] > most.0[lane] || value.0[lane].is_nan() {
                    most.0[lane] = value.0[lane];
                    places.0[lane] = 1 << pixel;
                }
            }
        }
        let value = most + bias;
        let kept = |lane: usize| if value.0[lane] > 0.0 { places.0[lane] } else { 0 };
        (value.relu(), Self(core::array::from_fn(kept)))
    }
}

/// √`value`, which core has only as an instruction.
#[inline(always)]
pub fn square_root(value: f32) -> f32 {
    #[cfg(target_arch = "wasm32")]
    return wasm::f32x4_extract_lane::<0>(wasm::f32x4_sqrt(wasm::f32x4_splat(value)));
    #[cfg(not(target_arch = "wasm32"))]
    return value.sqrt();
}

/// Four whole numbers of 32 bits, or a mask: four lanes that have all bits, or none.
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy, Debug)]
pub struct U32x4(wasm::v128);

/// Four whole numbers of 32 bits, or a mask: four lanes that have all bits, or none.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug)]
pub struct U32x4([u32; 4]);

#[cfg(target_arch = "wasm32")]
impl F32x4 {
    /// `self + other`.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(wasm::f32x4_add(self.0, other.0))
    }

    /// `other` where it is larger, else `self`, as long as neither is NaN.
    #[inline(always)]
    pub fn larger(self, other: Self) -> Self {
        Self(wasm::f32x4_pmax(self.0, other.0))
    }

    /// The larger one, and NaN where either is NaN.
    #[inline(always)]
    pub fn larger_or_nan(self, other: Self) -> Self {
        Self(wasm::f32x4_max(self.0, other.0))
    }

    /// Where `self < other`.
    #[inline(always)]
    pub fn less_than(self, other: Self) -> U32x4 {
        U32x4(wasm::f32x4_lt(self.0, other.0))
    }

    /// The bits of each number.
    #[inline(always)]
    pub fn bits(self) -> U32x4 {
        U32x4(self.0)
    }

    /// The numbers where the mask is set, 0 elsewhere.
    #[inline(always)]
    pub fn masked(self, mask: U32x4) -> Self {
        Self(wasm::v128_and(self.0, mask.0))
    }
}

#[cfg(target_arch = "wasm32")]
impl U32x4 {
    /// These lanes.
    #[inline(always)]
    pub const fn new([a, b, c, d]: [u32; 4]) -> Self {
        Self(wasm::u32x4(a, b, c, d))
    }

    /// `value` in all lanes.
    #[inline(always)]
    pub fn splat(value: u32) -> Self {
        Self(wasm::u32x4_splat(value))
    }

    /// The four numbers from `source` on.
    ///
    /// # Safety
    /// `source` is the address of four readable numbers.
    #[inline(always)]
    pub unsafe fn load(source: *const u32) -> Self {
        // SAFETY: the caller vouches for 16 readable bytes; WebAssembly's loads need no alignment.
        Self(unsafe { wasm::v128_load(source.cast()) })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut u32) {
        // SAFETY: the caller vouches for 16 writable bytes; WebAssembly's stores need no alignment.
        unsafe { wasm::v128_store(target.cast(), self.0) }
    }

    /// Bits that both have.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Self(wasm::v128_and(self.0, other.0))
    }

    /// Bits that `other` has not.
    #[inline(always)]
    pub fn and_not(self, other: Self) -> Self {
        Self(wasm::v128_andnot(self.0, other.0))
    }

    /// Bits that either has.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(wasm::v128_or(self.0, other.0))
    }

    /// `self - other`, modulo 2³²: a mask takes away -1 where it is set.
    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Self(wasm::u32x4_sub(self.0, other.0))
    }

    /// `self * other`, modulo 2³².
    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(wasm::u32x4_mul(self.0, other.0))
    }

    /// All bits `N` places up.
    #[inline(always)]
    pub fn up<const N: u32>(self) -> Self {
        Self(wasm::u32x4_shl(self.0, N))
    }

    /// All bits `N` places down.
    #[inline(always)]
    pub fn down<const N: u32>(self) -> Self {
        Self(wasm::u32x4_shr(self.0, N))
    }

    /// Where both are equal.
    #[inline(always)]
    pub fn equals(self, other: Self) -> Self {
        Self(wasm::u32x4_eq(self.0, other.0))
    }

    /// `set` where the mask `self` is set, `unset` elsewhere.
    #[inline(always)]
    pub fn choose(self, set: Self, unset: Self) -> Self {
        Self(wasm::v128_bitselect(set.0, unset.0, self.0))
    }

    /// Whether no bit is set.
    #[inline(always)]
    pub fn is_zero(self) -> bool {
        !wasm::v128_any_true(self.0)
    }

    /// Sixteen numbers of four bits, the first of them the lowest.
    #[inline(always)]
    pub fn pack_nibbles([a, b, c, d]: [Self; 4]) -> u64 {
        let bytes = wasm::u8x16_narrow_i16x8(wasm::u16x8_narrow_i32x4(a.0, b.0), wasm::u16x8_narrow_i32x4(c.0, d.0));
        // A pair of bytes is a lane, the second number's low end 8 bits up: 4 bits up it belongs.
        let pairs = wasm::v128_and(wasm::v128_or(bytes, wasm::u16x8_shr(bytes, 4)), wasm::u16x8_splat(0xFF));
        wasm::u64x2_extract_lane::<0>(wasm::u8x16_narrow_i16x8(pairs, pairs))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl F32x4 {
    /// `self + other`.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    /// `other` where it is larger, else `self`, as long as neither is NaN.
    #[inline(always)]
    pub fn larger(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| if self.0[lane] < other.0[lane] { other.0[lane] } else { self.0[lane] }))
    }

    /// The larger one, and NaN where either is NaN.
    #[inline(always)]
    pub fn larger_or_nan(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| {
            let (a, b) = (self.0[lane], other.0[lane]);
            if a.is_nan() || b.is_nan() { f32::NAN } else { a.max(b) }
        }))
    }

    /// Where `self < other`.
    #[inline(always)]
    pub fn less_than(self, other: Self) -> U32x4 {
        U32x4(core::array::from_fn(|lane| if self.0[lane] < other.0[lane] { u32::MAX } else { 0 }))
    }

    /// The bits of each number.
    #[inline(always)]
    pub fn bits(self) -> U32x4 {
        U32x4(self.0.map(f32::to_bits))
    }

    /// The numbers where the mask is set, 0 elsewhere.
    #[inline(always)]
    pub fn masked(self, mask: U32x4) -> Self {
        Self(core::array::from_fn(|lane| f32::from_bits(self.0[lane].to_bits() & mask.0[lane])))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl U32x4 {
    fn of_both(self, other: Self, lane: impl Fn(u32, u32) -> u32) -> Self {
        Self(core::array::from_fn(|index| lane(self.0[index], other.0[index])))
    }

    /// These lanes.
    #[inline(always)]
    pub const fn new(lanes: [u32; 4]) -> Self {
        Self(lanes)
    }

    /// `value` in all lanes.
    #[inline(always)]
    pub fn splat(value: u32) -> Self {
        Self([value; 4])
    }

    /// The four numbers from `source` on.
    ///
    /// # Safety
    /// `source` is the address of four readable numbers.
    #[inline(always)]
    pub unsafe fn load(source: *const u32) -> Self {
        // SAFETY: the caller vouches for four readable numbers.
        Self(unsafe { source.cast::<[u32; 4]>().read_unaligned() })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut u32) {
        // SAFETY: the caller vouches for four writable numbers.
        unsafe { target.cast::<[u32; 4]>().write_unaligned(self.0) }
    }

    /// Bits that both have.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        self.of_both(other, |a, b| a & b)
    }

    /// Bits that `other` has not.
    #[inline(always)]
    pub fn and_not(self, other: Self) -> Self {
        self.of_both(other, |a, b| a & !b)
    }

    /// Bits that either has.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        self.of_both(other, |a, b| a | b)
    }

    /// `self - other`, modulo 2³²: a mask takes away -1 where it is set.
    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        self.of_both(other, u32::wrapping_sub)
    }

    /// `self * other`, modulo 2³².
    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        self.of_both(other, u32::wrapping_mul)
    }

    /// All bits `N` places up.
    #[inline(always)]
    pub fn up<const N: u32>(self) -> Self {
        Self(self.0.map(|lane| lane << N))
    }

    /// All bits `N` places down.
    #[inline(always)]
    pub fn down<const N: u32>(self) -> Self {
        Self(self.0.map(|lane| lane >> N))
    }

    /// Where both are equal.
    #[inline(always)]
    pub fn equals(self, other: Self) -> Self {
        self.of_both(other, |a, b| if a == b { u32::MAX } else { 0 })
    }

    /// `set` where the mask `self` is set, `unset` elsewhere.
    #[inline(always)]
    pub fn choose(self, set: Self, unset: Self) -> Self {
        set.and(self).or(unset.and_not(self))
    }

    /// Whether no bit is set.
    #[inline(always)]
    pub fn is_zero(self) -> bool {
        self.0 == [0; 4]
    }

    /// Sixteen numbers of four bits, the first of them the lowest.
    #[inline(always)]
    pub fn pack_nibbles(numbers: [Self; 4]) -> u64 {
        let all = numbers.iter().flat_map(|lanes| lanes.0);
        all.enumerate().fold(0, |packed, (index, nibble)| packed | u64::from(nibble) << (4 * index))
    }
}
