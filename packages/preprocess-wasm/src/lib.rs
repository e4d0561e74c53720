//! Photographs to black-and-white pictures: the kernels of `@silhouette/preprocess-wasm`.
//!
//! ```text
//! RGB(A) ─▶ gray ─▶ resize ─▶ histogram ─▶ otsu ─▶ pack ─▶ 1 bit a pixel
//!          8 bits  8 bits    256 counts   0..=255
//! ```
//!
//! Beside Otsu's threshold stand others of a histogram ([`multi_otsu`], [`triangle`], [`li`]), and thresholds of each
//! pixel's surroundings ([`local`]).
//!
//! Each stage is a module. Where two variants of a stage pay, its `mod.rs` chooses, `scalar.rs` defines the result
//! and stays plain, and `simd128.rs` has the same signatures and gives the same bytes. [`pipeline`] runs all stages
//! on one image; [`abi`] is the only file that WebAssembly callers see.
//!
//! There is no allocator: the caller owns all memory and hands it over as slices. Nothing is imported.
#![cfg_attr(target_arch = "wasm32", no_std)]

pub mod abi;
pub mod gray;
pub mod histogram;
pub mod li;
pub mod local;
pub mod mask_16;
pub mod multi_otsu;
pub mod otsu;
pub mod pack;
pub mod pipeline;
pub mod resize;
pub mod triangle;

/// A panic is a broken contract of [`abi`]: trap, so that the host sees an error instead of a wrong picture.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
