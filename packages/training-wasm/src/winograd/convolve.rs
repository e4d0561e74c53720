//! Forward, and with the turned filter the input gradient.
//!
//! ```text
//! for each block of 16 tiles
//!   V = Bᵀ d B                                       [quad of tiles][32 channels][plane][4 tiles][channel]
//!   for each 8 output channels, each quad
//!     for each plane: 4 tiles x 8 channels of V U    on the register tile, into a scratch that stays in the first cache
//!     Y = Aᵀ M A, and at once what follows: bias and activation, or pooling
//! ```

use core::ops::Range;

use super::patches::{Maps, Patch, scratch_floats, transform_patch};
use super::transforms::{four, opaque, six};
use super::{BLOCK, GAP, Grid, PATCH, PLANES, SIDE, transforms};
use crate::convolution::Convolution;
use crate::epilogue::Epilogue;
use crate::simd::lanes::F32x4;
use crate::simd::tile::{COLUMNS, ROWS, Tile};
use crate::simd::window;

/// Quads of tiles, [`ROWS`] each, of a block: their transforms stay in the L2 cache.
const QUADS: usize = BLOCK / ROWS;

/// Input channels that are transformed side by side, so that planes are apart by a constant.
const CHANNELS: usize = 32;

/// Input channels of a filter that are transformed before their planes are written: planes are apart by powers of two,
/// which are all the same to a cache.
const INPUTS: usize = 8;

/// Numbers from a plane of V to the next.
const PLANE: usize = ROWS * CHANNELS + GAP;

/// Numbers of workspace: transformed tiles, products, and a patch.
pub const fn workspace_floats(convolution: &Convolution) -> usize {
    let in_channels = convolution.in_channels;
    QUADS * quad_floats(in_channels) + PLANES * ROWS * COLUMNS + scratch_floats(in_channels)
}

/// Numbers of a transformed quad.
const fn quad_floats(in_channels: usize) -> usize {
    in_channels.div_ceil(CHANNELS) * PLANES * PLANE
}

/// Writes the blocks `blocks` of eight output channels of the transformed filter, `[out / 8][plane][in][8]`, 0 beyond
/// the last channel, of `filter` `[3, 3, in, out]`.
pub fn transform_filter(convolution: &Convolution, blocks: Range<usize>, filter: &[f32], transformed: &mut [f32]) {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    transform(in_channels, out_channels, blocks, transformed, |tap, input, output| {
        // SAFETY: `transform` asks for four channels that there are; the slice is bounded.
        unsafe { F32x4::load(filter[(tap * in_channels + input) * out_channels + output..][..4].as_ptr()) }
    });
}

/// The same for the [`turned`](Convolution::turned) convolution, of the filter as it is: `[3, 3, out, in]` in the words of
/// `convolution`, the turned one.
pub fn transform_turned_filter(
    convolution: &Convolution,
    blocks: Range<usize>,
    filter: &[f32],
    transformed: &mut [f32],
) {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    transform(in_channels, out_channels, blocks, transformed, |tap, input, output| {
        let at = |lane: usize| filter[((8 - tap) * out_channels + output + lane) * in_channels + input];
        F32x4::of(core::array::from_fn(at))
    });
}

fn transform(
    in_channels: usize,
    out_channels: usize,
    blocks: Range<usize>,
    transformed: &mut [f32],
    four: impl Fn(usize, usize, usize) -> F32x4,
) {
    let block_floats = PLANES * in_channels * COLUMNS;
    assert!(transformed.len() == blocks.len() * block_floats);
    let mut planes = [[0.0; INPUTS * COLUMNS]; PLANES];
    for (block, target) in blocks.zip(transformed.chunks_exact_mut(block_floats)) {
        for first in (0..in_channels).step_by(INPUTS) {
            let inputs = first..in_channels.min(first + INPUTS);
            for (input, half) in inputs.clone().flat_map(|input| [(input, 0), (input, 4)]) {
                let output = block * COLUMNS + half;
                let column = |j: usize| {
                    transforms::filter([0, 1, 2].map(|i| {
                        if output < out_channels { four(3 * i + j, input, output) } else { F32x4::splat(0.0) }
                    }))
                };
                let columns = [column(0), column(1), column(2)];
                for i in 0..PATCH {
                    for (j, value) in transforms::filter(columns.map(|column| column[i])).into_iter().enumerate() {
                        let target = &mut planes[PATCH * i + j][(input - first) * COLUMNS + half..][..4];
                        // SAFETY: the slice has four numbers.
                        unsafe { value.store(target.as_mut_ptr()) };
                    }
                }
            }
            for (plane, values) in planes.iter().enumerate() {
                let values = &values[..inputs.len() * COLUMNS];
                target[(plane * in_channels + first) * COLUMNS..][..values.len()].copy_from_slice(values);
            }
        }
    }
}

