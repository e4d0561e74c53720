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
use crate::convolution::phases::{Phase, Phases};
use crate::epilogue::{Epilogue, normalization_floats};
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
pub fn panels_floats(phases: &Phases) -> usize {
    panels(phases) * panel_floats(phases)
}

/// Panels of eight output channels.
pub const fn panels(phases: &Phases) -> usize {
    phases.out_channels().div_ceil(COLUMNS)
}

/// How many parts the panels are packed in.
pub const fn packing_parts(phases: &Phases) -> usize {
    parts_of(panels(phases).div_ceil(PACKED_PANELS))
}

fn panel_floats(phases: &Phases) -> usize {
    phases.rows() * COLUMNS
}

/// Writes the panels `panels` of `filter` and `bias`, which may be empty, of a forward convolution to `packed`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn pack_filter(phases: &Phases, panels: Range<usize>, filter: &[f32], bias: &[f32], packed: &mut [f32]) {
    let (out_channels, panel_floats) = (phases.out_channels(), panel_floats(phases));
    let depth = phases.rows() - 1;
    assert!(filter.len() == phases.filter_floats() && packed.len() == panels.len() * panel_floats);
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

/// The same for an input gradient, which has no bias.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn pack_turned_filter(phases: &Phases, panels: Range<usize>, filter: &[f32], packed: &mut [f32]) {
    let (out_channels, panel_floats) = (phases.out_channels(), panel_floats(phases));
    assert!(filter.len() == phases.filter_floats() && packed.len() == panels.len() * panel_floats);
    packed.fill(0.0);
    for phase in (0..phases.count()).map(|index| phases.at(index)) {
        let Phase { convolution: Convolution { in_channels, .. }, taps: [rows, columns], rows_before, .. } = phase;
        for (panel, packed) in panels.clone().zip(packed.chunks_exact_mut(panel_floats)) {
            let first = panel * COLUMNS;
            let count = COLUMNS.min(out_channels - first);
            let mut packed = &mut packed[rows_before * COLUMNS..];
            for i in (0..rows.count).rev() {
                for j in (0..columns.count).rev() {
                    let row = rows.first + i * rows.step;
                    let tap = row * phases.filter_width() + columns.first + j * columns.step;
                    let source = &filter[(tap * out_channels + first) * in_channels..][..count * in_channels];
                    let (target, rest) = packed.split_at_mut(in_channels * COLUMNS);
                    for (column, values) in source.chunks_exact(in_channels).enumerate() {
                        for (target, &value) in target[column..].iter_mut().step_by(COLUMNS).zip(values) {
                            *target = value;
                        }
                    }
                    packed = rest;
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
    /// The convolutions.
    phases: Phases,
    /// Output rows of a block.
    block_rows: usize,
    /// Parts of the blocks of a phase.
    row_parts: usize,
    /// Parts of the panels.
    panel_parts: usize,
}

impl Division {
    /// That of a convolution or an input gradient.
    pub fn of(phases: &Phases) -> Self {
        let largest = phases.at(0).convolution;
        let block_rows = BLOCK_PIXELS.div_ceil(largest.out_width);
        let blocks = (largest.batch * largest.out_height).div_ceil(block_rows);
        let row_parts = blocks.clamp(1, MOST_PARTS);
        let panel_parts = ENOUGH_PARTS.div_ceil(row_parts).min(panels(phases));
        Self { phases: *phases, block_rows, row_parts, panel_parts }
    }

    /// Number of parts.
    pub const fn parts(&self) -> usize {
        self.phases.count() * self.row_parts * self.panel_parts
    }

    /// How many pixels a block has.
    pub fn places(&self) -> usize {
        self.block_rows * self.phases.at(0).convolution.out_width
    }

    /// Numbers of workspace for the rows that a block sees, if the convolution pads.
    pub fn rows_floats(&self) -> usize {
        let of = |index| seen_floats(&self.phases.at(index).convolution, self.block_rows);
        (0..self.phases.count()).map(of).max().unwrap_or(0)
    }
}

/// Numbers of the rows that `rows` output rows see, if the convolution pads.
fn seen_floats(convolution: &Convolution, rows: usize) -> usize {
    let c = convolution;
    if is_within(c) {
        return 0;
    }
    let rows = rows.min(c.batch * c.out_height);
    // Those of an image begin where its first row begins to see.
    let images = rows.min((rows - 1).div_ceil(c.out_height) + 1);
    let span = (c.filter_height - 1) * c.dilation_height + 1;
    (images * span + rows * c.stride_height) * padded_columns(c) * c.in_channels
}

/// Where a pixel of a block is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Number of the input, or of its padded rows, that the pixel's products begin with.
    source: u32,
    /// Number of the output that its channels begin at.
    target: u32,
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
/// `y` has as many writable numbers as all phases have outputs; other parts may write others of them meanwhile.
///
/// # Panics
/// If a slice's length is not that of its tensor, `places` and `padded` are shorter than the [`Division`] says, or
/// `epilogue` has a bias: it is packed.
pub unsafe fn convolve(
    division: &Division,
    part: usize,
    x: &[f32],
    packed: &[f32],
    epilogue: Epilogue<'_>,
    y: *mut f32,
    (places, padded): (&mut [Place], &mut [f32]),
) {
    let &Division { ref phases, block_rows, row_parts, panel_parts } = division;
    assert!(x.len() == phases.in_floats() && packed.len() == panels_floats(phases) && part < division.parts());
    assert!(places.len() >= division.places());
    assert!(epilogue.bias.is_empty());
    assert!([0, normalization_floats(phases.out_channels())].contains(&epilogue.normalization.len()));
    let phase = phases.at(part / panel_parts / row_parts);
    let c = &phase.convolution;
    let all_rows = c.batch * c.out_height;
    let blocks = Part { index: part / panel_parts % row_parts, count: row_parts }.of(all_rows.div_ceil(block_rows));
    let panels = Part { index: part % panel_parts, count: panel_parts }.of(panels(phases));
    let is_within = is_within(c);
    assert!(padded.len() >= seen_floats(c, block_rows));
    let row_floats = if is_within { c.in_row() } else { padded_columns(c) * c.in_channels };
    let (runs, length) = c.runs(c.in_channels);
    let taps = Taps {
        rows: c.filter_height,
        row_step: c.dilation_height * row_floats,
        runs,
        run_step: c.dilation_width * c.in_channels,
        length,
    };
    let (panel_floats, depth) = (panel_floats(phases), c.filter_height * c.filter_width * c.in_channels);
    for block in blocks {
        let rows = block * block_rows..all_rows.min((block + 1) * block_rows);
        let places = &mut places[..rows.len() * c.out_width];
        place_targets(&phase, rows.clone(), places);
        let source = if is_within {
            place_pixels(c, rows, places);
            x.as_ptr()
        } else {
            pad_rows(c, rows, x, places, padded);
            padded.as_ptr()
        };
        for panel in panels.clone() {
            let packed = &packed[panel * panel_floats + phase.rows_before * COLUMNS..][..(depth + 1) * COLUMNS];
            let first = panel * COLUMNS;
            // SAFETY: each pixel's products begin at its source and are within the image or its padded copy; these
            // pixels and channels of `y` are this part's.
            unsafe { convolve_block(&taps, source, places, packed, (epilogue, first), y, c.out_channels - first) };
        }
    }
}

/// Writes where in the output each pixel of the phase's rows `rows` is.
fn place_targets(phase: &Phase, rows: Range<usize>, places: &mut [Place]) {
    let c = &phase.convolution;
    for (row, places) in rows.zip(places.chunks_exact_mut(c.out_width)) {
        let (first, step) = phase.outputs.of_row(row / c.out_height, row % c.out_height);
        for (out_x, place) in places.iter_mut().enumerate() {
            place.target = ((first + out_x * step) * c.out_channels) as u32;
        }
    }
}

/// Writes where in the input each pixel of the output rows `rows` begins to see.
fn place_pixels(c: &Convolution, rows: Range<usize>, places: &mut [Place]) {
    for (row, places) in rows.zip(places.chunks_exact_mut(c.out_width)) {
        let in_y = (row % c.out_height * c.stride_height).wrapping_add_signed(-c.pad_top);
        let first = (row / c.out_height * c.in_height + in_y) * c.in_width;
        for (out_x, place) in places.iter_mut().enumerate() {
            let pixel = first + (out_x * c.stride_width).wrapping_add_signed(-c.pad_left);
            place.source = (pixel * c.in_channels) as u32;
        }
    }
}

/// Copies the input rows that the output rows `rows` see, with zeros around, to `padded`, and writes where in them each
/// output pixel begins to see.
fn pad_rows(c: &Convolution, rows: Range<usize>, x: &[f32], places: &mut [Place], padded: &mut [f32]) {
    let row_floats = padded_columns(c) * c.in_channels;
    let span = (c.filter_height - 1) * c.dilation_height + 1;
    // Columns of the image that are seen.
    let left = c.pad_left.max(0) as usize;
    let from = (-c.pad_left).max(0) as usize;
    let count = padded_columns(c).saturating_sub(left).min(c.in_width.saturating_sub(from));
    let (mut first_row, mut first_slot, mut slots) = (rows.start, 0, 0);
    for (row, places) in rows.zip(places.chunks_exact_mut(c.out_width)) {
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
        for (out_x, place) in places.iter_mut().enumerate() {
            place.source = (slot * row_floats + out_x * c.stride_width * c.in_channels) as u32;
        }
    }
}

/// All pixels of a block, of eight channels. A function of its own: within a larger one, engines have too few registers
/// for the tile.
///
/// # Safety
/// The products of each pixel can be read from its source on, counted from `source`, `packed` is a panel, and `columns`
/// numbers, or eight, can be written from `first` numbers after its target on, counted from `y`.
#[inline(never)]
unsafe fn convolve_block(
    taps: &Taps,
    source: *const f32,
    places: &[Place],
    packed: &[f32],
    (epilogue, first): (Epilogue<'_>, usize),
    y: *mut f32,
    columns: usize,
) {
    let quads = places.chunks_exact(ROWS);
    let rest = quads.remainder();
    // SAFETY: upheld by this function's own contract, for all pixels.
    unsafe {
        for quad in quads {
            convolve_pixels::<ROWS>(taps, source, quad, packed, (epilogue, first), y, columns);
        }
        if rest.len() == 1 {
            convolve_pixels::<1>(taps, source, rest, packed, (epilogue, first), y, columns);
        } else if rest.len() == 2 {
            convolve_pixels::<2>(taps, source, rest, packed, (epilogue, first), y, columns);
        } else if rest.len() == 3 {
            convolve_pixels::<3>(taps, source, rest, packed, (epilogue, first), y, columns);
        }
    }
}

/// `M` pixels of eight channels.
///
/// # Safety
/// As for [`convolve_block`]; there are `M` places.
#[inline(always)]
unsafe fn convolve_pixels<const M: usize>(
    taps: &Taps,
    source: *const f32,
    places: &[Place],
    packed: &[f32],
    (epilogue, first): (Epilogue<'_>, usize),
    y: *mut f32,
    columns: usize,
) {
    let mut tile = Tile::<M>::zeros();
    let mut b = packed.as_ptr();
    let pixels: [*const f32; M] = core::array::from_fn(|m| source.wrapping_add(places[m].source as usize));
    for i in 0..taps.rows {
        for run in 0..taps.runs {
            let ahead = i * taps.row_step + run * taps.run_step;
            // SAFETY: upheld by this function's own contract: the panel has `length` rows of 8 for each run, and then
            // the bias.
            unsafe { tile.add_products(pixels.map(|pixel| pixel.wrapping_add(ahead)), 1, b, COLUMNS, taps.length) };
            b = b.wrapping_add(taps.length * COLUMNS);
        }
    }
    // SAFETY: upheld by this function's own contract: the bias follows.
    let bias = unsafe { [F32x4::load(b), F32x4::load(b.wrapping_add(4))] };
    tile.finish(bias, epilogue, first);
    // SAFETY: upheld by this function's own contract.
    unsafe { tile.store_rows(core::array::from_fn(|m| y.wrapping_add(places[m].target as usize + first)), columns) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epilogue::Activation;
    use crate::naive::{self, Fenced, Numbers, Padding};

    fn run(c: &Convolution, x: &[f32], filter: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
        let phases = Phases::forward(c);
        let pack = |panels, packed: &mut [f32]| pack_filter(&phases, panels, filter, bias, packed);
        run_packed(&phases, c.out_floats(), x, pack, activation)
    }

    fn run_packed(
        phases: &Phases,
        out_floats: usize,
        x: &[f32],
        pack: impl Fn(Range<usize>, &mut [f32]),
        activation: Activation,
    ) -> Vec<f32> {
        let mut packed = Fenced::unset(panels_floats(phases));
        for part in naive::parts(panels(phases).min(3)) {
            let panels = part.of(panels(phases));
            let within = panels.start * panel_floats(phases)..panels.end * panel_floats(phases);
            pack(panels, &mut packed.inside_mut()[within]);
        }
        let division = Division::of(phases);
        let mut y = Fenced::unset(out_floats);
        for part in 0..division.parts() {
            let mut places = vec![Place { source: u32::MAX, target: u32::MAX }; division.places()];
            let mut padded = Fenced::unset(division.rows_floats());
            // SAFETY: `y` has the output's numbers.
            unsafe {
                let workspace = (places.as_mut_slice(), padded.inside_mut());
                let epilogue = Epilogue { activation, ..Epilogue::none() };
                convolve(&division, part, x, packed.check(), epilogue, y.inside_mut().as_mut_ptr(), workspace);
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

    fn assert_equals_the_input_gradient(convolution: &Convolution, numbers: &mut Numbers) {
        let filter = Fenced::holding(&numbers.floats(convolution.filter_floats()));
        let dy = Fenced::holding(&numbers.floats(convolution.out_floats()));
        let phases = Phases::input_gradient(convolution);
        let pack = |panels, packed: &mut [f32]| pack_turned_filter(&phases, panels, filter.inside(), packed);
        let dx = run_packed(&phases, convolution.in_floats(), dy.inside(), pack, Activation::Linear);
        naive::assert_near(&dx, &naive::input_gradient(convolution, filter.inside(), dy.inside()), convolution);
    }

    #[test]
    fn of_turned_filters_it_is_the_input_gradient() {
        let mut numbers = Numbers::seeded(35);
        for convolution in naive::convolutions() {
            assert_equals_the_input_gradient(&convolution, &mut numbers);
        }
    }

    #[test]
    fn it_is_the_input_gradient_in_many_blocks_and_parts() {
        let mut numbers = Numbers::seeded(36);
        for (sizes, image, filter, stride, dilation) in [
            ([3, 5, 20], [9, 11], [1, 1], [2, 2], [1, 1]),
            ([2, 140, 4], [5, 5], [1, 1], [2, 2], [1, 1]),
            ([2, 9, 3], [40, 30], [7, 7], [2, 2], [1, 1]),
            ([2, 9, 3], [41, 31], [4, 4], [2, 3], [1, 1]),
            ([2, 3, 2], [40, 30], [3, 4], [4, 6], [2, 4]),
            ([70, 3, 2], [3, 2], [3, 3], [4, 1], [1, 1]),
            ([1, 17, 1], [1, 300], [1, 5], [3, 7], [1, 1]),
        ] {
            for padding in [Padding::Valid, Padding::Same, Padding::Explicit([[3, 0], [0, 5]])] {
                if let Some(shape) = naive::convolution(sizes, image, filter, stride, dilation, padding) {
                    assert_equals_the_input_gradient(&shape, &mut numbers);
                }
            }
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
