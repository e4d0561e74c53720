//! The gradient of the filter.
//!
//! ```text
//! for each part of tiles and input channels
//!   for each block of tiles
//!     V = Bᵀ d B, Z = A dY Aᵀ        in panels: V [in / 4][plane][tile][4], Z [out / 8][plane][tile][8]
//!     for each plane: dU += Vᵀ Z     in register tiles: dU [plane][in / 4][out / 8][4][8]
//! dg = Gᵀ dU G                       once, of the sums of all parts
//! ```

use core::ops::Range;

use super::patches::{Maps, Patch, scratch_floats, transform_gradient, transform_patch};
use super::transforms::{opaque, six};
use super::{GAP, Grid, PATCH, PLANES, SIDE, transforms};
use crate::convolution::Convolution;
use crate::parts::{Part, parts_with_sums};
use crate::simd::lanes::F32x4;
use crate::simd::tile::{COLUMNS, ROWS, Tile};

/// Tiles of a block: its transforms stay in the second or third cache.
const TILES: usize = 48;

/// The most parts of tiles, and the blocks of each: their sums are added up in the end.
const MOST_TILE_PARTS: usize = 16;
const BLOCKS: usize = 2;

/// Input channels of a part: with fewer, Z is transformed too often.
const CHANNELS: usize = 96;

/// How a filter gradient is divided: into parts of the tiles, and each of them into parts of the input channels.
#[derive(Clone, Copy, Debug)]
pub struct Division {
    /// Parts that have sums of their own.
    pub tiles: usize,
    /// Parts that share them.
    pub channels: usize,
}

impl Division {
    /// By sizes alone.
    pub fn of(convolution: &Convolution) -> Self {
        let grid = Grid::over(convolution.out_height, convolution.out_width);
        let tiles = convolution.batch * grid.rows * grid.columns;
        let channels = convolution.in_channels.div_ceil(CHANNELS);
        let parts = tiles.div_ceil(BLOCKS * TILES).clamp(1, MOST_TILE_PARTS);
        Self { tiles: parts_with_sums(parts, sums_floats(convolution)), channels }
    }

    /// All parts.
    pub const fn parts(self) -> usize {
        self.tiles * self.channels
    }

    /// Fours of input channels of a part.
    fn quads(self, convolution: &Convolution, part: usize) -> Range<usize> {
        Part { index: part % self.channels, count: self.channels }.of(convolution.in_channels / ROWS)
    }
}

/// Numbers of the sums of a part of the tiles.
pub const fn sums_floats(convolution: &Convolution) -> usize {
    PLANES * convolution.in_channels * convolution.out_channels.next_multiple_of(COLUMNS)
}

/// Numbers from a plane of V to the next, of four input channels.
const V_PLANE: usize = TILES * ROWS + GAP;

/// Numbers from a plane of Z to the next, of eight output channels.
const Z_PLANE: usize = TILES * COLUMNS + GAP;

/// Numbers of workspace: V, Z and a patch.
pub fn workspace_floats(convolution: &Convolution) -> usize {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    let quads = (in_channels / ROWS).div_ceil(Division::of(convolution).channels);
    PLANES * (quads * V_PLANE + out_channels.div_ceil(COLUMNS) * Z_PLANE)
        + scratch_floats(in_channels.max(out_channels))
}

