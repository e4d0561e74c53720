//! 3x3 convolutions by Winograd's minimal filtering, F(4x4, 3x3): a tile of 4x4 outputs takes 36 products a pair of channels
//! instead of 144.
//!
//! ```text
//! forward          Y  = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A         d: 6x6 inputs, g: the filter, Y: 4x4 outputs
//! input gradient   the same, of dY and the turned filter
//! filter gradient  dg = Gᵀ [ Σ (Bᵀ d B) ⊙ (A dY Aᵀ) ] G      the sum over all tiles
//! ```
//!
//! Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016), with the points 0, ±1, ±2 and ∞. The products ⊙
//! over channels are 36 products of matrices, one for each of the 6x6 places of a transformed tile, a *plane*.
//!
//! It rounds more than plain sums do: some 2e-6 of a map's root mean square where those have 5e-7. A number that is not
//! finite spoils the tiles that see it, up to three pixels further than it does by definition.

pub mod convolve;
pub mod filter_gradient;
pub mod patches;
pub mod transforms;

use core::ops::Range;

use crate::convolution::Convolution;
use crate::tile::COLUMNS;

/// Places of a transformed tile.
const PLANES: usize = 36;

/// Sides of a tile of outputs.
const SIDE: usize = 4;

/// Sides of the patch of inputs that a tile sees.
const PATCH: usize = 6;

/// Numbers between planes beyond their own: without them, planes are apart by powers of two, which are all the same to a
/// cache, and transforms take twice the time.
const GAP: usize = 16;

/// Whether a convolution can be computed so, and gains by it: 3x3, neither strided nor dilated, of channels in fours, with
/// outputs that fill half of their tiles or more. Whatever its padding.
pub const fn fits(convolution: &Convolution) -> bool {
    let &Convolution { out_height, out_width, .. } = convolution;
    let grid = Grid::over(out_height, out_width);
    2 * out_height * out_width >= grid.rows * grid.columns * SIDE * SIDE
        && convolution.filter_height == 3
        && convolution.filter_width == 3
        && convolution.stride_height == 1
        && convolution.stride_width == 1
        && convolution.dilation_height == 1
        && convolution.dilation_width == 1
        && convolution.in_channels.is_multiple_of(4)
        && convolution.out_channels.is_multiple_of(4)
}

/// The convolution that is a convolution's input gradient: of dy, with the filter turned by 180 degrees.
pub const fn turned(convolution: &Convolution) -> Convolution {
    Convolution {
        in_height: convolution.out_height,
        in_width: convolution.out_width,
        in_channels: convolution.out_channels,
        out_height: convolution.in_height,
        out_width: convolution.in_width,
        out_channels: convolution.in_channels,
        pad_top: 2 - convolution.pad_top,
        pad_left: 2 - convolution.pad_left,
        ..*convolution
    }
}

/// The tiles of a batch of maps, those of an image row by row.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Rows of tiles of an image.
    pub rows: usize,
    /// Tiles of a row.
    pub columns: usize,
}

impl Grid {
    /// That cover maps of `height` x `width` pixels.
    pub const fn over(height: usize, width: usize) -> Self {
        Self { rows: height.div_ceil(SIDE), columns: width.div_ceil(SIDE) }
    }

    /// Image, and row and column of its first pixel.
    const fn tile(&self, index: usize) -> [usize; 3] {
        let row = index / self.columns;
        [row / self.rows, row % self.rows * SIDE, index % self.columns * SIDE]
    }

    /// The rows of maps of `height` rows that rows of tiles stand for, those of all images in a row; a tile has `side` rows of
    /// them.
    pub const fn map_rows(&self, tile_rows: &Range<usize>, height: usize, side: usize) -> Range<usize> {
        let first = tile_rows.start / self.rows * height + tile_rows.start % self.rows * side;
        // The last row of tiles may stand beyond the map's.
        let end = tile_rows.end / self.rows * height + tile_rows.end % self.rows * side;
        first..end
    }
}

/// Numbers of a transformed filter.
pub const fn filter_floats(convolution: &Convolution) -> usize {
    PLANES * convolution.in_channels * convolution.out_channels.next_multiple_of(COLUMNS)
}
