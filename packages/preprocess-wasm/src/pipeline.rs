//! A photograph at another size, some of its rows at a time: its gray levels, or its red, green and blue as planes.
//!
//! ```text
//! take   rows ─▶ gray, unless colors stay ─▶ horizontal pass, if it comes first ─▶ plane
//! finish plane ─▶ vertical pass ─▶ horizontal pass, if it comes last ─▶ levels
//! ```
//!
//! So a photograph is never in this memory as a whole, and the rows that are read stay in the L1 and L2 caches. If no
//! vertical pass follows, the plane is that of the levels. The horizontal pass is what takes colors apart: columns of
//! red, green and blue are apart already while a stripe is on its side.

use crate::gray::{gray_from_rgb, gray_from_rgba};
use crate::resize::{
    AxisPlan, PassOrder, Plane, STRIPE, Stripe, horizontal_stripe, stripe_scratch_bytes, weighted_rows,
};

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

/// What a picture becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planes {
    /// A plane of gray levels.
    Gray,
    /// Planes of red, green and blue, one after the other. The picture has colors.
    Colors,
}

impl Planes {
    /// 1 or 3.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Colors => 3,
        }
    }
}

/// A picture's size, and what it becomes.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The picture's size.
    pub source: Size,
    /// Its pixels' bytes.
    pub channels: Channels,
    /// The target size.
    pub target: Size,
    /// The target's planes.
    pub planes: Planes,
}

/// The resize of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Resize<'a> {
    /// From what to what.
    pub shape: Shape,
    /// The plan along the rows, unless the width stays.
    pub horizontal: Option<AxisPlan<'a>>,
    /// The plan down the columns, unless the height stays.
    pub vertical: Option<AxisPlan<'a>>,
}

/// When rows become narrower or wider, and colors are taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowPass {
    First,
    Last,
    None,
}

impl Shape {
    /// Bytes of the target. Saturates.
    #[must_use]
    pub fn target_bytes(&self) -> usize {
        self.target.pixels().saturating_mul(self.planes.count())
    }

    /// Bytes of workspace. Saturates.
    #[must_use]
    pub fn workspace_bytes(&self) -> usize {
        self.plane_bytes()
            .saturating_add(self.between_bytes())
            .saturating_add(self.scratch_bytes())
            .saturating_add(if self.is_grayed() { self.source.width.saturating_mul(STRIPE) } else { 0 })
    }

    /// Whether the picture has colors that do not stay.
    fn is_grayed(&self) -> bool {
        self.channels != Channels::Gray && self.planes == Planes::Gray
    }

    /// Bytes of a pixel that the passes see.
    fn depth(&self) -> usize {
        match self.planes {
            Planes::Gray => 1,
            Planes::Colors => self.channels.bytes(),
        }
    }

    fn row_pass(&self) -> RowPass {
        let Self { source, target, planes, .. } = *self;
        let order = PassOrder::of((source.width, source.height), (target.width, target.height));
        let is_first =
            source.height == target.height || (source.width != target.width && order == PassOrder::HorizontalFirst);
        match (source.width == target.width && planes == Planes::Gray, is_first) {
            (true, _) => RowPass::None,
            (false, true) => RowPass::First,
            (false, false) => RowPass::Last,
        }
    }

    /// Bytes of the plane that is filled by rows, unless it is that of the levels.
    fn plane_bytes(&self) -> usize {
        let Self { source, target, planes, .. } = *self;
        match self.row_pass() {
            _ if source.height == target.height => 0,
            RowPass::First => {
                Size { width: target.width, height: source.height }.pixels().saturating_mul(planes.count())
            }
            RowPass::Last | RowPass::None => source.pixels().saturating_mul(self.depth()),
        }
    }

    /// Bytes of the plane between a vertical pass and a horizontal one.
    fn between_bytes(&self) -> usize {
        match self.row_pass() {
            RowPass::Last => {
                Size { width: self.source.width, height: self.target.height }.pixels().saturating_mul(self.depth())
            }
            RowPass::First | RowPass::None => 0,
        }
    }

    fn scratch_bytes(&self) -> usize {
        stripe_scratch_bytes((self.source.width, self.depth()), (self.target.width, self.planes.count()))
    }
}

