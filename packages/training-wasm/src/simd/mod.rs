//! What kernels compute with: vectors of four numbers, the register tile that products run on, and rows of windows.

pub mod lanes;
pub mod streams;
pub mod tile;
pub mod window;
