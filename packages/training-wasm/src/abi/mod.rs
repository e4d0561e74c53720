//! The functions that WebAssembly callers see: plain functions on addresses of the shared memory. They convert their
//! arguments and delegate; no arithmetic is done here.
//!
//! [`regions`] states the contract of every call once; each function's `# Safety` section adds only how many values
//! each of its addresses leads to. A function with the suffix `_workspace` gives the bytes of workspace that its
//! namesake needs, and one with the suffix `_parts` how many parts its work has.

mod adam;
mod batch_norm;
mod conv_pool;
mod convolution;
mod depthwise;
mod elements;
mod expressions;
mod matmul;
mod moves;
mod pool;
pub mod regions;
mod resample;
mod softmax;
mod sums;
mod winograd;
