//! A convolution, with a bias and an activation, of any filter, stride, padding and dilation.
//!
//! ```text
//! pack the filter, once                         [out / 8][tap, in][8], then the bias [8]
//! for each part of output rows and of panels
//!   for each block of rows                      of some 64 pixels: what they see stays in the L2 cache
//!     their input rows, with zeros around       only if the convolution pads: otherwise they are read where they are
//!     for each panel, each 4 pixels             one tile, whose pixels may be of different rows and images
//! ```
//!
//! 1x1 convolutions are products of matrices: their rows are single pixels.

use core::ops::Range;

use crate::convolution::Convolution;
use crate::epilogue::Activation;
use crate::parts::{MOST_PARTS, Part, parts_of};
use crate::simd::lanes::F32x4;
use crate::simd::tile::{COLUMNS, ROWS, Tile};

/// Least output pixels of a block, if there are as many.
const BLOCK_PIXELS: usize = 64;

/// Parts that are enough for threads to finish at about the same time: with fewer blocks, panels are divided too.
const ENOUGH_PARTS: usize = 16;

/// Rows of the filter that are packed for all panels before the next.
const PACKED_ROWS: usize = 8;

/// Panels that are packed by a part, if there are as many.
const PACKED_PANELS: usize = 8;

/// Numbers of the packed filter and bias.
pub const fn panels_floats(convolution: &Convolution) -> usize {
    panels(convolution) * panel_floats(convolution)
}

/// Panels of eight output channels.
pub const fn panels(convolution: &Convolution) -> usize {
    convolution.out_channels.div_ceil(COLUMNS)
}

/// How many parts the panels are packed in.
pub const fn packing_parts(convolution: &Convolution) -> usize {
    parts_of(panels(convolution).div_ceil(PACKED_PANELS))
}

const fn panel_floats(convolution: &Convolution) -> usize {
    (depth(convolution) + 1) * COLUMNS
}

/// Products of a sum.
const fn depth(convolution: &Convolution) -> usize {
    convolution.filter_height * convolution.filter_width * convolution.in_channels
}

/// Writes the panels `panels` of `filter` and `bias`, which may be empty, to `packed`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn pack_filter(convolution: &Convolution, panels: Range<usize>, filter: &[f32], bias: &[f32], packed: &mut [f32]) {
    let &Convolution { out_channels, .. } = convolution;
    let (depth, panel_floats) = (depth(convolution), panel_floats(convolution));
    assert!(filter.len() == convolution.filter_floats() && packed.len() == panels.len() * panel_floats);
    let columns = |panel: usize| panel * COLUMNS..out_channels.min((panel + 1) * COLUMNS);
    // A few rows of all panels: a row of one panel is less than what a cache reads at once.
    for first in (0..depth).step_by(PACKED_ROWS) {
        for (panel, packed) in panels.clone().zip(packed.chunks_exact_mut(panel_floats)) {
            for k in first..depth.min(first + PACKED_ROWS) {
                let source = &filter[k * out_channels..][..out_channels][columns(panel)];
                pack_row(source, &mut packed[k * COLUMNS..][..COLUMNS]);
            }
        }
    }
    for (panel, packed) in panels.zip(packed.chunks_exact_mut(panel_floats)) {
        pack_row(if bias.is_empty() { &[] } else { &bias[columns(panel)] }, &mut packed[depth * COLUMNS..]);
    }
}

/// The same for the [`turned`](Convolution::turned) convolution `convolution`, of the filter as it is,
/// `[filter_height, filter_width, out, in]` in its words, and without a bias.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn pack_turned_filter(convolution: &Convolution, panels: Range<usize>, filter: &[f32], packed: &mut [f32]) {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    assert!(filter.len() == convolution.filter_floats() && packed.len() == panels.len() * panel_floats(convolution));
    let taps = convolution.filter_height * convolution.filter_width;
    for (panel, packed) in panels.zip(packed.chunks_exact_mut(panel_floats(convolution))) {
        let first = panel * COLUMNS;
        let columns = COLUMNS.min(out_channels - first);
        packed.fill(0.0);
        for (tap, packed) in packed.chunks_exact_mut(in_channels * COLUMNS).take(taps).enumerate() {
            let tap = &filter[((taps - 1 - tap) * out_channels + first) * in_channels..][..columns * in_channels];
            for (column, values) in tap.chunks_exact(in_channels).enumerate() {
                for (target, &value) in packed[column..].iter_mut().step_by(COLUMNS).zip(values) {
                    *target = value;
                }
            }
        }
    }
}

