//! The bytes of a scan as its codes are in them: without the zeros that are stuffed behind every 0xff (ITU-T T.81, F.1.2.3).
//!
//! They are in reverse order, so that a load of eight bytes, whose last one is the highest, has the bits in theirs.

// With SIMD, the definition of the results.
#[cfg_attr(target_feature = "simd128", allow(dead_code))]
pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
pub use scalar::unstuffed;
#[cfg(target_feature = "simd128")]
pub use simd128::unstuffed;

/// Bytes that are written at most before those of a scan.
pub const SLACK: usize = 16;
