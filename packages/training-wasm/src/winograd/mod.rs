//! 3x3 convolutions by Winograd's minimal filtering, F(4x4, 3x3): a tile of 4x4 outputs takes 36 products per pair of
//! channels instead of 144.
//!
//! ```text
//! forward          Y  = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A         d: 6x6 inputs, g: the filter, Y: 4x4 outputs
//! input gradient   the same, of dY and the turned filter
//! filter gradient  dg = Gᵀ [ Σ (Bᵀ d B) ⊙ (A dY Aᵀ) ] G      the sum over all tiles
//! ```
//!
//! Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016), with the points 0, ±1, ±2 and ∞. The
//! products ⊙ over channels are 36 products of matrices, one for each of the 6x6 places of a transformed tile, a
//! *plane*.
//!
//! It rounds more than plain sums do: some 2e-6 of a map's root mean square where those have 5e-7. A number that is not
//! finite spoils the tiles that see it, up to three pixels further than it does by definition.

pub mod convolve;
pub mod filter_gradient;
pub mod patches;
pub mod transforms;

use core::ops::Range;

use crate::convolution::Convolution;
use crate::parts::parts_of;
use crate::simd::tile::COLUMNS;

/// Places of a transformed tile.
const PLANES: usize = 36;

/// Sides of a tile of outputs.
const SIDE: usize = 4;

/// Sides of the patch of inputs that a tile sees.
const PATCH: usize = 6;

/// Tiles that share a pass over the transformed filter.
const BLOCK: usize = 16;

/// Numbers between planes beyond their own: without them, planes are apart by powers of two, which are all the same to
/// a cache, and transforms take twice the time.
const GAP: usize = 16;

/// The time that a transformed filter takes, in products of a pair of channels: few pixels are not worth it.
const TRANSFORM_PRODUCTS: usize = 600;

/// Whether Winograd's method applies to a convolution and is faster: 3x3, neither strided nor dilated, with channels in
/// multiples of four, outputs that fill at least half of their tiles, and enough of them. Any padding.
pub const fn fits(convolution: &Convolution) -> bool {
    let &Convolution { batch, out_height, out_width, .. } = convolution;
    let grid = Grid::over(out_height, out_width);
    let (pixels, tiles) = (batch * out_height * out_width, batch * grid.rows * grid.columns);
    2 * pixels >= tiles * SIDE * SIDE
        && 9 * pixels >= tiles * PLANES + TRANSFORM_PRODUCTS
        && convolution.filter_height == 3
        && convolution.filter_width == 3
        && convolution.stride_height == 1
        && convolution.stride_width == 1
        && convolution.dilation_height == 1
        && convolution.dilation_width == 1
        && convolution.in_channels.is_multiple_of(4)
        && convolution.out_channels.is_multiple_of(4)
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

    /// How many parts the rows of tiles of `batch` images are divided into: of [`BLOCK`] tiles or more, where there are
    /// as many.
    pub fn parts(&self, batch: usize) -> usize {
        parts_of(batch * self.rows).min((batch * self.rows * self.columns).div_ceil(BLOCK).max(1))
    }

    /// Image, and row and column of its first pixel.
    const fn tile(&self, index: usize) -> [usize; 3] {
        let row = index / self.columns;
        [row / self.rows, row % self.rows * SIDE, index % self.columns * SIDE]
    }

    /// The rows of maps of `height` rows that rows of tiles stand for, counted across all images; a tile has `side`
    /// rows of them.
    pub const fn map_rows(&self, tile_rows: &Range<usize>, height: usize, side: usize) -> Range<usize> {
        let first = tile_rows.start / self.rows * height + tile_rows.start % self.rows * side;
        // The last row of tiles may extend beyond the map.
        let end = tile_rows.end / self.rows * height + tile_rows.end % self.rows * side;
        first..end
    }
}

