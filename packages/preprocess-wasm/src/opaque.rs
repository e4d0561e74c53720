//! Constant vectors that are hidden from the compiler.

use core::arch::wasm32::v128;

/// `vector`, from memory: engines make a constant anew wherever it is used, in three instructions, while what was
/// loaded before a loop stays in its register.
#[inline(always)]
pub fn opaque(vector: v128) -> v128 {
    core::hint::black_box(vector)
}
