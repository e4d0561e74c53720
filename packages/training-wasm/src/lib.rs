//! Gradients of convolutional networks: the kernels of `@silhouette/training-wasm`.
//!
//! ```text
//! forward   x ─▶ convolution ─▶ bias, ReLU, 2x2 maximum ─▶ batch_norm ─▶ ...      (conv_pool: one pass;
//!                                                                                  winograd: 3x3)
//! backward  dx ◀─ input gradient ◀─┐
//!           dw ◀─ filter gradient ◀┴─ rows of dy, given as they are or unpooled on the way
//!                                  (gradient_rows)
//! ```
//!
//! Tensors are `f32`, with channels last (NHWC); filters are `[height, width, in, out]`, as in TensorFlow.js. All
//! matrix products and convolutions run on one register [`tile`](simd::tile), except depthwise convolutions and those
//! of one-channel images, which are too thin for it. [`abi`] is the only module that WebAssembly callers see.
//!
//! The kernels run in memory that belongs to TensorFlow.js, its WASM heap: there is no allocator, no constant data and
//! no state; the caller owns tensors and workspaces. Work is divided into [`parts`], for threads; the order of sums
//! depends on shapes and values, never on threads.
#![cfg_attr(target_arch = "wasm32", no_std)]

pub mod abi;
pub mod adam;
pub mod batch_norm;
pub mod boxes;
pub mod conv_pool;
pub mod convolution;
pub mod elements;
pub mod epilogue;
pub mod expressions;
pub mod matmul;
#[cfg(test)]
mod naive;
pub mod parts;
pub mod pool;
pub mod resample;
pub mod row_sums;
pub mod runs;
pub mod segment_sum;
pub mod simd;
pub mod softmax;
pub mod transpose;
pub mod winograd;

/// A panic means a violated contract of [`abi`]: trap, so that the host sees an error instead of wrong gradients.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