/// Copies a row of a panel, and zeros beyond its columns.
#[inline(always)]
fn pack_row(source: &[f32], target: &mut [f32]) {
    if source.len() == COLUMNS {
        // SAFETY: both have eight numbers.
        unsafe {
            F32x4::load(source.as_ptr()).store(target.as_mut_ptr());
            F32x4::load(source.as_ptr().add(4)).store(target[4..].as_mut_ptr());
        }
    } else {
        target[..source.len()].copy_from_slice(source);
        target[source.len()..].fill(0.0);
    }
}

/// How the work is divided.
#[derive(Clone, Copy, Debug)]
pub struct Division {
    /// The convolution, whose rows are pixels if it is a product of matrices.
    convolution: Convolution,
    /// Output rows of a block.
    block_rows: usize,
    /// Parts of the blocks.
    row_parts: usize,
    /// Parts of the panels.
    panel_parts: usize,
}

impl Division {
    /// That of a convolution.
    pub fn of(convolution: &Convolution) -> Self {
        let convolution = by_pixels(convolution);
        let block_rows = BLOCK_PIXELS.div_ceil(convolution.out_width);
        let blocks = (convolution.batch * convolution.out_height).div_ceil(block_rows);
        let row_parts = blocks.clamp(1, MOST_PARTS);
        let panel_parts = ENOUGH_PARTS.div_ceil(row_parts).min(panels(&convolution));
        Self { convolution, block_rows, row_parts, panel_parts }
    }

    /// Number of parts.
    pub const fn parts(&self) -> usize {
        self.row_parts * self.panel_parts
    }

    /// Words of workspace for the places of a block's pixels.
    pub const fn offsets(&self) -> usize {
        self.block_rows * self.convolution.out_width
    }

    /// Numbers of workspace for the rows that a block sees, if the convolution pads.
    pub fn rows_floats(&self) -> usize {
        let c = &self.convolution;
        if is_within(c) {
            return 0;
        }
        let rows = self.block_rows.min(c.batch * c.out_height);
        // Those of an image begin where its first row begins to see.
        let images = rows.min((rows - 1).div_ceil(c.out_height) + 1);
        let span = (c.filter_height - 1) * c.dilation_height + 1;
        (images * span + rows * c.stride_height) * padded_columns(c) * c.in_channels
    }
}

/// The same convolution: if it is 1x1 and sees each pixel once, with the pixels of all images as rows.
const fn by_pixels(convolution: &Convolution) -> Convolution {
    let c = *convolution;
    let is_product = c.filter_height * c.filter_width * c.stride_height * c.stride_width == 1
        && c.pad_top == 0
        && c.pad_left == 0
        && c.in_height == c.out_height
        && c.in_width == c.out_width;
    if !is_product {
        return c;
    }
    let pixels = c.batch * c.in_height * c.in_width;
    Convolution { batch: 1, in_height: pixels, in_width: 1, out_height: pixels, out_width: 1, ..c }
}

/// Whether all outputs see only pixels of the image.
const fn is_within(convolution: &Convolution) -> bool {
    let c = convolution;
    let rows = (c.out_height - 1) * c.stride_height + (c.filter_height - 1) * c.dilation_height + 1;
    c.pad_top <= 0
        && c.pad_left <= 0
        && rows as isize - c.pad_top <= c.in_height as isize
        && padded_columns(c) as isize - c.pad_left <= c.in_width as isize
}

/// Pixels that the outputs of a row see, zeros beside the image included.
const fn padded_columns(convolution: &Convolution) -> usize {
    let c = convolution;
    (c.out_width - 1) * c.stride_width + (c.filter_width - 1) * c.dilation_width + 1
}

/// Where the products of a pixel's sums are, from the pixel's first input on.
#[derive(Clone, Copy, Debug)]
struct Taps {
    rows: usize,
    row_step: usize,
    runs: usize,
    run_step: usize,
    length: usize,
}

