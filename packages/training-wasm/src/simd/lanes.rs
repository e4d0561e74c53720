//! Four `f32` lanes: a WebAssembly vector there, an array elsewhere, so that tests run natively.

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32 as wasm;
use core::ops::{Add, Div, Mul, Sub};

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
        // SAFETY: upheld by this function's own contract: four numbers are 16 bytes, and WebAssembly's loads need no
        // alignment.
        Self(unsafe { wasm::v128_load(source.cast()) })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut f32) {
        // SAFETY: upheld by this function's own contract: four numbers are 16 bytes, and WebAssembly's stores need no
        // alignment.
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
        // SAFETY: upheld by this function's own contract.
        Self(unsafe { source.cast::<[f32; 4]>().read_unaligned() })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut f32) {
        // SAFETY: upheld by this function's own contract.
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

impl Mul for F32x4 {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_mul(self.0, other.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(core::array::from_fn(|lane| self.0[lane] * other.0[lane]));
    }
}

impl Div for F32x4 {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_div(self.0, other.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(core::array::from_fn(|lane| self.0[lane] / other.0[lane]));
    }
}

impl F32x4 {
    /// The larger of both; NaN if either is NaN. 0 is larger than -0.
    #[inline(always)]
    pub fn maximum(self, other: Self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_max(self.0, other.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(core::array::from_fn(|lane| maximum(self.0[lane], other.0[lane])));
    }

    /// The smaller of both; NaN if either is NaN. -0 is smaller than 0.
    #[inline(always)]
    pub fn minimum(self, other: Self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_min(self.0, other.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(core::array::from_fn(|lane| -maximum(-self.0[lane], -other.0[lane])));
    }

    /// Without the sign.
    #[inline(always)]
    pub fn absolute(self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_abs(self.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(self.0.map(f32::abs));
    }

    /// With the other sign.
    #[inline(always)]
    pub fn negated(self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_neg(self.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(self.0.map(|value| -value));
    }

    /// The largest whole numbers that are not larger.
    #[inline(always)]
    pub fn floor(self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_floor(self.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(self.0.map(f32::floor));
    }

    /// The square roots.
    #[inline(always)]
    pub fn square_root(self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::f32x4_sqrt(self.0));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(self.0.map(f32::sqrt));
    }

    /// The magnitudes of `self` with the signs of `other`.
    #[inline(always)]
    pub fn with_sign_of(self, other: Self) -> Self {
        let sign = U32x4::splat(1 << 31);
        self.bits().and_not(sign).or(other.bits().and(sign)).floats()
    }
}

/// The larger number; NaN if either is NaN. 0 is larger than -0.
#[cfg(not(target_arch = "wasm32"))]
fn maximum(a: f32, b: f32) -> f32 {
    if a > b {
        a
    } else if b > a {
        b
    } else if a == b {
        f32::from_bits(a.to_bits() & b.to_bits())
    } else {
        f32::NAN
    }
}

impl F32x4 {
    /// Lanes below 0 become 0.
    #[inline(always)]
    pub fn relu(self) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self(wasm::v128_andnot(self.0, wasm::f32x4_lt(self.0, wasm::f32x4_splat(0.0))));
        #[cfg(not(target_arch = "wasm32"))]
        return Self(self.0.map(|value| if value < 0.0 { 0.0 } else { value }));
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
    /// `other` where it is larger, else `self`, as long as neither is NaN.
    #[inline(always)]
    pub fn larger(self, other: Self) -> Self {
        Self(wasm::f32x4_pmax(self.0, other.0))
    }

    /// `other` where it is smaller, else `self`, as long as neither is NaN.
    #[inline(always)]
    pub fn smaller(self, other: Self) -> Self {
        Self(wasm::f32x4_pmin(self.0, other.0))
    }

    /// Where it is NaN.
    #[inline(always)]
    pub fn is_nan(self) -> U32x4 {
        U32x4(wasm::f32x4_ne(self.0, self.0))
    }

    /// `other` where the mask is not set.
    #[inline(always)]
    pub fn or_else(self, other: Self, mask: U32x4) -> Self {
        Self(wasm::v128_bitselect(self.0, other.0, mask.0))
    }

    /// Where `self < other`.
    #[inline(always)]
    pub fn less_than(self, other: Self) -> U32x4 {
        U32x4(wasm::f32x4_lt(self.0, other.0))
    }

    /// Where `self <= other`.
    #[inline(always)]
    pub fn at_most(self, other: Self) -> U32x4 {
        U32x4(wasm::f32x4_le(self.0, other.0))
    }

    /// Where `self >= other`.
    #[inline(always)]
    pub fn at_least(self, other: Self) -> U32x4 {
        U32x4(wasm::f32x4_ge(self.0, other.0))
    }

    /// The bits of each number.
    #[inline(always)]
    pub fn bits(self) -> U32x4 {
        U32x4(self.0)
    }

    /// The numbers that have these bits.
    #[inline(always)]
    pub fn of_bits(bits: U32x4) -> Self {
        Self(bits.0)
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
        // SAFETY: upheld by this function's own contract: four numbers are 16 bytes, and WebAssembly's loads need no
        // alignment.
        Self(unsafe { wasm::v128_load(source.cast()) })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut u32) {
        // SAFETY: upheld by this function's own contract: four numbers are 16 bytes, and WebAssembly's stores need no
        // alignment.
        unsafe { wasm::v128_store(target.cast(), self.0) }
    }

    /// The numbers with these bits.
    #[inline(always)]
    pub fn floats(self) -> F32x4 {
        F32x4(self.0)
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

    /// `self + other`, modulo 2³².
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(wasm::u32x4_add(self.0, other.0))
    }

    /// `self - other`, modulo 2³².
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

    /// Four rows as columns.
    #[inline(always)]
    pub fn transposed([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        let low = |a: Self, b: Self| wasm::u32x4_shuffle::<0, 4, 1, 5>(a.0, b.0);
        let high = |a: Self, b: Self| wasm::u32x4_shuffle::<2, 6, 3, 7>(a.0, b.0);
        let ([p, q], [r, s]) = ([low(a, b), low(c, d)], [high(a, b), high(c, d)]);
        [
            Self(wasm::u64x2_shuffle::<0, 2>(p, q)),
            Self(wasm::u64x2_shuffle::<1, 3>(p, q)),
            Self(wasm::u64x2_shuffle::<0, 2>(r, s)),
            Self(wasm::u64x2_shuffle::<1, 3>(r, s)),
        ]
    }

    /// Whether no bit is set.
    #[inline(always)]
    pub fn is_zero(self) -> bool {
        !wasm::v128_any_true(self.0)
    }

    /// Writes the lowest 16 of the bits that any lane has.
    ///
    /// # Safety
    /// `target` is the address of two writable bytes.
    #[inline(always)]
    pub unsafe fn store_union(self, target: *mut u8) {
        let pairs = wasm::v128_or(self.0, wasm::u32x4_shuffle::<2, 3, 0, 1>(self.0, self.0));
        let all = wasm::v128_or(pairs, wasm::u32x4_shuffle::<1, 0, 1, 0>(pairs, pairs));
        // SAFETY: upheld by this function's own contract, and WebAssembly's stores need no alignment.
        unsafe { wasm::v128_store16_lane::<0>(all, target.cast()) };
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl F32x4 {
    /// `other` where it is larger, else `self`, as long as neither is NaN.
    #[inline(always)]
    pub fn larger(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| if self.0[lane] < other.0[lane] { other.0[lane] } else { self.0[lane] }))
    }

    /// `other` where it is smaller, else `self`, as long as neither is NaN.
    #[inline(always)]
    pub fn smaller(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| if other.0[lane] < self.0[lane] { other.0[lane] } else { self.0[lane] }))
    }

    /// Where it is NaN.
    #[inline(always)]
    pub fn is_nan(self) -> U32x4 {
        U32x4(self.0.map(|value| if value.is_nan() { u32::MAX } else { 0 }))
    }

    /// `other` where the mask is not set.
    #[inline(always)]
    pub fn or_else(self, other: Self, mask: U32x4) -> Self {
        Self(core::array::from_fn(|lane| if mask.0[lane] == 0 { other.0[lane] } else { self.0[lane] }))
    }

    /// Where `self < other`.
    #[inline(always)]
    pub fn less_than(self, other: Self) -> U32x4 {
        U32x4(core::array::from_fn(|lane| if self.0[lane] < other.0[lane] { u32::MAX } else { 0 }))
    }

    /// Where `self <= other`.
    #[inline(always)]
    pub fn at_most(self, other: Self) -> U32x4 {
        U32x4(core::array::from_fn(|lane| if self.0[lane] <= other.0[lane] { u32::MAX } else { 0 }))
    }

    /// Where `self >= other`.
    #[inline(always)]
    pub fn at_least(self, other: Self) -> U32x4 {
        U32x4(core::array::from_fn(|lane| if self.0[lane] >= other.0[lane] { u32::MAX } else { 0 }))
    }

    /// The bits of each number.
    #[inline(always)]
    pub fn bits(self) -> U32x4 {
        U32x4(self.0.map(f32::to_bits))
    }

    /// The numbers that have these bits.
    #[inline(always)]
    pub fn of_bits(bits: U32x4) -> Self {
        Self(bits.0.map(f32::from_bits))
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
        // SAFETY: upheld by this function's own contract.
        Self(unsafe { source.cast::<[u32; 4]>().read_unaligned() })
    }

    /// Writes the lanes from `target` on.
    ///
    /// # Safety
    /// `target` is the address of four writable numbers.
    #[inline(always)]
    pub unsafe fn store(self, target: *mut u32) {
        // SAFETY: upheld by this function's own contract.
        unsafe { target.cast::<[u32; 4]>().write_unaligned(self.0) }
    }

    /// The numbers with these bits.
    #[inline(always)]
    pub fn floats(self) -> F32x4 {
        F32x4(self.0.map(f32::from_bits))
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

    /// `self + other`, modulo 2³².
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        self.of_both(other, u32::wrapping_add)
    }

    /// `self - other`, modulo 2³².
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

    /// Four rows as columns.
    #[inline(always)]
    pub fn transposed(rows: [Self; 4]) -> [Self; 4] {
        core::array::from_fn(|column| Self(rows.map(|row| row.0[column])))
    }

    /// Whether no bit is set.
    #[inline(always)]
    pub fn is_zero(self) -> bool {
        self.0 == [0; 4]
    }

    /// Writes the lowest 16 of the bits that any lane has.
    ///
    /// # Safety
    /// `target` is the address of two writable bytes.
    #[inline(always)]
    pub unsafe fn store_union(self, target: *mut u8) {
        let all = self.0.into_iter().fold(0, |all, lane| all | lane);
        // SAFETY: upheld by this function's own contract.
        unsafe { target.cast::<u16>().write_unaligned(all as u16) };
    }
}
