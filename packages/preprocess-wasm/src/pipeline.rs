//! All stages on one image: gray, resize, histogram, Otsu, mask.
//!
//! Rows pass from gray to the horizontal resize a stripe at a time, so that a photograph's gray plane need not exist;
//! only where the vertical pass comes first is it made whole.

use crate::gray::{gray_from_rgb, gray_from_rgba};
use crate::histogram::{self, Histogram};
use crate::mask::{Style, write_mask};
use crate::otsu::otsu_threshold;
use crate::resize::{AxisPlan, PassOrder, Plane, STRIPE, horizontal_stripe, stripe_scratch_bytes, weighted_rows};

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

impl Size {
    /// Pixels. Saturates.
    #[must_use]
    pub fn pixels(self) -> usize {
        self.width.saturating_mul(self.height)
    }
}

/// A picture in the caller's memory.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Its rows, the last one to its last pixel.
    pub pixels: &'a [u8],
    /// Bytes from a row to the next, at least those of a row.
    pub stride: usize,
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
    gray_bytes(source, channels, target)
        .saturating_add(size_between(source, target).pixels())
        .saturating_add(stripe_scratch_bytes(source.width, target.width))
}

/// Bytes of workspace that [`threshold`] and [`binarize`] want. Saturates.
#[must_use]
pub fn workspace_bytes(source: Size, channels: Channels, target: Size) -> usize {
    resize_workspace_bytes(source, channels, target).saturating_add(target.pixels())
}

/// Gray levels of `image`, one byte a pixel.
pub fn gray(image: &Image, levels: &mut [u8]) {
    let Image { size: Size { width, height }, .. } = *image;
    image.gray_rows(0, height, &mut levels[..width * height]);
}

/// Gray levels of `image` at `target` size into `levels` (`target.height * target.width` bytes).
pub fn resize(image: &Image, plans: &Plans, target: Size, workspace: &mut [u8], levels: &mut [u8]) {
    let source = image.size;
    let between = size_between(source, target);
    let (gray_buffer, workspace) = workspace.split_at_mut(gray_bytes(source, image.channels, target));
    let (intermediate, scratch) = workspace.split_at_mut(between.pixels());
    let mut rows = GrayRows { image, buffer: gray_buffer };
    match (&plans.horizontal, &plans.vertical) {
        (None, None) => gray(image, levels),
        (Some(horizontal), None) => horizontal_pass(&mut rows, horizontal, scratch, levels),
        (None, Some(vertical)) => weighted_rows(rows.some(0, source.height), source.width, vertical, levels),
        (Some(horizontal), Some(vertical)) => match pass_order(source, target) {
            PassOrder::HorizontalFirst => {
                horizontal_pass(&mut rows, horizontal, scratch, intermediate);
                weighted_rows(Plane::of(intermediate, between.width), between.width, vertical, levels);
            }
            PassOrder::VerticalFirst => {
                weighted_rows(rows.some(0, source.height), source.width, vertical, intermediate);
                let shrunk =
                    Image { pixels: intermediate, stride: between.width, size: between, channels: Channels::Gray };
                horizontal_pass(&mut GrayRows { image: &shrunk, buffer: &mut [] }, horizontal, scratch, levels);
            }
        },
    }
}

/// Counts the gray levels of `image` at `target` size, which is not written anywhere but to the workspace.
pub fn histogram_of(image: &Image, plans: &Plans, target: Size, workspace: &mut [u8], counts: &mut Histogram) {
    histogram::histogram(resized(image, plans, target, workspace), counts);
}

/// Otsu's threshold of `image` at `target` size, and no pixels.
pub fn threshold(image: &Image, plans: &Plans, target: Size, workspace: &mut [u8]) -> u8 {
    otsu_of(resized(image, plans, target, workspace))
}

/// `image` at `target` size, black and white by Otsu's threshold, into `mask`. Returns the threshold.
pub fn binarize(image: &Image, plans: &Plans, target: Size, workspace: &mut [u8], style: Style, mask: &mut [u8]) -> u8 {
    let levels = resized(image, plans, target, workspace);
    let threshold = otsu_of(levels);
    write_mask(levels, threshold, style, mask);
    threshold
}

/// [`resize`] into the last part of the workspace.
fn resized<'a>(image: &Image, plans: &Plans, target: Size, workspace: &'a mut [u8]) -> &'a [u8] {
    let (workspace, levels) = workspace.split_at_mut(resize_workspace_bytes(image.size, image.channels, target));
    let levels = &mut levels[..target.pixels()];
    resize(image, plans, target, workspace, levels);
    levels
}

fn otsu_of(levels: &[u8]) -> u8 {
    let mut counts = [0; 256];
    histogram::histogram(levels, &mut counts);
    otsu_threshold(&counts)
}

/// All rows of `output`, a stripe at a time. The last stripe overlaps the one before, so that it ends with the image.
fn horizontal_pass(rows: &mut GrayRows, plan: &AxisPlan, scratch: &mut [u8], output: &mut [u8]) {
    let Size { width, height } = rows.image.size;
    let stripe = STRIPE.min(height);
    for y in (0..height).step_by(STRIPE) {
        let first = y.min(height - stripe);
        let output_rows = &mut output[first * plan.target()..][..stripe * plan.target()];
        horizontal_stripe(rows.some(first, stripe), (stripe, width), plan, scratch, output_rows);
    }
}

/// An image's gray levels, converted when they are asked for.
struct GrayRows<'a> {
    image: &'a Image<'a>,
    /// Room for as many rows as are asked for at once; none for an image that is gray already.
    buffer: &'a mut [u8],
}

impl GrayRows<'_> {
    /// `count` rows from row `first` on.
    fn some(&mut self, first: usize, count: usize) -> Plane<'_> {
        let Image { pixels, stride, size: Size { width, .. }, channels } = *self.image;
        if channels == Channels::Gray {
            return Plane { levels: &pixels[first * stride..], stride };
        }
        let levels = &mut self.buffer[..count * width];
        self.image.gray_rows(first, count, levels);
        Plane::of(levels, width)
    }
}

impl Image<'_> {
    /// Gray levels of `count` rows from row `first` on, without padding.
    fn gray_rows(&self, first: usize, count: usize, levels: &mut [u8]) {
        let Image { pixels, stride, size: Size { width, .. }, channels } = *self;
        let row_bytes = width * channels.bytes();
        let pixels = &pixels[first * stride..][..(count - 1) * stride + row_bytes];
        if stride == row_bytes {
            return gray_pixels(pixels, channels, levels);
        }
        for (row, levels) in pixels.chunks(stride).zip(levels.chunks_exact_mut(width)) {
            gray_pixels(&row[..row_bytes], channels, levels);
        }
    }
}

fn gray_pixels(pixels: &[u8], channels: Channels, levels: &mut [u8]) {
    match channels {
        Channels::Gray => levels.copy_from_slice(pixels),
        Channels::Rgb => gray_from_rgb(pixels, levels),
        Channels::Rgba => gray_from_rgba(pixels, levels),
    }
}

/// Bytes of the buffer of [`GrayRows`]: a stripe, or the whole plane where columns come first.
fn gray_bytes(source: Size, channels: Channels, target: Size) -> usize {
    if channels == Channels::Gray {
        return 0;
    }
    let is_whole = source.width == target.width || pass_order(source, target) == PassOrder::VerticalFirst;
    let rows = if is_whole { source.height } else { STRIPE };
    Size { height: rows, ..source }.pixels()
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