/// Writes what part `part` of all parts has of dU to its share of the sums, `[plane][its in / 4][out / 8][4][8]`: see
/// [`sums_of`].
///
/// # Panics
/// If a slice's length does not fit.
pub fn filter_gradient(
    convolution: &Convolution,
    part: Part,
    x: &impl Maps,
    dy: &impl Maps,
    sums: &mut [f32],
    workspace: &mut [f32],
) {
    let &Convolution { in_channels, out_channels, pad_top, pad_left, .. } = convolution;
    let [height, width] = dy.size();
    let grid = Grid::over(height, width);
    let division = Division::of(convolution);
    let tiles = Part { index: part.index / division.channels, count: division.tiles };
    let quads = division.quads(convolution, part.index);
    let out_blocks = out_channels.div_ceil(COLUMNS);
    assert!(x.channels() == in_channels && dy.channels() == out_channels && part.count == division.parts());
    assert!(sums.len() == quads.len() * out_blocks * PLANES * ROWS * COLUMNS);
    let (v, workspace) = workspace.split_at_mut(PLANES * V_PLANE * quads.len());
    let (z, workspace) = workspace.split_at_mut(PLANES * Z_PLANE * out_blocks);
    let scratch = &mut workspace[..scratch_floats(in_channels.max(out_channels))];

    // What is beyond the last channel stays 0.
    z.fill(0.0);
    let tiles = tiles.of(convolution.batch * grid.rows * grid.columns);
    if tiles.is_empty() {
        sums.fill(0.0);
    }
    for first in tiles.clone().step_by(TILES) {
        let count = (tiles.end - first).min(TILES);
        for index in 0..count {
            let [image, y, x_at] = grid.tile(first + index);
            let patch = x.patch::<PATCH>(image, y as isize - pad_top, x_at as isize - pad_left, scratch);
            // SAFETY: the patch has these channels, the panels room for all tiles of a block.
            unsafe { transform_input(patch, quads.clone(), v[index * ROWS..].as_mut_ptr()) };
            let patch = dy.patch::<SIDE>(image, y as isize, x_at as isize, scratch);
            // SAFETY: the patch has these channels, the panels room for all tiles of a block.
            unsafe { transform_output(patch, out_channels, z[index * COLUMNS..].as_mut_ptr()) };
        }
        let panels = (v.as_ptr(), quads.len(), z.as_ptr(), out_blocks);
        // SAFETY: panels hold all tiles of a block; the sums were compared in length.
        unsafe {
            if first == tiles.start {
                add_planes::<false>(panels, count, sums.as_mut_ptr());
            } else {
                add_planes::<true>(panels, count, sums.as_mut_ptr());
            }
        }
    }
}

/// A tile's V of the input channels of `quads`. A function of its own, like those that follow: within a larger one,
/// engines have too few registers for it.
///
/// # Safety
/// The patch has 6x6 pixels with these channels, which can be read; four numbers can be written at each plane of each
/// quad, `V_PLANE` numbers apart from `v` on.
#[inline(never)]
unsafe fn transform_input(patch: impl Patch, quads: Range<usize>, v: *mut f32) {
    let minus_four = opaque(-4.0);
    for (index, quad) in quads.enumerate() {
        // SAFETY: upheld by this function's own contract: quad `index` is `PLANES` planes behind the one before.
        unsafe { transform_patch(patch, quad * ROWS, v.add(index * PLANES * V_PLANE), V_PLANE, minus_four) };
    }
}

/// A tile's Z of all output channels.
///
/// # Safety
/// The patch has 4x4 pixels with `channels` channels, which can be read; eight numbers can be written at each plane of
/// every eight channels, `Z_PLANE` numbers apart from `z` on.
#[inline(never)]
unsafe fn transform_output(patch: impl Patch, channels: usize, z: *mut f32) {
    let four = opaque(4.0);
    for channel in (0..channels).step_by(4) {
        let at = channel / COLUMNS * PLANES * Z_PLANE + channel % COLUMNS;
        // SAFETY: upheld by this function's own contract: these four channels are half of a plane's eight.
        unsafe { transform_gradient(patch, channel, z.add(at), Z_PLANE, four) };
    }
}

