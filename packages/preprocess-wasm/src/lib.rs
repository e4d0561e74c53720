//! From photographs to black-and-white masks: the kernels of `@silhouette/preprocess-wasm`.
//!
//! ```text
//! RGB(A) ─▶ gray ─▶ resize ─▶ histogram ─▶ otsu ─▶ mask
//!          8 bits  8 bits    256 counts   0..=255
//! ```
//!
//! [`threshold`] has Otsu's method and the others. [`warp`] goes from gray levels to augmented ones, before a threshold.
//! [`jpeg`] decodes ordinary files to pixels, and encodes small pictures, which are resized in colors. Masks, the decoder and thumbnails
//! are binaries of their own, so that nobody pays for the others.
//!
//! Each stage is a module. If a stage has two variants, its `mod.rs` selects one, `scalar.rs` defines the result in
//! plain code, and `simd128.rs` has the same signatures and gives the same bytes. [`pipeline`] computes the gray levels
//! of one image, some rows at a time, and the caller chains the other stages; [`abi`] is the only module that
//! WebAssembly callers see.
//!
//! There is no allocator: the caller owns all memory and passes it as slices. Nothing is imported.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(target_feature = "simd128", allow(internal_features))]
#![cfg_attr(target_feature = "simd128", feature(abi_unadjusted, link_llvm_intrinsics, repr_simd, simd_ffi))]

pub mod abi;
pub mod gray;
pub mod histogram;
pub mod jpeg;
pub mod mask;
#[cfg(target_feature = "simd128")]
mod narrow;
#[cfg(target_feature = "simd128")]
mod opaque;
pub mod pipeline;
pub mod resize;
pub mod threshold;
pub mod warp;

/// Version of the binary, what it is for unless that is masks, and its instruction set, in a custom section that hosts can read from the
/// compiled module.
#[cfg(target_arch = "wasm32")]
#[used]
#[unsafe(link_section = "silhouette-preprocess")]
static IDENTITY: [u8; IDENTITY_TEXT.len()] = *IDENTITY_TEXT.as_bytes().first_chunk().unwrap();

#[cfg(target_arch = "wasm32")]
const IDENTITY_TEXT: &str = match (cfg!(feature = "masks"), cfg!(feature = "jpeg"), cfg!(target_feature = "simd128")) {
    (true, _, true) => concat!(env!("CARGO_PKG_VERSION"), " simd128"),
    (true, _, false) => concat!(env!("CARGO_PKG_VERSION"), " scalar"),
    (false, true, true) => concat!(env!("CARGO_PKG_VERSION"), " jpeg simd128"),
    (false, true, false) => concat!(env!("CARGO_PKG_VERSION"), " jpeg scalar"),
    (false, false, true) => concat!(env!("CARGO_PKG_VERSION"), " thumbnail simd128"),
    (false, false, false) => concat!(env!("CARGO_PKG_VERSION"), " thumbnail scalar"),
};

/// A panic means a violated contract of [`abi`]: trap, so that the host sees an error instead of a wrong picture.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