/// Computes a part of the output, at address `y`.
///
/// # Safety
/// `y` has `convolution.out_floats()` writable numbers; other parts may write others of them meanwhile.
///
/// # Panics
/// If a slice's length is not that of its tensor, or `offsets` and `padded` are shorter than the [`Division`] says.
pub unsafe fn convolve(
    division: &Division,
    part: usize,
    x: &[f32],
    packed: &[f32],
    activation: Activation,
    y: *mut f32,
    (offsets, padded): (&mut [u32], &mut [f32]),
) {
    let &Division { convolution: ref c, block_rows, row_parts, panel_parts } = division;
    let (panel_floats, all_rows) = (panel_floats(c), c.batch * c.out_height);
    assert!(x.len() == c.in_floats() && packed.len() == panels_floats(c) && part < division.parts());
    assert!(offsets.len() >= division.offsets() && padded.len() >= division.rows_floats());
    let blocks = Part { index: part / panel_parts, count: row_parts }.of(all_rows.div_ceil(block_rows));
    let panels = Part { index: part % panel_parts, count: panel_parts }.of(panels(c));
    let is_within = is_within(c);
    let row_floats = if is_within { c.in_row() } else { padded_columns(c) * c.in_channels };
    let (runs, length) = c.runs(c.in_channels);
    let taps = Taps {
        rows: c.filter_height,
        row_step: c.dilation_height * row_floats,
        runs,
        run_step: c.dilation_width * c.in_channels,
        length,
    };
    for block in blocks {
        let rows = block * block_rows..all_rows.min((block + 1) * block_rows);
        let offsets = &mut offsets[..rows.len() * c.out_width];
        let source = if is_within {
            place_pixels(c, rows.clone(), offsets);
            x.as_ptr()
        } else {
            pad_rows(c, rows.clone(), x, offsets, padded);
            padded.as_ptr()
        };
        for panel in panels.clone() {
            let packed = &packed[panel * panel_floats..][..panel_floats];
            let first = rows.start * c.out_row() + panel * COLUMNS;
            let channels = (c.out_channels, c.out_channels - panel * COLUMNS);
            // SAFETY: each pixel's products begin at its offset and are within the image or its padded copy; these
            // rows and channels of `y` are this part's.
            unsafe { convolve_block(&taps, source, offsets, packed, activation, y.wrapping_add(first), channels) };
        }
    }
}

/// Writes where in the input each pixel of the output rows `rows` begins to see.
fn place_pixels(c: &Convolution, rows: Range<usize>, offsets: &mut [u32]) {
    for (row, offsets) in rows.zip(offsets.chunks_exact_mut(c.out_width)) {
        let in_y = (row % c.out_height * c.stride_height).wrapping_add_signed(-c.pad_top);
        let first = (row / c.out_height * c.in_height + in_y) * c.in_width;
        for (out_x, offset) in offsets.iter_mut().enumerate() {
            *offset = ((first + (out_x * c.stride_width).wrapping_add_signed(-c.pad_left)) * c.in_channels) as u32;
        }
    }
}

/// Copies the input rows that the output rows `rows` see, with zeros around, to `padded`, and writes where in them each
/// output pixel begins to see.
fn pad_rows(c: &Convolution, rows: Range<usize>, x: &[f32], offsets: &mut [u32], padded: &mut [f32]) {
    let row_floats = padded_columns(c) * c.in_channels;
    let span = (c.filter_height - 1) * c.dilation_height + 1;
    // Columns of the image that are seen.
    let left = c.pad_left.max(0) as usize;
    let from = (-c.pad_left).max(0) as usize;
    let count = padded_columns(c).saturating_sub(left).min(c.in_width.saturating_sub(from));
    let (mut first_row, mut first_slot, mut slots) = (rows.start, 0, 0);
    for (row, offsets) in rows.zip(offsets.chunks_exact_mut(c.out_width)) {
        let (image, out_y) = (row / c.out_height, row % c.out_height);
        if out_y == 0 {
            (first_row, first_slot) = (row, slots);
        }
        let slot = first_slot + (row - first_row) * c.stride_height;
        while slots < slot + span {
            let target = &mut padded[slots * row_floats..][..row_floats];
            let in_y = (out_y * c.stride_height + slots - slot).checked_add_signed(-c.pad_top);
            match in_y.filter(|&in_y| in_y < c.in_height && count > 0) {
                Some(in_y) => {
                    let source = ((image * c.in_height + in_y) * c.in_width + from) * c.in_channels;
                    let (before, rest) = target.split_at_mut(left * c.in_channels);
                    let (within, after) = rest.split_at_mut(count * c.in_channels);
                    before.fill(0.0);
                    within.copy_from_slice(&x[source..][..within.len()]);
                    after.fill(0.0);
                }
                None => target.fill(0.0),
            }
            slots += 1;
        }
        for (out_x, offset) in offsets.iter_mut().enumerate() {
            *offset = (slot * row_floats + out_x * c.stride_width * c.in_channels) as u32;
        }
    }
}

