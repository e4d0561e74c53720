//! Thresholds: the level, or the levels, that divide gray levels into classes.
//!
//! Four methods read a histogram: [`otsu`], [`multi_otsu`], [`triangle`] and [`li`]. [`local`] gives each pixel a
//! threshold of its own, from the pixels around it.

pub mod li;
pub mod local;
pub mod multi_otsu;
pub mod otsu;
pub mod triangle;