/// Numbers of a transformed filter.
pub const fn filter_floats(convolution: &Convolution) -> usize {
    PLANES * convolution.in_channels * convolution.out_channels.next_multiple_of(COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::convolve::{PlainRows, PooledRows, Target, convolve, transform_filter, transform_turned_filter};
    use super::filter_gradient::Division;
    use super::patches::{CutUnpooled, Maps, PlainMaps};
    use super::*;
    use crate::convolution::gradient_rows::{Plain, Unpooled};
    use crate::epilogue::{Activation, Epilogue};
    use crate::naive::{self, Fenced, Numbers, Padding, Sum};
    use crate::parts::Part;

    /// Channels in fours below, at and above a tile's and a block's; maps with full and cut tiles, and blocks of them.
    fn convolutions() -> Vec<Convolution> {
        let mut numbers = Numbers::seeded(21);
        let mut all = Vec::new();
        for [inputs, outputs] in [[4, 4], [4, 12], [12, 8], [32, 20], [36, 4], [100, 12]] {
            for image in [[3, 3], [6, 6], [7, 10], [9, 5], [18, 30]] {
                let explicit = [[numbers.below(4), numbers.below(4)], [numbers.below(4), numbers.below(4)]];
                for padding in [Padding::Valid, Padding::Same, Padding::Explicit(explicit)] {
                    let sizes = [1 + numbers.below(3), inputs, outputs];
                    all.extend(naive::convolution(sizes, image, [3, 3], [1, 1], [1, 1], padding));
                }
            }
        }
        all
    }

    /// Fails unless all numbers are as near to their sums as the transforms allow: within 64 roundings of the largest
    /// sum of magnitudes. Some third of that was seen.
    #[track_caller]
    fn assert_near(actual: &[f32], expected: &[Sum], what: &dyn std::fmt::Debug) {
        assert_within_roundings(64.0, actual, expected, what);
    }

    #[track_caller]
    fn assert_within_roundings(roundings: f64, actual: &[f32], expected: &[Sum], what: &dyn std::fmt::Debug) {
        assert_eq!(actual.len(), expected.len());
        let most = expected.iter().fold(0.0, |most: f64, sum| most.max(sum.magnitude));
        for (index, (&actual, sum)) in actual.iter().zip(expected).enumerate() {
            naive::assert_within(actual, sum.value, roundings * f64::from(f32::EPSILON) / 2.0 * most, index, what);
        }
    }

    fn transformed(convolution: &Convolution, filter: &[f32], is_turned: bool) -> Vec<f32> {
        let mut transformed = Fenced::unset(filter_floats(convolution));
        let blocks = convolution.out_channels.div_ceil(COLUMNS);
        for part in naive::parts(blocks.min(2)) {
            let width = filter_floats(convolution) / blocks;
            let blocks = part.of(blocks);
            let target = &mut transformed.inside_mut()[blocks.start * width..blocks.end * width];
            if is_turned {
                transform_turned_filter(convolution, blocks, filter, target);
            } else {
                transform_filter(convolution, blocks, filter, target);
            }
        }
        transformed.check().to_vec()
    }

    fn run(
        convolution: &Convolution,
        grid: &Grid,
        rows: Range<usize>,
        maps: &impl Maps,
        u: &[f32],
        target: &mut impl Target,
    ) {
        let mut workspace = Fenced::unset(convolve::workspace_floats(convolution));
        convolve(convolution, grid, rows, maps, u, target, workspace.inside_mut());
        // Workspaces are written in part; what was never written is NaN.
        workspace.check();
    }

    fn run_plain(
        convolution: &Convolution,
        maps: &impl Maps,
        u: &[f32],
        epilogue: Epilogue<'_>,
        parts: usize,
    ) -> Vec<f32> {
        let &Convolution { out_height: height, out_width: width, out_channels: channels, .. } = convolution;
        let grid = Grid::over(height, width);
        let mut y = Fenced::unset(convolution.out_floats());
        for part in naive::parts(parts) {
            let tile_rows = part.of(convolution.batch * grid.rows);
            let rows = grid.map_rows(&tile_rows, height, SIDE);
            let values = &mut y.inside_mut()[rows.start * width * channels..rows.end * width * channels];
            let mut target = PlainRows { values, first_row: rows.start, height, width, channels, epilogue };
            run(convolution, &grid, tile_rows, maps, u, &mut target);
        }
        y.check().to_vec()
    }

    fn inputs<'a>(convolution: &Convolution, values: &'a [f32]) -> PlainMaps<'a> {
        let &Convolution { in_height: height, in_width: width, in_channels: channels, .. } = convolution;
        PlainMaps { rows: Plain { values, height }, width, channels }
    }

    fn outputs<'a>(convolution: &Convolution, values: &'a [f32]) -> PlainMaps<'a> {
        let &Convolution { out_height: height, out_width: width, out_channels: channels, .. } = convolution;
        PlainMaps { rows: Plain { values, height }, width, channels }
    }

    fn run_filter_gradient(convolution: &Convolution, x: &impl Maps, dy: &impl Maps) -> Vec<f32> {
        let division = Division::of(convolution);
        let mut sums = Fenced::unset(division.tiles * filter_gradient::sums_floats(convolution));
        for index in 0..division.parts() {
            let mut workspace = Fenced::unset(filter_gradient::workspace_floats(convolution));
            let part = Part { index, count: division.parts() };
            let share = &mut sums.inside_mut()[filter_gradient::sums_of(convolution, index)];
            filter_gradient::filter_gradient(convolution, part, x, dy, share, workspace.inside_mut());
            workspace.check();
        }
        let mut filter = Fenced::unset(convolution.filter_floats());
        let quads = convolution.in_channels / 4;
        for part in naive::parts(quads.min(3)) {
            let mut workspace = Fenced::unset(filter_gradient::total_workspace_floats(convolution));
            // SAFETY: the filter is of this convolution.
            unsafe {
                let filter = filter.inside_mut().as_mut_ptr();
                filter_gradient::total(convolution, part.of(quads), sums.check(), filter, workspace.inside_mut());
            }
            workspace.check();
        }
        filter.check().to_vec()
    }

    #[test]
    fn all_three_directions_equal_their_definitions() {
        let mut numbers = Numbers::seeded(22);
        for convolution in convolutions() {
            let x = Fenced::holding(&numbers.floats(convolution.in_floats()));
            let filter = Fenced::holding(&numbers.floats(convolution.filter_floats()));
            let dy = Fenced::holding(&numbers.floats(convolution.out_floats()));
            let (x, filter, dy) = (x.inside(), filter.inside(), dy.inside());

            let u = transformed(&convolution, filter, false);
            let y = run_plain(&convolution, &inputs(&convolution, x), &u, Epilogue::none(), 1);
            assert_near(&y, &naive::conv2d(&convolution, x, filter), &("forward", convolution));

            let turned = convolution.turned();
            let u = transformed(&turned, filter, true);
            let dx = run_plain(&turned, &outputs(&convolution, dy), &u, Epilogue::none(), 1);
            assert_near(&dx, &naive::input_gradient(&convolution, filter, dy), &("input", convolution));

            let dw = run_filter_gradient(&convolution, &inputs(&convolution, x), &outputs(&convolution, dy));
            assert_near(&dw, &naive::filter_gradient(&convolution, x, dy), &("filter", convolution));
        }
    }

    #[test]
    fn the_number_of_parts_changes_nothing() {
        let mut numbers = Numbers::seeded(23);
        for convolution in convolutions() {
            let x = numbers.floats(convolution.in_floats());
            let u = transformed(&convolution, &numbers.floats(convolution.filter_floats()), false);
            let run = |parts| run_plain(&convolution, &inputs(&convolution, &x), &u, Epilogue::none(), parts);
            assert_eq!(run(1), run(3), "{convolution:?}");
        }
    }

    #[test]
    fn a_filter_gradient_of_many_tiles_and_channels_is_divided() {
        let sizes = [4, 200, 8];
        let shape = naive::convolution(sizes, [26, 30], [3, 3], [1, 1], [1, 1], Padding::Same);
        let convolution = shape.expect("it has outputs");
        let division = Division::of(&convolution);
        assert!(division.tiles > 1 && division.channels > 1, "{division:?}");
        let mut numbers = Numbers::seeded(24);
        let (x, dy) = (numbers.floats(convolution.in_floats()), numbers.floats(convolution.out_floats()));
        let dw = run_filter_gradient(&convolution, &inputs(&convolution, &x), &outputs(&convolution, &dy));
        assert_near(&dw, &naive::filter_gradient(&convolution, &x, &dy), &convolution);
    }

    #[test]
    fn bias_relu_and_pooling_follow_at_once() {
        let mut numbers = Numbers::seeded(25);
        for convolution in convolutions() {
            if convolution.out_height / 2 * (convolution.out_width / 2) > 0 {
                check_pooling::<true>(&convolution, &mut numbers);
                check_pooling::<false>(&convolution, &mut numbers);
            }
        }
    }

    fn check_pooling<const RELU: bool>(convolution: &Convolution, numbers: &mut Numbers) {
        let (height, width) = (convolution.out_height / 2, convolution.out_width / 2);
        let channels = convolution.out_channels;
        let x = numbers.floats(convolution.in_floats());
        let bias = numbers.floats(channels);
        let u = transformed(convolution, &numbers.floats(convolution.filter_floats()), false);
        let maps = inputs(convolution, &x);
        let sums = run_plain(convolution, &maps, &u, Epilogue::none(), 1);

        let following =
            |activation| run_plain(convolution, &maps, &u, Epilogue { bias: &bias, activation, ..Epilogue::none() }, 2);
        let (least, activation) = if RELU { (0.0, Activation::Relu) } else { (f32::NEG_INFINITY, Activation::Linear) };
        let y = following(activation);
        let clipped = |least, most| -> Vec<f32> {
            sums.iter().zip(bias.iter().cycle()).map(|(sum, bias)| (sum + bias).clamp(least, most)).collect()
        };
        assert_eq!(y, clipped(least, f32::MAX), "{convolution:?}");
        assert_eq!(following(Activation::Relu6), clipped(0.0, 6.0), "{convolution:?}");

        let grid = Grid::over(2 * height, 2 * width);
        let mut output = Fenced::unset(convolution.batch * height * width * channels);
        let mut places = vec![0xAA; output.inside().len() / 2];
        for part in naive::parts(2) {
            let tile_rows = part.of(convolution.batch * grid.rows);
            let rows = grid.map_rows(&tile_rows, height, 2);
            let within = rows.start * width * channels..rows.end * width * channels;
            let mut target = PooledRows::<RELU> {
                values: &mut output.inside_mut()[within.clone()],
                places: &mut places[within.start / 2..within.end / 2],
                first_row: rows.start,
                height,
                width,
                channels,
                bias: &bias,
            };
            run(convolution, &grid, tile_rows, &maps, &u, &mut target);
        }
        // Maxima of sums and bias, and of ReLU of them, are where those of sums are.
        let pooling = naive::halving(convolution);
        let maxima: Vec<usize> = naive::max_places(&pooling, &sums).into_iter().flatten().collect();
        let expected: Vec<f32> = maxima.iter().map(|&at| y[at]).collect();
        assert_eq!(output.check(), expected, "{convolution:?}");

        // Its gradients are those of the plain convolution, of the gradient where the places say.
        let gradient = numbers.floats(expected.len());
        let mut dy = vec![0.0; convolution.out_floats()];
        for (&at, &gradient) in maxima.iter().zip(&gradient) {
            dy[at] = if y[at] > least { gradient } else { 0.0 };
        }
        let unpooled = Unpooled { gradient: &gradient, places: &places, height, width, channels };
        let turned = convolution.turned();
        let u = transformed(&turned, &numbers.floats(convolution.filter_floats()), true);
        let dx = match [turned.pad_top % 2, turned.pad_left % 2] {
            [0, 0] => run_plain(&turned, &unpooled, &u, Epilogue::none(), 1),
            [1, 1] => run_plain(&turned, &CutUnpooled(unpooled), &u, Epilogue::none(), 1),
            _ => return,
        };
        assert_eq!(dx, run_plain(&turned, &outputs(convolution, &dy), &u, Epilogue::none(), 1), "{convolution:?}");
        let dw = run_filter_gradient(convolution, &maps, &unpooled);
        // Three of four numbers of dy are 0: that makes the sums smaller, and not the roundings.
        assert_within_roundings(256.0, &dw, &naive::filter_gradient(convolution, &x, &dy), convolution);
    }

    #[test]
    fn what_is_not_finite_stays_in_its_image() {
        let shape = naive::convolution([3, 4, 4], [9, 9], [3, 3], [1, 1], [1, 1], Padding::Valid);
        let convolution = shape.expect("it has outputs");
        let mut numbers = Numbers::seeded(26);
        let mut x = numbers.floats(convolution.in_floats());
        x[convolution.in_floats() / 2] = f32::NAN;
        let u = transformed(&convolution, &numbers.floats(convolution.filter_floats()), false);
        let y = run_plain(&convolution, &inputs(&convolution, &x), &u, Epilogue::none(), 1);
        for (image, y) in y.chunks_exact(convolution.out_floats() / 3).enumerate() {
            assert_eq!(y.iter().any(|value| value.is_nan()), image == 1, "image {image}");
        }
    }

    #[test]
    fn convolutions_of_another_kind_and_few_pixels_do_not_fit() {
        let of = |sizes, image, filter, stride, dilation| {
            let shape = naive::convolution(sizes, image, filter, stride, dilation, Padding::Same);
            fits(&shape.expect("it has outputs"))
        };
        assert!(of([4, 4, 8], [6, 6], [3, 3], [1, 1], [1, 1]));
        for (sizes, image, filter, stride, dilation) in [
            ([4, 3, 8], [6, 6], [3, 3], [1, 1], [1, 1]),
            ([4, 4, 6], [6, 6], [3, 3], [1, 1], [1, 1]),
            ([4, 4, 8], [6, 6], [1, 3], [1, 1], [1, 1]),
            ([4, 4, 8], [6, 6], [3, 5], [1, 1], [1, 1]),
            ([4, 4, 8], [6, 6], [3, 3], [1, 2], [1, 1]),
            ([4, 4, 8], [6, 6], [3, 3], [1, 1], [2, 1]),
            ([9, 4, 8], [5, 5], [3, 3], [1, 1], [1, 1]),
            ([1, 4, 8], [6, 6], [3, 3], [1, 1], [1, 1]),
        ] {
            assert!(
                !of(sizes, image, filter, stride, dilation),
                "{sizes:?} {image:?} {filter:?} {stride:?} {dilation:?}"
            );
        }
    }
}
