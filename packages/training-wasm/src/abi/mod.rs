//! What WebAssembly callers see: plain functions on addresses of the shared memory. It converts and delegates.
//!
//! Addresses of numbers are multiples of 4, of `f64` and of workspaces multiples of 8; sizes are at least 1 (a depth or a
//! batch may be 0), and their products fit the memory; regions handed to one call do not overlap. Each function's contract
//! is its `# Safety` section. A workspace has the bytes that the function of the same name with `_workspace` gives.
//!
//! A function whose first arguments are `part`, `parts` and `workspace` does one part of the work. Its parts may run at the
//! same time, on instances of their own over the same memory, each with a workspace of its own.

mod adam;
mod batch_norm;
mod conv_pool;
mod convolution;
mod depthwise;
mod elements;
mod matmul;
mod pool;
mod regions;
mod sums;
mod winograd;