/// All pixels of a block, of eight channels. A function of its own: within a larger one, engines have too few registers
/// for the tile.
///
/// # Safety
/// The products of each pixel can be read from its offset from `source` on, `packed` is a panel, and `columns` numbers,
/// or eight, can be written for each pixel from `y` on, `channels` numbers apart.
#[inline(never)]
unsafe fn convolve_block(
    taps: &Taps,
    source: *const f32,
    offsets: &[u32],
    packed: &[f32],
    activation: Activation,
    y: *mut f32,
    (channels, columns): (usize, usize),
) {
    let quads = offsets.chunks_exact(ROWS);
    let rest = quads.remainder();
    let mut at = y;
    // SAFETY: upheld by this function's own contract, for all pixels.
    unsafe {
        for quad in quads {
            convolve_pixels::<ROWS>(taps, source, quad, packed, activation).store(at, channels, columns);
            at = at.wrapping_add(ROWS * channels);
        }
        if rest.len() == 1 {
            convolve_pixels::<1>(taps, source, rest, packed, activation).store(at, channels, columns);
        } else if rest.len() == 2 {
            convolve_pixels::<2>(taps, source, rest, packed, activation).store(at, channels, columns);
        } else if rest.len() == 3 {
            convolve_pixels::<3>(taps, source, rest, packed, activation).store(at, channels, columns);
        }
    }
}