impl Resize<'_> {
    /// Takes `rows`, the first of which is row `first` of the picture. `levels` are those of the target; the
    /// caller keeps them and the workspace unchanged between calls, until [`Resize::finish`].
    ///
    /// # Panics
    /// If there are more rows than the picture has, or a slice is too short.
    pub fn take(&self, rows: &Rows, first: usize, workspace: &mut [u8], levels: &mut [u8]) {
        let Shape { source, target, .. } = self.shape;
        let (plane, workspace) = workspace.split_at_mut(self.shape.plane_bytes());
        let (_, scratch) = workspace.split_at_mut(self.shape.between_bytes());
        let plane = if self.vertical.is_some() { plane } else { levels };
        match self.shape.row_pass() {
            RowPass::First => {
                let plane_size = target.width * source.height;
                self.pass_rows(rows, scratch, plane_size, &mut plane[first * target.width..]);
            }
            RowPass::Last | RowPass::None => {
                let row_bytes = source.width * self.shape.depth();
                let output = &mut plane[first * row_bytes..][..rows.count * row_bytes];
                if self.shape.is_grayed() { rows.gray(source.width, output) } else { rows.copy(source.width, output) }
            }
        }
    }

    /// Computes the levels of the rows that were taken.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn finish(&self, workspace: &mut [u8], levels: &mut [u8]) {
        let Shape { source, target, planes, channels } = self.shape;
        let Some(vertical) = &self.vertical else { return };
        let (plane, workspace) = workspace.split_at_mut(self.shape.plane_bytes());
        let (between, scratch) = workspace.split_at_mut(self.shape.between_bytes());
        match self.shape.row_pass() {
            RowPass::Last => {
                let row_bytes = source.width * self.shape.depth();
                weighted_rows(Plane::of(plane, row_bytes), row_bytes, vertical, between);
                let channels = if planes == Planes::Gray { Channels::Gray } else { channels };
                let rows = Rows { pixels: between, stride: row_bytes, channels, count: target.height };
                self.pass_rows(&rows, scratch, target.pixels(), levels);
            }
            RowPass::First | RowPass::None => {
                let planes = plane.chunks_exact(target.width * source.height);
                for (plane, levels) in planes.zip(levels.chunks_exact_mut(target.pixels())) {
                    weighted_rows(Plane::of(plane, target.width), target.width, vertical, levels);
                }
            }
        }
    }

    /// Rows of pixels to rows of the target's width in each plane, `plane_size` bytes apart, a stripe at a time. The last
    /// stripe overlaps the one before, so that it ends with the rows.
    fn pass_rows(&self, rows: &Rows, scratch: &mut [u8], plane_size: usize, output: &mut [u8]) {
        let Rows { pixels, stride, channels, count } = *rows;
        let (width, target_width) = (self.shape.source.width, self.shape.target.width);
        let (depth, planes) = (self.shape.depth(), self.shape.planes.count());
        let (scratch, gray) = scratch.split_at_mut(self.shape.scratch_bytes());
        let rows_at_once = STRIPE.min(count);
        for y in (0..count).step_by(STRIPE) {
            let first = y.min(count - rows_at_once);
            let pixels = &pixels[first * stride..][..(rows_at_once - 1) * stride + width * channels.bytes()];
            let plane = if channels.bytes() == depth {
                Plane { levels: pixels, stride }
            } else {
                let gray = &mut gray[..rows_at_once * width];
                Rows { pixels, stride, channels, count: rows_at_once }.gray(width, gray);
                Plane::of(gray, width)
            };
            let stripe = Stripe { plane, rows: rows_at_once, width, depth };
            let output = &mut output[first * target_width..];
            horizontal_stripe(stripe, self.horizontal.as_ref(), planes, plane_size, scratch, output);
        }
    }
}

impl Rows<'_> {
    /// Gray levels of rows of `width` pixels, without padding.
    fn gray(&self, width: usize, levels: &mut [u8]) {
        self.each(width, levels, width, |pixels, levels| match self.channels {
            Channels::Gray => levels.copy_from_slice(pixels),
            Channels::Rgb => gray_from_rgb(pixels, levels),
            Channels::Rgba => gray_from_rgba(pixels, levels),
        });
    }

    /// Rows of `width` pixels, without padding.
    fn copy(&self, width: usize, output: &mut [u8]) {
        self.each(width, output, width * self.channels.bytes(), |pixels, output| output.copy_from_slice(pixels));
    }

    /// Calls `convert` with pixels and with as many rows of `row_bytes` of the output: with all at once, unless rows are padded.
    fn each(&self, width: usize, output: &mut [u8], row_bytes: usize, convert: impl Fn(&[u8], &mut [u8])) {
        let Self { pixels, stride, channels, count } = *self;
        let pixel_bytes = width * channels.bytes();
        if stride == pixel_bytes {
            return convert(&pixels[..count * pixel_bytes], output);
        }
        for (row, output) in pixels.chunks(stride).zip(output.chunks_exact_mut(row_bytes)) {
            convert(&row[..pixel_bytes], output);
        }
    }
}