/// A target of tiles of outputs.
pub trait Target {
    /// Takes the 4x4 outputs of four channels from `channel` on, row by row, of the tile whose first pixel is (`y`,
    /// `x`) of `image`.
    fn take(&mut self, image: usize, y: usize, x: usize, channel: usize, tile: &[[F32x4; SIDE]; SIDE]);
}

/// Computes the rows `tile_rows` of tiles, counted across all images.
///
/// # Panics
/// If `maps` has not the convolution's channels, `transformed` is not of its filter, or `workspace` is shorter than
/// [`workspace_floats`].
pub fn convolve(
    convolution: &Convolution,
    grid: &Grid,
    tile_rows: Range<usize>,
    maps: &impl Maps,
    transformed: &[f32],
    target: &mut impl Target,
    workspace: &mut [f32],
) {
    let &Convolution { in_channels, out_channels, pad_top, pad_left, .. } = convolution;
    assert!(maps.channels() == in_channels && transformed.len() == super::filter_floats(convolution));
    assert!(in_channels.is_multiple_of(4) && out_channels.is_multiple_of(4));
    let quad_floats = quad_floats(in_channels);
    let (quads, workspace) = workspace.split_at_mut(QUADS * quad_floats);
    let (products, workspace) = workspace.split_at_mut(PLANES * ROWS * COLUMNS);
    let scratch = &mut workspace[..scratch_floats(in_channels)];

    let end = tile_rows.end * grid.columns;
    let mut first = tile_rows.start * grid.columns;
    while first < end {
        let count = (end - first).min(QUADS * ROWS);
        for index in 0..count {
            let [image, y, x] = grid.tile(first + index);
            let patch = maps.patch::<PATCH>(image, y as isize - pad_top, x as isize - pad_left, scratch);
            let target = &mut quads[index / ROWS * quad_floats + index % ROWS * CHANNELS..];
            // SAFETY: the patch is of six pixels a side and of `in_channels` channels, and the quad has room for it.
            unsafe { transform_tile(patch, in_channels, target.as_mut_ptr()) };
        }
        for (block, panel) in transformed.chunks_exact(PLANES * in_channels * COLUMNS).enumerate() {
            for (index, quad) in quads.chunks_exact(quad_floats).enumerate().take(count.div_ceil(ROWS)) {
                // SAFETY: lengths are those of a quad, a panel and the scratch.
                unsafe { multiply_planes(quad.as_ptr(), in_channels, panel.as_ptr(), products.as_mut_ptr()) };
                for slot in 0..ROWS.min(count - index * ROWS) {
                    let at = grid.tile(first + index * ROWS + slot);
                    let channels = block * COLUMNS..out_channels.min((block + 1) * COLUMNS);
                    // SAFETY: the products hold 4 tiles of 8 channels a plane.
                    unsafe { finish_tile(products.as_ptr().add(slot * COLUMNS), at, channels, target) };
                }
            }
        }
        first += count;
    }
}

/// A tile's V: `target[channel / 32][p][..][channel % 32] = (Bᵀ d B)[p]`. A function of its own, like those that
/// follow: within a larger one, engines have too few registers for it.
///
/// # Safety
/// The patch has 6x6 pixels with `channels` channels, which can be read; 32 numbers can be written at each plane of
/// every 32 channels, `PLANE` numbers apart from `target` on.
#[inline(never)]
unsafe fn transform_tile(patch: impl Patch, channels: usize, target: *mut f32) {
    let minus_four = opaque(-4.0);
    let mut channel = 0;
    while channel < channels {
        let at = channel / CHANNELS * PLANES * PLANE + channel % CHANNELS;
        // SAFETY: upheld by this function's own contract: these four channels are among a plane's 32.
        unsafe { transform_patch(patch, channel, target.add(at), PLANE, minus_four) };
        channel += 4;
    }
}

/// `products[p][tile][n] = Σ_k quad[p][tile][k] * panel[p][k][n]`
///
/// # Safety
/// `quad` has `PLANES * PLANE` readable numbers for every 32 input channels, `panel` has `PLANES * in_channels
/// * COLUMNS`, and `products` has `PLANES * ROWS * COLUMNS` writable ones.
#[inline(never)]
unsafe fn multiply_planes(quad: *const f32, in_channels: usize, panel: *const f32, products: *mut f32) {
    let mut b = panel;
    for p in 0..PLANES {
        let mut tile = Tile::<ROWS>::zeros();
        let mut a = quad.wrapping_add(p * PLANE);
        let mut channel = 0;
        while channel < in_channels {
            let depth = (in_channels - channel).min(CHANNELS);
            let rows = core::array::from_fn(|m| a.wrapping_add(m * CHANNELS));
            // SAFETY: upheld by this function's own contract: `a` and `b` have `depth` channels left of this plane.
            unsafe { tile.add_products(rows, 1, b, COLUMNS, depth) };
            a = a.wrapping_add(PLANES * PLANE);
            b = b.wrapping_add(depth * COLUMNS);
            channel += CHANNELS;
        }
        // SAFETY: upheld by this function's own contract: plane `p` is one of `PLANES`.
        unsafe { tile.store(products.add(p * ROWS * COLUMNS), COLUMNS, COLUMNS) };
    }
}

