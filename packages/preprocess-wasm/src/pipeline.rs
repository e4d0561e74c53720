//! A photograph's gray levels at another size, some of its rows at a time.
//!
//! ```text
//! take   rows ─▶ gray ─▶ horizontal pass, if it comes first ─▶ plane
//! finish plane ─▶ vertical pass ─▶ horizontal pass, if it comes last ─▶ levels
//! ```
//!
//! So a photograph is never in this memory as a whole, and the rows that are read stay in the L1 and L2 caches. If no
//! vertical pass follows, the plane is that of the levels.

use crate::gray::{gray_from_rgb, gray_from_rgba};
use crate::resize::{AxisPlan, PassOrder, Plane, STRIPE, horizontal_stripe, stripe_scratch_bytes, weighted_rows};

/// Bytes of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One byte: the gray level.
    Gray,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and alpha, which is ignored.
    Rgba,
}

impl Channels {
    /// 1, 3 or 4.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// Width and height of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Size {
    /// Saturates.
    #[must_use]
    pub fn pixels(self) -> usize {
        self.width.saturating_mul(self.height)
    }
}

/// Some rows of a picture, in the caller's memory.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// From the first row's first pixel to the last row's last one.
    pub pixels: &'a [u8],
    /// Bytes from one row to the next, at least those of its pixels.
    pub stride: usize,
    /// Pixels' bytes.
    pub channels: Channels,
    /// Number of rows, at least 1.
    pub count: usize,
}

/// The resize of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Resize<'a> {
    /// The picture's size.
    pub source: Size,
    /// The target size.
    pub target: Size,
    /// The plan along the rows, unless the width stays.
    pub horizontal: Option<AxisPlan<'a>>,
    /// The plan down the columns, unless the height stays.
    pub vertical: Option<AxisPlan<'a>>,
}

/// Bytes of workspace for a picture. Saturates.
#[must_use]
pub fn workspace_bytes(source: Size, channels: Channels, target: Size) -> usize {
    let stripe = if channels == Channels::Gray { 0 } else { source.width.saturating_mul(STRIPE) };
    plane_bytes(source, target)
        .saturating_add(between_bytes(source, target))
        .saturating_add(stripe_scratch_bytes(source.width, target.width))
        .saturating_add(stripe)
}

impl Resize<'_> {
    /// Takes `rows`, the first of which is row `first` of the picture. `levels` are those of the target; the
    /// caller keeps them and the workspace unchanged between calls, until [`Resize::finish`].
    ///
    /// # Panics
    /// If there are more rows than the picture has, or a slice is too short.
    pub fn take(&self, rows: &Rows, first: usize, workspace: &mut [u8], levels: &mut [u8]) {
        let Self { source, target, .. } = *self;
        let (plane, workspace) = workspace.split_at_mut(plane_bytes(source, target));
        let (_, scratch) = workspace.split_at_mut(between_bytes(source, target));
        let plane = if self.vertical.is_some() { plane } else { levels };
        let width = if self.is_horizontal_first() { target.width } else { source.width };
        let output = &mut plane[first * width..][..rows.count * width];
        match &self.horizontal {
            Some(horizontal) if self.is_horizontal_first() => {
                horizontal_pass(rows, source.width, horizontal, scratch, output);
            }
            _ => rows.gray(source.width, output),
        }
    }

    /// Computes the levels of the rows that were taken.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn finish(&self, workspace: &mut [u8], levels: &mut [u8]) {
        let Self { source, target, .. } = *self;
        let Some(vertical) = &self.vertical else { return };
        let (plane, workspace) = workspace.split_at_mut(plane_bytes(source, target));
        let (between, scratch) = workspace.split_at_mut(between_bytes(source, target));
        match &self.horizontal {
            Some(horizontal) if !self.is_horizontal_first() => {
                weighted_rows(Plane::of(plane, source.width), source.width, vertical, between);
                let (stride, count) = (source.width, target.height);
                let rows = Rows { pixels: between, stride, channels: Channels::Gray, count };
                horizontal_pass(&rows, source.width, horizontal, scratch, &mut levels[..target.pixels()]);
            }
            _ => {
                let levels = &mut levels[..target.pixels()];
                weighted_rows(Plane::of(plane, target.width), target.width, vertical, levels);
            }
        }
    }

    fn is_horizontal_first(&self) -> bool {
        self.horizontal.is_some()
            && (self.vertical.is_none() || pass_order(self.source, self.target) == PassOrder::HorizontalFirst)
    }
}

/// Rows of `width` pixels to rows of `plan.target()` levels, a stripe at a time. The last stripe overlaps the one
/// before, so that it ends with the rows.
fn horizontal_pass(rows: &Rows, width: usize, plan: &AxisPlan, scratch: &mut [u8], output: &mut [u8]) {
    let Rows { pixels, stride, channels, count } = *rows;
    let (scratch, gray) = scratch.split_at_mut(stripe_scratch_bytes(width, plan.target()));
    let stripe = STRIPE.min(count);
    for y in (0..count).step_by(STRIPE) {
        let first = y.min(count - stripe);
        let pixels = &pixels[first * stride..][..(stripe - 1) * stride + width * channels.bytes()];
        let plane = if channels == Channels::Gray {
            Plane { levels: pixels, stride }
        } else {
            let gray = &mut gray[..stripe * width];
            Rows { pixels, stride, channels, count: stripe }.gray(width, gray);
            Plane::of(gray, width)
        };
        let output = &mut output[first * plan.target()..][..stripe * plan.target()];
        horizontal_stripe(plane, (stripe, width), plan, scratch, output);
    }
}

impl Rows<'_> {
    /// Gray levels of rows of `width` pixels, without padding.
    fn gray(&self, width: usize, levels: &mut [u8]) {
        let Self { pixels, stride, channels, count } = *self;
        let row_bytes = width * channels.bytes();
        if stride == row_bytes {
            return gray(&pixels[..count * row_bytes], channels, levels);
        }
        for (row, levels) in pixels.chunks(stride).zip(levels.chunks_exact_mut(width)) {
            gray(&row[..row_bytes], channels, levels);
        }
    }
}

fn gray(pixels: &[u8], channels: Channels, levels: &mut [u8]) {
    match channels {
        Channels::Gray => levels.copy_from_slice(pixels),
        Channels::Rgb => gray_from_rgb(pixels, levels),
        Channels::Rgba => gray_from_rgba(pixels, levels),
    }
}

/// Bytes of the plane that is filled by rows, unless it is that of the levels.
fn plane_bytes(source: Size, target: Size) -> usize {
    if source.height == target.height {
        return 0;
    }
    match pass_order(source, target) {
        PassOrder::HorizontalFirst => Size { width: target.width, height: source.height }.pixels(),
        PassOrder::VerticalFirst => source.pixels(),
    }
}

/// Bytes of the plane between a vertical pass and a horizontal one.
fn between_bytes(source: Size, target: Size) -> usize {
    if source.width == target.width {
        return 0;
    }
    match pass_order(source, target) {
        PassOrder::HorizontalFirst => 0,
        PassOrder::VerticalFirst => Size { width: source.width, height: target.height }.pixels(),
    }
}

fn pass_order(source: Size, target: Size) -> PassOrder {
    PassOrder::of((source.width, source.height), (target.width, target.height))
}
