//! The building blocks of kernels: vectors of four numbers, the register tile of products, and rows of windows.

pub mod lanes;
pub mod streams;
pub mod tile;
pub mod window;