/// `sums[p] = v[p]ᵀ z[p]` over the first `tiles` tiles of a block, to what `sums` holds if there is `MORE`. The panels
/// are v, its fours of channels, z, and its eights.
///
/// # Safety
/// `v` has `quads * PLANES * V_PLANE` readable numbers, `z` has `blocks * PLANES * Z_PLANE`, each plane with at least
/// `tiles` tiles, and `sums` has `PLANES * quads * blocks * ROWS * COLUMNS` writable ones.
#[inline(never)]
unsafe fn add_planes<const MORE: bool>(
    (v, quads, z, blocks): (*const f32, usize, *const f32, usize),
    tiles: usize,
    sums: *mut f32,
) {
    let mut sums = sums;
    for (p, quad) in (0..PLANES).flat_map(|p| (0..quads).map(move |quad| (p, quad))) {
        let a = v.wrapping_add((quad * PLANES + p) * V_PLANE);
        let rows = core::array::from_fn(|m| a.wrapping_add(m));
        for block in 0..blocks {
            let b = z.wrapping_add((block * PLANES + p) * Z_PLANE);
            // SAFETY: upheld by this function's own contract: a plane has `tiles` tiles, and `sums` advances by one
            // register tile per product.
            unsafe {
                let mut tile = if MORE { Tile::<ROWS>::load(sums, COLUMNS) } else { Tile::zeros() };
                tile.add_products(rows, ROWS, b, COLUMNS, tiles);
                tile.store(sums, COLUMNS, COLUMNS);
            }
            sums = sums.wrapping_add(ROWS * COLUMNS);
        }
    }
}

/// Where a part's share of the sums of all parts is.
pub fn sums_of(convolution: &Convolution, part: usize) -> Range<usize> {
    let division = Division::of(convolution);
    let first = part / division.channels * sums_floats(convolution);
    let quads = division.quads(convolution, part);
    let quad_floats = sums_floats(convolution) / (convolution.in_channels / ROWS);
    first + quads.start * quad_floats..first + quads.end * quad_floats
}

/// Numbers of workspace for [`total`]: dU of four input channels.
pub const fn total_workspace_floats(convolution: &Convolution) -> usize {
    PLANES * ROWS * convolution.out_channels.next_multiple_of(COLUMNS)
}

/// Adds up the sums of all parts, and writes the filter's gradient `[3, 3, in, out]` for the fours `quads` of input
/// channels.
///
/// # Safety
/// `filter` is the address of a filter, whose numbers of these channels are writable and used by nothing else.
pub unsafe fn total(
    convolution: &Convolution,
    quads: Range<usize>,
    all_sums: &[f32],
    filter: *mut f32,
    workspace: &mut [f32],
) {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    let division = Division::of(convolution);
    let width = ROWS * out_channels.next_multiple_of(COLUMNS);
    let du = &mut workspace[..PLANES * width];
    for channels in 0..division.channels {
        let (share, all) = (sums_of(convolution, channels), division.quads(convolution, channels));
        for quad in all.start.max(quads.start)..all.end.min(quads.end) {
            du.fill(0.0);
            for sums in all_sums.chunks_exact(sums_floats(convolution)) {
                let sums = sums[share.clone()][(quad - all.start) * width..].chunks(all.len() * width);
                for (target, sums) in du.chunks_exact_mut(width).zip(sums) {
                    for (target, sum) in target.iter_mut().zip(sums) {
                        *target += sum;
                    }
                }
            }
            for (m, channel) in (0..ROWS).flat_map(|m| (0..out_channels).step_by(4).map(move |channel| (m, channel))) {
                let at = (channel / COLUMNS * ROWS + m) * COLUMNS + channel % COLUMNS;
                // SAFETY: the slice is bounded.
                let value = |p: usize| unsafe { F32x4::load(du[p * width + at..][..4].as_ptr()) };
                let columns = six(|j| transforms::filter_gradient(six(|i| value(PATCH * i + j))));
                for i in 0..3 {
                    let row = transforms::filter_gradient(columns.map(|column| column[i]));
                    for (j, value) in row.into_iter().enumerate() {
                        let at = ((3 * i + j) * in_channels + quad * ROWS + m) * out_channels + channel;
                        // SAFETY: upheld by this function's own contract: tap (i, j) of input channel `quad * ROWS + m`
                        // and four output channels is within the filter, and nothing else writes it.
                        unsafe { value.store(filter.add(at)) };
                    }
                }
            }
        }
    }
}