/// Gives `target` Y = Aᵀ M A of the tile `at`, of output channels `channels`.
///
/// # Safety
/// Eight numbers can be read at each of `PLANES` planes, `ROWS * COLUMNS` numbers apart from `products` on.
#[inline(never)]
unsafe fn finish_tile(products: *const f32, at: [usize; 3], channels: Range<usize>, target: &mut impl Target) {
    let [image, y, x] = at;
    let four_times = opaque(4.0);
    for channel in channels.step_by(4) {
        let first = products.wrapping_add(channel % COLUMNS);
        let column = |j: usize| {
            // SAFETY: upheld by this function's own contract: plane `PATCH * i + j` is one of `PLANES`, and these are
            // four of its eight numbers.
            six(|i| unsafe { F32x4::load(first.wrapping_add((PATCH * i + j) * ROWS * COLUMNS)) })
        };
        let columns = six(|j| transforms::output(column(j), four_times));
        target.take(image, y, x, channel, &four(|i| transforms::output(six(|j| columns[j][i]), four_times)));
    }
}

/// Rows of maps.
#[derive(Debug)]
pub struct PlainRows<'a> {
    /// Rows [`PlainRows::first_row`] and those that follow, of all channels.
    pub values: &'a mut [f32],
    /// Counted over all images.
    pub first_row: usize,
    /// Rows of an image.
    pub height: usize,
    /// Pixels per row.
    pub width: usize,
    /// Numbers per pixel.
    pub channels: usize,
    /// What follows the sums.
    pub epilogue: Epilogue<'a>,
}

impl Target for PlainRows<'_> {
    #[inline(always)]
    fn take(&mut self, image: usize, y: usize, x: usize, channel: usize, tile: &[[F32x4; SIDE]; SIDE]) {
        let bias = self.epilogue.bias_of(channel);
        let (rows, columns) = ((self.height - y).min(SIDE), (self.width - x).min(SIDE));
        let first = ((image * self.height + y - self.first_row) * self.width + x) * self.channels + channel;
        let row_floats = self.width * self.channels;
        let last = first + (rows - 1) * row_floats + (columns - 1) * self.channels;
        let target = self.values[first..last + 4].as_mut_ptr();
        for (i, row) in tile.iter().enumerate().take(rows) {
            for (j, &sum) in row.iter().enumerate().take(columns) {
                let value = self.epilogue.of_biased(sum + bias, channel);
                // SAFETY: the slice ends with the last of these.
                unsafe { value.store(target.add(i * row_floats + j * self.channels)) };
            }
        }
    }
}

/// Rows of pooled maps, with `RELU` past it, and the places of their maxima: see [`conv_pool`](crate::conv_pool::conv_pool).
#[derive(Debug)]
pub struct PooledRows<'a, const RELU: bool> {
    /// Rows [`PooledRows::first_row`] and those that follow, of all channels.
    pub values: &'a mut [f32],
    /// Half a byte per value.
    pub places: &'a mut [u8],
    /// Counted over all images.
    pub first_row: usize,
    /// Rows of an image.
    pub height: usize,
    /// Pixels per row.
    pub width: usize,
    /// Numbers per pixel.
    pub channels: usize,
    /// One number per channel.
    pub bias: &'a [f32],
}

impl<const RELU: bool> Target for PooledRows<'_, RELU> {
    #[inline(always)]
    fn take(&mut self, image: usize, y: usize, x: usize, channel: usize, tile: &[[F32x4; SIDE]; SIDE]) {
        // SAFETY: the slice is bounded.
        let bias = unsafe { F32x4::load(self.bias[channel..channel + 4].as_ptr()) };
        let (y, x) = (y / 2, x / 2);
        let row_floats = self.width * self.channels;
        let first = (image * self.height + y - self.first_row) * row_floats + x * self.channels + channel;
        let (below, beside) = (y + 1 < self.height, x + 1 < self.width);
        let last = first + usize::from(below) * row_floats + usize::from(beside) * self.channels;
        let values = self.values[first..last + 4].as_mut_ptr();
        let places = self.places[first / 2..last / 2 + 2].as_mut_ptr();
        let pool = |i: usize, j: usize| {
            let (upper, lower) = (&tile[2 * i], &tile[2 * i + 1]);
            let pixels = [upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1]];
            let (value, place) = window::pool::<false, RELU>(pixels.map(|pixel| pixel + bias));
            let at = i * row_floats + j * self.channels;
            // SAFETY: the slices end with the last of these.
            unsafe {
                value.store(values.add(at));
                window::store_places([place], places.add(at / 2));
            }
        };
        pool(0, 0);
        if beside {
            pool(0, 1);
        }
        if below {
            pool(1, 0);
            if beside {
                pool(1, 1);
            }
        }
    }
}
