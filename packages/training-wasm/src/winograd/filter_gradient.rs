//! The gradient of the filter.
//!
//! ```text
//! for each part of tiles and input channels
//!   for each block of tiles
//!     V = Bᵀ d B, Z = A dY Aᵀ        in panels: V [plane][in / 4][tile][4], Z [plane][out / 8][tile][8]
//!     for each plane: dU += Vᵀ Z     in register tiles: dU [plane][in / 4][out / 8][4][8]
//! dg = Gᵀ dU G                       once, of the sums of all parts
//! ```

use core::ops::Range;

use super::patches::{Maps, scratch_floats, transform_gradient, transform_patch};
use super::transforms::six;
use super::{GAP, Grid, PATCH, PLANES, SIDE, transforms};
use crate::convolution::Convolution;
use crate::lanes::F32x4;
use crate::parts::{Part, parts_with_sums};
use crate::tile::{COLUMNS, ROWS, Tile};

/// Tiles of a block: its transforms stay in the second or third cache.
const TILES: usize = 48;

/// The most parts of tiles: their sums are added up in the end.
const MOST_TILE_PARTS: usize = 16;

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
        let blocks = (tiles / TILES).clamp(1, MOST_TILE_PARTS);
        Self { tiles: parts_with_sums(blocks, sums_floats(convolution)), channels }
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

/// Numbers of workspace: V, Z and a patch.
pub fn workspace_floats(convolution: &Convolution) -> usize {
    let out_channels = convolution.out_channels.next_multiple_of(COLUMNS);
    PLANES * (plane_floats(channels_of_a_part(convolution)) + plane_floats(out_channels))
        + scratch_floats(convolution.in_channels.max(convolution.out_channels))
}

/// The most.
fn channels_of_a_part(convolution: &Convolution) -> usize {
    (convolution.in_channels / ROWS).div_ceil(Division::of(convolution).channels) * ROWS
}

/// Numbers from a plane of a block to the next.
const fn plane_floats(channels: usize) -> usize {
    TILES * channels + GAP
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
    let v_plane = plane_floats(quads.len() * ROWS);
    let z_plane = plane_floats(out_blocks * COLUMNS);
    let (v, workspace) = workspace.split_at_mut(PLANES * v_plane);
    let (z, workspace) = workspace.split_at_mut(PLANES * z_plane);
    let scratch = &mut workspace[..scratch_floats(in_channels.max(out_channels))];

    sums.fill(0.0);
    // What is beyond the last channel stays 0.
    z.fill(0.0);
    let tiles = tiles.of(convolution.batch * grid.rows * grid.columns);
    for first in tiles.clone().step_by(TILES) {
        let count = (tiles.end - first).min(TILES);
        for index in 0..count {
            let [image, y, x_at] = grid.tile(first + index);
            let patch = x.patch::<PATCH>(image, y as isize - pad_top, x_at as isize - pad_left, scratch);
            for quad in quads.clone() {
                let at = ((quad - quads.start) * TILES + index) * ROWS;
                // SAFETY: the patch has these channels, the planes room for all tiles of a block.
                unsafe { transform_patch(patch, quad * ROWS, v.as_mut_ptr().add(at), v_plane) };
            }
            let patch = dy.patch::<SIDE>(image, y as isize, x_at as isize, scratch);
            for channel in (0..out_channels).step_by(4) {
                let at = (channel / COLUMNS * TILES + index) * COLUMNS + channel % COLUMNS;
                // SAFETY: the patch has these channels, the planes room for all tiles of a block.
                unsafe { transform_gradient(patch, channel, z.as_mut_ptr().add(at), z_plane) };
            }
        }
        for p in 0..PLANES {
            for quad in 0..quads.len() {
                // SAFETY: panels hold all tiles of a block; the sums were compared in length.
                unsafe {
                    let a = v.as_ptr().add(p * v_plane + quad * TILES * ROWS);
                    let rows = core::array::from_fn(|m| a.wrapping_add(m));
                    for block in 0..out_blocks {
                        let b = z.as_ptr().add(p * z_plane + block * TILES * COLUMNS);
                        let at = ((p * quads.len() + quad) * out_blocks + block) * ROWS * COLUMNS;
                        let sums = sums.as_mut_ptr().add(at);
                        let mut tile = Tile::<ROWS>::load(sums, COLUMNS);
                        tile.add_products(rows, ROWS, b, COLUMNS, count);
                        tile.store(sums, COLUMNS, COLUMNS);
                    }
                }
            }
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

/// Adds up the sums of all parts, and writes the filter's gradient `[3, 3, in, out]` for the fours `quads` of input channels.
///
/// # Safety
/// `filter` is the address of a filter, whose numbers of these channels are writable and nobody else's.
pub unsafe fn total(convolution: &Convolution, quads: Range<usize>, sums: &[f32], filter: *mut f32) {
    let &Convolution { in_channels, out_channels, .. } = convolution;
    let division = Division::of(convolution);
    let out_blocks = out_channels.div_ceil(COLUMNS);
    for channels in 0..division.channels {
        let (share, all) = (sums_of(convolution, channels), division.quads(convolution, channels));
        for quad in all.start.max(quads.start)..all.end.min(quads.end) {
            for (block, m) in (0..out_blocks).flat_map(|block| (0..ROWS).map(move |m| (block, m))) {
                for channel in (block * COLUMNS..out_channels.min((block + 1) * COLUMNS)).step_by(4) {
                    let plane = all.len() * out_blocks * ROWS * COLUMNS;
                    let tile = ((quad - all.start) * out_blocks + block) * ROWS * COLUMNS;
                    let at = share.start + tile + m * COLUMNS + channel % COLUMNS;
                    let sum_of = |p: usize| {
                        let mut sum = F32x4::splat(0.0);
                        for sums in sums.chunks_exact(sums_floats(convolution)) {
                            // SAFETY: the slice is bounded.
                            sum = sum + unsafe { F32x4::load(sums[at + p * plane..][..4].as_ptr()) };
                        }
                        sum
                    };
                    let columns = six(|j| transforms::filter_gradient(six(|i| sum_of(PATCH * i + j))));
                    for i in 0..3 {
                        let row = transforms::filter_gradient(columns.map(|column| column[i]));
                        for (j, value) in row.into_iter().enumerate() {
                            let at = ((3 * i + j) * in_channels + quad * ROWS + m) * out_channels + channel;
                            // SAFETY: the caller vouches for these channels of the filter.
                            unsafe { value.store(filter.add(at)) };
                        }
                    }
                }
            }
        }
    }
}
