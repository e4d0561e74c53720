//! Saturating narrowing, by WebAssembly's own instructions.
//!
//! `core::arch` has these functions too, but Rust 1.95 compiles them to clamps and shuffles of many times the time, and
//! on some input to wrong code (rust-lang/rust#157456). So the instructions are named to LLVM directly, which is
//! unstable: scripts/build-wasm.mjs allows it to this crate alone. Once compilers do better, this file can be removed.

use core::arch::wasm32::v128;
use core::mem::transmute;

#[repr(simd)]
#[derive(Clone, Copy)]
struct I32x4([i32; 4]);

#[repr(simd)]
#[derive(Clone, Copy)]
struct I16x8([i16; 8]);

#[repr(simd)]
#[derive(Clone, Copy)]
struct U8x16([u8; 16]);

#[allow(improper_ctypes)]
unsafe extern "unadjusted" {
    #[link_name = "llvm.wasm.narrow.signed.v8i16.v4i32"]
    fn narrow_i32x4(low: I32x4, high: I32x4) -> I16x8;
    #[link_name = "llvm.wasm.narrow.unsigned.v16i8.v8i16"]
    fn narrow_i16x8(low: I16x8, high: I16x8) -> U8x16;
}

/// Sixteen `i32` to `u8`, clamped to 0..=255.
#[inline(always)]
pub fn u8x16_of_i32x4([first, second, third, fourth]: [v128; 4]) -> v128 {
    // SAFETY: all of these are 16 bytes of which any are valid, and the intrinsics are of WebAssembly SIMD, which this
    // module is compiled for.
    unsafe {
        let low = narrow_i32x4(transmute::<v128, I32x4>(first), transmute::<v128, I32x4>(second));
        let high = narrow_i32x4(transmute::<v128, I32x4>(third), transmute::<v128, I32x4>(fourth));
        transmute::<U8x16, v128>(narrow_i16x8(low, high))
    }
}

/// Eight `i32` to `i16`, clamped.
#[inline(always)]
pub fn i16x8_of_i32x4([low, high]: [v128; 2]) -> v128 {
    // SAFETY: as in `u8x16_of_i32x4`.
    unsafe { transmute::<I16x8, v128>(narrow_i32x4(transmute::<v128, I32x4>(low), transmute::<v128, I32x4>(high))) }
}

/// Sixteen `i16` to `u8`, clamped to 0..=255.
#[inline(always)]
pub fn u8x16_of_i16x8([low, high]: [v128; 2]) -> v128 {
    // SAFETY: as in `u8x16_of_i32x4`.
    unsafe { transmute::<U8x16, v128>(narrow_i16x8(transmute::<v128, I16x8>(low), transmute::<v128, I16x8>(high))) }
}
