//! Four `f32` lanes: a WebAssembly vector there, an array elsewhere, so that tests run natively.

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32 as wasm;

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

/// √`value`, which core has only as an instruction.
#[inline(always)]
pub fn square_root(value: f32) -> f32 {
    #[cfg(target_arch = "wasm32")]
    return wasm::f32x4_extract_lane::<0>(wasm::f32x4_sqrt(wasm::f32x4_splat(value)));
    #[cfg(not(target_arch = "wasm32"))]
    return value.sqrt();
}

/// What single operations of the processor do, each rounded once.
#[cfg(target_arch = "wasm32")]
impl F32x4 {
    /// `self + other`.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(wasm::f32x4_add(self.0, other.0))
    }

    /// `self - other`.
    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Self(wasm::f32x4_sub(self.0, other.0))
    }

    /// `self * other`.
    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(wasm::f32x4_mul(self.0, other.0))
    }

    /// `self / other`.
    #[inline(always)]
    pub fn over(self, other: Self) -> Self {
        Self(wasm::f32x4_div(self.0, other.0))
    }

    /// √`self`.
    #[inline(always)]
    pub fn root(self) -> Self {
        Self(wasm::f32x4_sqrt(self.0))
    }
}

/// What single operations of the processor do, each rounded once.
#[cfg(not(target_arch = "wasm32"))]
impl F32x4 {
    /// `self + other`.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    /// `self - other`.
    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] - other.0[lane]))
    }

    /// `self * other`.
    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] * other.0[lane]))
    }

    /// `self / other`.
    #[inline(always)]
    pub fn over(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] / other.0[lane]))
    }

    /// √`self`.
    #[inline(always)]
    pub fn root(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }
}
