//! Convolution, bias, ReLU or none, and 2x2 maximum in one pass, and what its gradients need: the map before pooling, the
//! largest tensor of a network, never exists. A convolution goes one of two ways:
//!
//! ```text
//! 3x3 on one channel, as networks begin      first      look-up or products, row by row
//! any other                                  direct     on the register tile
//! ```
//!
//! Workspaces are words of 32 bits, which either way takes for what it needs.

mod binary;
mod direct;
mod first;
mod gray;
mod input_gradient;

use core::ops::Range;
use core::slice::from_raw_parts_mut;

use crate::convolution::Convolution;
use crate::convolution::filter_gradient as plain_gradient;
use crate::convolution::gradient_rows::Unpooled;
use crate::parts::Part;

pub use direct::{bias_gradient, place};
pub use input_gradient::{input_gradient, input_gradient_workspace_floats, turn_filter, turned_filter_floats};

/// A packed filter, and what follows its sums.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// The filter that [`pack_filter`] packed.
    pub panels: &'a [f32],
    /// One number per channel.
    pub bias: &'a [f32],
    /// Whether ReLU follows the bias.
    pub relu: bool,
}

/// Numbers of the packed filter.
pub fn panels_floats(convolution: &Convolution) -> usize {
    if first::fits(convolution) { first::panels_floats(convolution) } else { direct::panels_floats(convolution) }
}

/// Writes the packed filter to `panels`.
pub fn pack_filter(convolution: &Convolution, filter: &[f32], bias: &[f32], panels: &mut [f32]) {
    if first::fits(convolution) {
        first::pack_filter(convolution, filter, bias, panels);
    } else {
        direct::pack_filter(convolution, filter, panels);
    }
}

/// Words of workspace of [`conv_pool`].
pub fn workspace_words(convolution: &Convolution) -> usize {
    if first::fits(convolution) { first::workspace_words(convolution) } else { direct::workspace_floats(convolution) }
}

/// Writes rows `rows` of the pooled output, counted across all images, and the places of their maxima: of equal
/// values the first in reading order. A last odd row or column of the convolution is dropped.
///
/// A place has four bits, one for each pixel of its window in reading order, the first of them the lowest: 1 where the
/// maximum was, unless a ReLU set it to 0. The gradient goes there. A byte holds two channels, the first of them
/// in its lower half.
///
/// # Panics
/// If the convolution is padded, strided or dilated, its output channels are no multiple of 4, or a slice's length does
/// not fit.
pub fn conv_pool(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    filter: Filter<'_>,
    output: &mut [f32],
    places: &mut [u8],
    workspace: &mut [u32],
) {
    if first::fits(convolution) {
        first::conv_pool(convolution, rows, x, filter, output, places, workspace);
    } else {
        direct::conv_pool(convolution, rows, x, filter, output, places, as_floats(workspace));
    }
}

/// Parts of [`filter_gradient`].
pub fn filter_gradient_parts(convolution: &Convolution) -> usize {
    if first::fits(convolution) { first::gradient_parts(convolution) } else { plain_gradient::parts(convolution) }
}

/// Words of workspace of [`filter_gradient`].
pub fn filter_gradient_workspace_words(convolution: &Convolution) -> usize {
    if first::fits(convolution) {
        first::workspace_words(convolution) + first::buckets_floats(convolution)
    } else {
        plain_gradient::workspace_floats(convolution)
    }
}

/// Writes a part's sums of the filter's gradient to `sums`, of the gradient `dy` of the pooled output, as
/// [`filter_gradient`](plain_gradient::filter_gradient) does.
pub fn filter_gradient(
    convolution: &Convolution,
    part: Part,
    x: &[f32],
    dy: &Unpooled<'_>,
    sums: &mut [f32],
    workspace: &mut [u32],
) {
    if first::fits(convolution) {
        let rows = part.of(convolution.batch * dy.height);
        let (codes, buckets) = workspace.split_at_mut(first::workspace_words(convolution));
        first::filter_gradient(convolution, rows, x, dy, sums, codes, as_floats(buckets));
    } else {
        let rows = part.of(convolution.batch * convolution.out_height);
        plain_gradient::filter_gradient(convolution, rows, x, dy, sums, as_floats(workspace));
    }
}

/// The same bytes.
const fn as_floats(words: &mut [u32]) -> &mut [f32] {
    // SAFETY: of the same size and alignment, and any bits are a number.
    unsafe { from_raw_parts_mut(words.as_mut_ptr().cast(), words.len()) }
}
