//! All stages on one image: gray, resize, histogram, Otsu, bits.
//!
//! Rows pass from gray to the horizontal resize one at a time, so that a photograph's gray plane need not exist; only
//! where the vertical pass comes first is it made whole.

use crate::gray::{gray_from_rgb, gray_from_rgba};
use crate::histogram::histogram;
use crate::otsu::otsu_threshold;
use crate::pack::pack_above;
use crate::resize::{AxisPlan, PassOrder, ROW_PADDING, horizontal_row, vertical_row};

/// Bytes of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One byte: the gray level.
    Gray,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and an alpha that does not count.
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
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A picture in the caller's memory.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// `height * width * channels` bytes, row by row, and `ROW_PADDING` readable bytes more.
    pub pixels: &'a [u8],
    /// Its size.
    pub size: Size,
    /// Its pixels' bytes.
    pub channels: Channels,
}

/// Plans of the two passes; a pass whose length stays has none.
#[derive(Clone, Copy, Debug)]
pub struct Plans<'a> {
    /// Along the rows.
    pub horizontal: Option<AxisPlan<'a>>,
    /// Down the columns.
    pub vertical: Option<AxisPlan<'a>>,
}

/// Bytes of workspace that [`resize`] wants. Saturates.
#[must_use]
pub fn resize_workspace_bytes(source: Size, channels: Channels, target: Size) -> usize {
    gray_bytes(source, channels, target).saturating_add(area(size_between(source, target))).saturating_add(ROW_PADDING)
}

/// Bytes of workspace that [`binarize`] wants. Saturates.
#[must_use]
pub fn binarize_workspace_bytes(source: Size, channels: Channels, target: Size) -> usize {
    resize_workspace_bytes(source, channels, target).saturating_add(area(target))
}

/// Gray levels of `image`, one byte a pixel.
pub fn gray(image: &Image, levels: &mut [u8]) {
    gray_pixels(&image.pixels[..levels.len() * image.channels.bytes()], image.channels, levels);
}

/// Gray levels of `image` at `target` size into `levels` (`target.height * target.width` bytes).
pub fn resize(image: &Image, plans: &Plans, target: Size, workspace: &mut [u8], levels: &mut [u8]) {
    let source = image.size;
    let (gray_buffer, intermediate) = workspace.split_at_mut(gray_bytes(source, image.channels, target));
    let between = size_between(source, target);
    let mut rows = GrayRows { image, buffer: gray_buffer };
    match (&plans.horizontal, &plans.vertical) {
        (None, None) => gray(image, levels),
        (Some(horizontal), None) => horizontal_pass(&mut rows, horizontal, levels),
        (None, Some(vertical)) => vertical_pass(rows.plane(), source.width, vertical, levels),
        (Some(horizontal), Some(vertical)) => match pass_order(source, target) {
            PassOrder::HorizontalFirst => {
                let plane = &mut intermediate[..area(between)];
                horizontal_pass(&mut rows, horizontal, plane);
                vertical_pass(plane, between.width, vertical, levels);
            }
            PassOrder::VerticalFirst => {
                vertical_pass(rows.plane(), source.width, vertical, &mut intermediate[..area(between)]);
                let shrunk = Image { pixels: intermediate, size: between, channels: Channels::Gray };
                horizontal_pass(&mut GrayRows { image: &shrunk, buffer: &mut [] }, horizontal, levels);
            }
        },
    }
}

/// `image` at `target` size, black and white by Otsu's threshold: `packed_bytes(target.height * target.width)` bytes
/// into `bits`. Returns the threshold.
pub fn binarize(image: &Image, plans: &Plans, target: Size, workspace: &mut [u8], bits: &mut [u8]) -> u8 {
    let (workspace, levels) = workspace.split_at_mut(resize_workspace_bytes(image.size, image.channels, target));
    let levels = &mut levels[..area(target)];
    resize(image, plans, target, workspace, levels);
    let mut counts = [0; 256];
    histogram(levels, &mut counts);
    let threshold = otsu_threshold(&counts);
    pack_above(levels, threshold, bits);
    threshold
}

/// Every output row from the source row of the same number.
fn horizontal_pass(rows: &mut GrayRows, plan: &AxisPlan, output: &mut [u8]) {
    for (y, output_row) in output.chunks_exact_mut(plan.target()).enumerate() {
        horizontal_row(rows.row(y), plan, output_row);
    }
}

/// Every output row from a window of the rows of `plane`, which are `width` bytes apart.
fn vertical_pass(plane: &[u8], width: usize, plan: &AxisPlan, output: &mut [u8]) {
    for (y, output_row) in output.chunks_exact_mut(width).enumerate() {
        vertical_row(plane, width, plan, y, output_row);
    }
}

/// An image's gray levels, converted when they are asked for.
struct GrayRows<'a> {
    image: &'a Image<'a>,
    /// Room for one row or for the plane, by `gray_bytes`; none for an image that is gray already.
    buffer: &'a mut [u8],
}

impl GrayRows<'_> {
    /// Row `y` and at least `ROW_PADDING` bytes more.
    fn row(&mut self, y: usize) -> &[u8] {
        let Image { pixels, size: Size { width, .. }, channels } = *self.image;
        let row = &pixels[y * width * channels.bytes()..];
        if channels == Channels::Gray {
            return row;
        }
        gray_pixels(&row[..width * channels.bytes()], channels, &mut self.buffer[..width]);
        self.buffer
    }

    /// All rows, `width` bytes apart.
    fn plane(&mut self) -> &[u8] {
        let Image { pixels, size, channels } = *self.image;
        if channels == Channels::Gray {
            return pixels;
        }
        gray(self.image, &mut self.buffer[..area(size)]);
        self.buffer
    }
}

fn gray_pixels(pixels: &[u8], channels: Channels, levels: &mut [u8]) {
    match channels {
        Channels::Gray => levels.copy_from_slice(pixels),
        Channels::Rgb => gray_from_rgb(pixels, levels),
        Channels::Rgba => gray_from_rgba(pixels, levels),
    }
}

/// Bytes of the buffer of [`GrayRows`]: a row, or the whole plane where columns come first, and padding.
fn gray_bytes(source: Size, channels: Channels, target: Size) -> usize {
    if channels == Channels::Gray {
        return 0;
    }
    let wants_plane = source.width == target.width || pass_order(source, target) == PassOrder::VerticalFirst;
    let levels = if wants_plane { area(source) } else { source.width };
    levels.saturating_add(ROW_PADDING)
}

/// Size of the plane between the two passes.
fn size_between(source: Size, target: Size) -> Size {
    match pass_order(source, target) {
        PassOrder::HorizontalFirst => Size { width: target.width, height: source.height },
        PassOrder::VerticalFirst => Size { width: source.width, height: target.height },
    }
}

fn pass_order(source: Size, target: Size) -> PassOrder {
    PassOrder::of((source.width, source.height), (target.width, target.height))
}

fn area(size: Size) -> usize {
    size.width.saturating_mul(size.height)
}
