//! The functions that WebAssembly callers see: plain functions on addresses of the instance's own memory. They convert
//! their arguments and delegate; no arithmetic is done here. Each of the binaries, `preprocess`,
//! `jpeg` and `thumbnail`, has what Cargo's feature for it enables.
//!
//! # The contract
//! The caller of any function guarantees, from the call to its return:
//!
//! - **Length**: an address is that of at least as many values as the function's `# Safety` section says, in terms of
//!   its parameters. Values are bytes unless the parameter's type says otherwise. Sizes are at least 1, and no region
//!   is larger than 2^31 - 1 bytes.
//! - **Place**: regions are at [`arena_start`] or behind it, in memory that the caller has grown to hold them.
//! - **Alignment**: addresses of a [`Job`](resize::Job), a [`Warping`](crate::warp::Warping), a plan, counts or a workspace are
//!   multiples of 16, those of 16-bit levels multiples of 2.
//! - **Contents**: what a `*const` or a `&` leads to is initialized; what a `*mut` or a `&mut` leads to may have any
//!   content, and overlaps no other region of the call.
//! - **Life**: nothing else uses the regions until the call returns. No function keeps an address; what a [`Job`](resize::Job) leads
//!   to is used again by the next call with that job.
//!
//! A Rust reference in a parameter list is an address that must not be 0: `&Job` is the address of one readable
//! [`Job`](resize::Job).

#[cfg(feature = "jpeg")]
pub mod jpeg;
#[cfg(feature = "masks")]
pub mod masks;
#[cfg(any(feature = "masks", feature = "thumbnails"))]
pub mod resize;
#[cfg(feature = "masks")]
pub mod thresholds;
#[cfg(feature = "thumbnails")]
pub mod thumbnails;
#[cfg(feature = "masks")]
pub mod warp;

use core::slice;

#[cfg(target_arch = "wasm32")]
unsafe extern "C" {
    static __heap_base: u8;
}

/// The first address that the caller may use: the end of the kernels' stack and constants.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn arena_start() -> *const u8 {
    &raw const __heap_base
}

/// # Safety
/// `address` is that of `length` bytes, which can be read for `'a`.
unsafe fn bytes<'a>(address: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: upheld by this function's own contract.
    unsafe { slice::from_raw_parts(address, length) }
}

/// # Safety
/// `address` is that of `length` bytes, which can be written for `'a`, and are used by nothing else.
unsafe fn bytes_mut<'a>(address: *mut u8, length: usize) -> &'a mut [u8] {
    // SAFETY: upheld by this function's own contract.
    unsafe { slice::from_raw_parts_mut(address, length) }
}