/// `M` pixels of eight channels.
///
/// # Safety
/// As for [`convolve_block`]; there are `M` offsets.
#[inline(always)]
unsafe fn convolve_pixels<const M: usize>(
    taps: &Taps,
    source: *const f32,
    offsets: &[u32],
    packed: &[f32],
    activation: Activation,
) -> Tile<M> {
    let mut tile = Tile::zeros();
    let mut b = packed.as_ptr();
    let pixels: [*const f32; M] = core::array::from_fn(|m| source.wrapping_add(offsets[m] as usize));
    for i in 0..taps.rows {
        for run in 0..taps.runs {
            let first = i * taps.row_step + run * taps.run_step;
            // SAFETY: upheld by this function's own contract: the panel has `length` rows of 8 for each run, and then
            // the bias.
            unsafe { tile.add_products(pixels.map(|pixel| pixel.wrapping_add(first)), 1, b, COLUMNS, taps.length) };
            b = b.wrapping_add(taps.length * COLUMNS);
        }
    }
    // SAFETY: upheld by this function's own contract: the bias follows.
    let bias = unsafe { [F32x4::load(b), F32x4::load(b.wrapping_add(4))] };
    tile.finish(bias, activation);
    tile
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers, Padding};

    fn run(c: &Convolution, x: &[f32], filter: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
        run_packed(c, x, |panels, packed| pack_filter(c, panels, filter, bias, packed), activation)
    }

    fn run_packed(
        c: &Convolution,
        x: &[f32],
        pack: impl Fn(Range<usize>, &mut [f32]),
        activation: Activation,
    ) -> Vec<f32> {
        let mut packed = Fenced::unset(panels_floats(c));
        for part in naive::parts(panels(c).min(3)) {
            let panels = part.of(panels(c));
            let within = panels.start * panel_floats(c)..panels.end * panel_floats(c);
            pack(panels, &mut packed.inside_mut()[within]);
        }
        let division = Division::of(c);
        let mut y = Fenced::unset(c.out_floats());
        for part in 0..division.parts() {
            let mut offsets = vec![u32::MAX; division.offsets()];
            let mut padded = Fenced::unset(division.rows_floats());
            // SAFETY: `y` has the output's numbers.
            unsafe {
                let workspace = (offsets.as_mut_slice(), padded.inside_mut());
                convolve(&division, part, x, packed.check(), activation, y.inside_mut().as_mut_ptr(), workspace);
            }
            padded.check();
        }
        y.check().to_vec()
    }

    fn assert_equals_its_definition(c: &Convolution, numbers: &mut Numbers) {
        let x = Fenced::holding(&numbers.floats(c.in_floats()));
        let filter = Fenced::holding(&numbers.floats(c.filter_floats()));
        let y = run(c, x.inside(), filter.inside(), &[], Activation::Linear);
        naive::assert_near(&y, &naive::conv2d(c, x.inside(), filter.inside()), c);

        let bias = numbers.floats(c.out_channels);
        for (activation, most) in
            [(Activation::Linear, None), (Activation::Relu, Some(f32::MAX)), (Activation::Relu6, Some(6.0))]
        {
            let of = |(sum, bias): (&f32, &f32)| most.map_or(sum + bias, |most| (sum + bias).clamp(0.0, most));
            let expected: Vec<f32> = y.iter().zip(bias.iter().cycle()).map(of).collect();
            assert_eq!(run(c, x.inside(), filter.inside(), &bias, activation), expected, "{activation:?} {c:?}");
        }
    }

    #[test]
    fn equals_its_definition_at_every_stride_dilation_padding_and_number_of_channels() {
        let mut numbers = Numbers::seeded(31);
        for convolution in naive::convolutions() {
            assert_equals_its_definition(&convolution, &mut numbers);
        }
    }

    #[test]
    fn equals_its_definition_in_many_blocks_and_parts() {
        let mut numbers = Numbers::seeded(32);
        for (sizes, image, filter, stride) in [
            ([3, 5, 20], [9, 11], [1, 1], [1, 1]),
            ([2, 4, 140], [5, 5], [1, 1], [2, 2]),
            ([2, 3, 9], [40, 30], [7, 7], [2, 2]),
            ([70, 2, 3], [1, 2], [3, 3], [1, 1]),
            ([70, 2, 3], [3, 2], [3, 3], [4, 1]),
            ([1, 1, 17], [1, 300], [1, 5], [1, 1]),
        ] {
            for padding in [Padding::Valid, Padding::Same, Padding::Explicit([[3, 0], [0, 5]])] {
                if let Some(shape) = naive::convolution(sizes, image, filter, stride, [1, 1], padding) {
                    assert_equals_its_definition(&shape, &mut numbers);
                }
            }
        }
    }

    #[test]
    fn of_the_turned_filter_it_is_the_input_gradient() {
        let mut numbers = Numbers::seeded(35);
        for convolution in naive::convolutions() {
            if convolution.stride_height * convolution.stride_width > 1 {
                continue;
            }
            let filter = Fenced::holding(&numbers.floats(convolution.filter_floats()));
            let dy = Fenced::holding(&numbers.floats(convolution.out_floats()));
            let turned = convolution.turned();
            let pack = |panels, packed: &mut [f32]| pack_turned_filter(&turned, panels, filter.inside(), packed);
            let dx = run_packed(&turned, dy.inside(), pack, Activation::Linear);
            naive::assert_near(&dx, &naive::input_gradient(&convolution, filter.inside(), dy.inside()), &convolution);
        }
    }

    #[test]
    fn without_input_channels_outputs_are_the_bias() {
        let shape = naive::convolution([1, 1, 2], [2, 2], [3, 3], [1, 1], [1, 1], Padding::Same);
        let convolution = Convolution { in_channels: 0, ..shape.expect("it has outputs") };
        let y = run(&convolution, &[], &[], &[-1.0, 2.0], Activation::Relu);
        assert_eq!(y, [0.0, 2.0].repeat(4));
        assert_eq!(run(&convolution, &[], &[], &[], Activation::Linear), [0.0; 8]);
    }

    #[test]
    fn what_is_not_finite_stays_where_it_is_seen() {
        let shape = naive::convolution([1, 2, 1], [1, 9], [1, 3], [1, 1], [1, 1], Padding::Same);
        let convolution = shape.expect("it has outputs");
        let mut x = vec![1.0; convolution.in_floats()];
        x[8] = f32::NAN;
        let y = run(&convolution, &x, &[1.0; 6], &[], Activation::Relu6);
        for (at, y) in y.iter().enumerate() {
            assert_eq!(y.is_nan(), (3..=5).contains(&at), "output {at}");
        }
    }
}
