//! [`conv_pool`](super::conv_pool) as networks begin with it: a filter of 3x3 on pictures of one channel, too few
//! products for the [`tile`](crate::simd::tile). Each row of windows goes the fastest way that its pixels allow:
//!
//! ```text
//! 0 and 1 alone      look-up                    (binary)
//! any others         products in registers      (gray)
//! ```
//!
//! Both give the same bytes. The way depends on values alone.

use core::ops::Range;

use super::binary::{self, CODES, Codes, ROWS_SEEN, SIDE, TAPS};
use super::{Filter, gray};
use crate::convolution::Convolution;
use crate::convolution::gradient_rows::Unpooled;
use crate::simd::tile::COLUMNS;
use crate::simd::window::are_bounded;

/// Rows of windows that a part of the gradient has at least, and parts at most: each clears and adds up [`CODES`]
/// buckets.
const LEAST_ROWS: usize = 16;
const MOST_PARTS: usize = 16;

/// Whether a convolution that is neither padded, strided nor dilated is one of these.
pub const fn fits(convolution: &Convolution) -> bool {
    convolution.in_channels == 1
        && convolution.filter_height == SIDE
        && convolution.filter_width == SIDE
        && convolution.out_channels.is_multiple_of(4)
}

/// Numbers of what [`pack_filter`] writes.
pub const fn panels_floats(convolution: &Convolution) -> usize {
    (TAPS + CODES) * convolution.out_channels
}

/// Writes the filter, and the table of [`binary`], to `panels`.
pub fn pack_filter(convolution: &Convolution, filter: &[f32], bias: &[f32], panels: &mut [f32]) {
    assert!(fits(convolution) && bias.len() == convolution.out_channels);
    let (taps, table) = panels.split_at_mut(TAPS * bias.len());
    taps.copy_from_slice(filter);
    binary::write_table(filter, bias, table);
}

/// Words of workspace, of [`conv_pool`] and of [`filter_gradient`].
pub const fn workspace_words(convolution: &Convolution) -> usize {
    binary::code_words(convolution.out_width / 2)
}

/// Writes rows `rows` of the pooled output, and their places, as [`conv_pool`](super::conv_pool) does.
///
/// # Panics
/// If the convolution does not [fit](fits), or a slice's length.
pub fn conv_pool(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    filter: Filter<'_>,
    output: &mut [f32],
    places: &mut [u8],
    workspace: &mut [u32],
) {
    if filter.relu {
        pool_rows::<true>(convolution, rows, x, filter, output, places, workspace);
    } else {
        pool_rows::<false>(convolution, rows, x, filter, output, places, workspace);
    }
}

fn pool_rows<const RELU: bool>(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    Filter { panels, bias, .. }: Filter<'_>,
    output: &mut [f32],
    places: &mut [u8],
    workspace: &mut [u32],
) {
    let width = convolution.out_width / 2;
    let channels = convolution.out_channels;
    let row_floats = width * channels;
    assert!(fits(convolution) && panels.len() == panels_floats(convolution) && bias.len() == channels);
    assert!(output.len() == rows.len() * row_floats && places.len() * 2 == output.len());
    if output.is_empty() {
        return;
    }

    let (filter, table) = panels.split_at(TAPS * channels);
    let is_filter_bounded = are_bounded(filter) && are_bounded(bias);
    let pooled = output.chunks_exact_mut(row_floats).zip(places.chunks_exact_mut(row_floats / 2));
    for (row, (output, places)) in rows.zip(pooled) {
        let seen = seen(convolution, x, row);
        if !is_filter_bounded {
            gray::pool_row::<false, RELU>(seen, filter, bias, output, places);
        } else if let Some(codes) = Codes::of(seen, width, channels, workspace) {
            binary::pool_row::<RELU>(&codes, table, output, places);
        } else if seen.iter().all(|row| are_bounded(row)) {
            gray::pool_row::<true, RELU>(seen, filter, bias, output, places);
        } else {
            gray::pool_row::<false, RELU>(seen, filter, bias, output, places);
        }
    }
}

/// How many parts the rows of windows are divided into for [`filter_gradient`].
pub fn gradient_parts(convolution: &Convolution) -> usize {
    (convolution.batch * (convolution.out_height / 2)).div_ceil(LEAST_ROWS).clamp(1, MOST_PARTS)
}

/// Numbers of the buckets of [`filter_gradient`].
pub const fn buckets_floats(convolution: &Convolution) -> usize {
    CODES * convolution.out_channels
}

/// Writes what the rows `rows` of windows, counted across all images, have of the filter's gradient to `sums`, as
/// [`filter_gradient`](crate::convolution::filter_gradient::filter_gradient) does: `[TAPS][out_channels, padded]`.
///
/// # Panics
/// If the convolution does not [fit](fits), or a slice's length.
pub fn filter_gradient(
    convolution: &Convolution,
    rows: Range<usize>,
    x: &[f32],
    dy: &Unpooled<'_>,
    sums: &mut [f32],
    workspace: &mut [u32],
    buckets: &mut [f32],
) {
    let &Unpooled { gradient, places, width, channels, .. } = dy;
    let pitch = channels.next_multiple_of(COLUMNS);
    let row_floats = width * channels;
    assert!(fits(convolution) && sums.len() == TAPS * pitch && channels == convolution.out_channels);
    sums.fill(0.0);
    if row_floats == 0 {
        return;
    }

    buckets.fill(0.0);
    for row in rows {
        let seen = seen(convolution, x, row);
        let gradient = &gradient[row * row_floats..][..row_floats];
        let places = &places[row * row_floats / 2..][..row_floats / 2];
        if let Some(codes) = Codes::of(seen, width, channels, workspace) {
            binary::add_to_buckets(&codes, gradient, places, buckets);
        } else {
            gray::add_row(seen, gradient, places, channels, sums, pitch);
        }
    }
    binary::add_buckets(buckets, channels, sums, pitch);
}

/// The rows of the input that row `row` of windows sees, counted across all images.
fn seen<'a>(convolution: &Convolution, x: &'a [f32], row: usize) -> [&'a [f32]; ROWS_SEEN] {
    let &Convolution { in_height, in_width, out_height, out_width, .. } = convolution;
    let (image, y) = (row / (out_height / 2), row % (out_height / 2));
    let first = (image * in_height + 2 * y) * in_width;
    // What is seen of no window is not looked at.
    core::array::from_fn(|i| &x[first + i * in_width..][..out_width / 2 * 2 + SIDE - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conv_pool::direct;
    use crate::convolution::filter_gradient as direct_gradient;
    use crate::naive::{self, Fenced, Numbers, Padding, Sum};
    use crate::parts::parts_of;

    /// Channels in one vector and in several, in one block, beside one, and in several; outputs with and without a last
    /// odd row and column, from one window on.
    fn convolutions() -> Vec<Convolution> {
        let mut all = Vec::new();
        for out_channels in [4, 12, 32, 36] {
            for outputs in [[2, 2], [3, 2], [2, 3], [5, 7], [8, 9], [11, 20], [47, 18]] {
                let sizes = [1 + outputs[1] % 3, 1, out_channels];
                all.extend(naive::convolution(
                    sizes,
                    outputs.map(|size| size + 2),
                    [3, 3],
                    [1, 1],
                    [1, 1],
                    Padding::Valid,
                ));
            }
        }
        all
    }

    /// Pictures that take one way, the other, and both.
    fn pictures(convolution: &Convolution, numbers: &mut Numbers) -> [(&'static str, Vec<f32>); 4] {
        let count = convolution.in_floats();
        let noise: Vec<f32> = (0..count).map(|_| numbers.below(2) as f32).collect();
        // Areas larger than windows.
        let areas =
            (0..count).map(|index| f32::from(index / 13 % 2 == index / (7 * convolution.in_width) % 2)).collect();
        let gray = numbers.whole(count, 2);
        let mut mixed = noise.clone();
        mixed[count / 2..].copy_from_slice(&gray[count / 2..]);
        [("noise", noise), ("areas", areas), ("gray", gray), ("mixed", mixed)]
    }

    fn run(convolution: &Convolution, x: &[f32], filter: &[f32], bias: &[f32], relu: bool) -> (Vec<f32>, Vec<u8>) {
        let (x, filter, bias) = (Fenced::holding(x), Fenced::holding(filter), Fenced::holding(bias));
        let mut output = Fenced::unset(naive::halving(convolution).out_floats());
        let mut places = vec![0xAA; output.inside().len() / 2];
        let mut panels = Fenced::unset(panels_floats(convolution));
        pack_filter(convolution, filter.inside(), bias.inside(), panels.inside_mut());
        let rows = convolution.batch * (convolution.out_height / 2);
        let row = convolution.out_width / 2 * convolution.out_channels;
        for part in naive::parts(parts_of(rows)) {
            let rows = part.of(rows);
            let within = rows.start * row..rows.end * row;
            conv_pool(
                convolution,
                rows,
                x.inside(),
                Filter { panels: panels.check(), bias: bias.inside(), relu },
                &mut output.inside_mut()[within.clone()],
                &mut places[within.start / 2..within.end / 2],
                &mut vec![0xAAAA_AAAA; workspace_words(convolution)],
            );
        }
        (output.check().to_vec(), places)
    }

    fn run_direct(
        convolution: &Convolution,
        x: &[f32],
        filter: &[f32],
        bias: &[f32],
        relu: bool,
    ) -> (Vec<f32>, Vec<u8>) {
        let mut panels = vec![f32::NAN; direct::panels_floats(convolution)];
        direct::pack_filter(convolution, filter, &mut panels);
        let mut output = vec![f32::NAN; naive::halving(convolution).out_floats()];
        let mut places = vec![0xAA; output.len() / 2];
        direct::conv_pool(
            convolution,
            0..convolution.batch * (convolution.out_height / 2),
            x,
            Filter { panels: &panels, bias, relu },
            &mut output,
            &mut places,
            &mut vec![f32::NAN; direct::workspace_floats(convolution)],
        );
        (output, places)
    }

    fn unpooled<'a>(convolution: &Convolution, gradient: &'a [f32], places: &'a [u8]) -> Unpooled<'a> {
        Unpooled {
            gradient,
            places,
            height: convolution.out_height / 2,
            width: convolution.out_width / 2,
            channels: convolution.out_channels,
        }
    }

    fn run_gradient(convolution: &Convolution, x: &[f32], gradient: &[f32], places: &[u8]) -> Vec<f32> {
        let (x, gradient) = (Fenced::holding(x), Fenced::holding(gradient));
        let width = direct_gradient::sums_floats(convolution);
        let count = gradient_parts(convolution);
        let mut all = vec![f32::NAN; count * width];
        for (part, target) in naive::parts(count).zip(all.chunks_exact_mut(width)) {
            let mut sums = Fenced::unset(width);
            let mut buckets = Fenced::unset(buckets_floats(convolution));
            filter_gradient(
                convolution,
                part.of(convolution.batch * (convolution.out_height / 2)),
                x.inside(),
                &unpooled(convolution, gradient.inside(), places),
                sums.inside_mut(),
                &mut vec![0xAAAA_AAAA; workspace_words(convolution)],
                buckets.inside_mut(),
            );
            buckets.check();
            target.copy_from_slice(sums.check());
        }
        let mut filter = vec![f32::NAN; convolution.filter_floats()];
        direct_gradient::add_parts(convolution, 0..TAPS, &all, &mut filter);
        filter
    }

    /// Channels with one tap, of which the next channel has the next one, and without bias.
    fn one_tap_each(convolution: &Convolution) -> (Vec<f32>, Vec<f32>) {
        let channels = convolution.out_channels;
        let is_own = |index: usize| index % channels % TAPS == index / channels;
        ((0..TAPS * channels).map(|index| f32::from(is_own(index))).collect(), vec![0.0; channels])
    }

    #[test]
    fn equals_the_direct_kernel_and_the_operations_one_after_the_other_on_whole_numbers() {
        let mut numbers = Numbers::seeded(31);
        for (convolution, relu) in convolutions().into_iter().flat_map(|each| [(each, true), (each, false)]) {
            for (kind, x) in pictures(&convolution, &mut numbers) {
                let what = (kind, relu, convolution);
                let filter = numbers.whole(convolution.filter_floats(), 2);
                let bias = numbers.whole(convolution.out_channels, 3);
                // All is exact, and many maxima are equal.
                let (output, places) = run(&convolution, &x, &filter, &bias, relu);
                let (direct_output, direct_places) = run_direct(&convolution, &x, &filter, &bias, relu);
                assert_eq!(output, direct_output, "{what:?}");
                assert_eq!(places, direct_places, "{what:?}");

                let sums = naive::conv2d(&convolution, &x, &filter);
                let biases = bias.iter().cycle();
                let least = if relu { 0.0 } else { f32::NEG_INFINITY };
                let map: Vec<f32> =
                    sums.iter().zip(biases).map(|(sum, bias)| (sum.value as f32 + bias).max(least)).collect();
                let maxima: Vec<usize> =
                    naive::max_places(&naive::halving(&convolution), &map).into_iter().flatten().collect();
                let expected: Vec<f32> = maxima.iter().map(|&at| map[at]).collect();
                assert_eq!(output, expected, "{what:?}");

                let gradient = numbers.floats(output.len());
                let mut dy = vec![0.0; convolution.out_floats()];
                for (&at, &gradient) in maxima.iter().zip(&gradient) {
                    dy[at] = if map[at] > least { gradient } else { 0.0 };
                }
                let actual = run_gradient(&convolution, &x, &gradient, &places);
                naive::assert_near(&actual, &naive::filter_gradient(&convolution, &x, &dy), &what);
            }
        }
    }

    #[test]
    fn looking_up_gives_the_bytes_of_the_products_and_they_are_the_maxima_of_the_sums() {
        let mut numbers = Numbers::seeded(32);
        for convolution in convolutions() {
            let filter = numbers.floats(convolution.filter_floats());
            let bias = numbers.floats(convolution.out_channels);
            for (kind, x) in pictures(&convolution, &mut numbers) {
                let what = (kind, convolution);
                let (output, places) = run(&convolution, &x, &filter, &bias, true);
                let row = convolution.out_width / 2 * bias.len();
                let mut products = [vec![f32::NAN; row], vec![f32::NAN; row]];
                let mut product_places = [vec![0xAA; row / 2], vec![0xAA; row / 2]];
                let pooled = output.chunks_exact(row).zip(places.chunks_exact(row / 2));
                for (row, (output, places)) in pooled.enumerate() {
                    let seen = seen(&convolution, &x, row);
                    let [bounded, any] = &mut products;
                    let [at_bounded, at_any] = &mut product_places;
                    gray::pool_row::<true, true>(seen, &filter, &bias, bounded, at_bounded);
                    gray::pool_row::<false, true>(seen, &filter, &bias, any, at_any);
                    let are_same = bounded.iter().zip(output).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(are_same && bounded == any, "row {row}: {what:?}");
                    assert!(at_bounded == places && at_any == places, "places of row {row}: {what:?}");
                }

                let sums = naive::conv2d(&convolution, &x, &filter);
                let windows = naive::windows(&naive::halving(&convolution));
                for (index, window) in windows.iter().enumerate() {
                    let bias = f64::from(bias[index % bias.len()]);
                    let most = window.iter().fold(Sum { terms: TAPS + 1, ..Sum::default() }, |most, &at| Sum {
                        value: most.value.max(sums[at].value + bias),
                        magnitude: most.magnitude.max(sums[at].magnitude + bias.abs()),
                        ..most
                    });
                    naive::assert_near(&output[index..=index], &[most], &(index, what));
                }
            }
        }
    }

    #[test]
    fn a_nan_or_infinity_in_the_filter_the_bias_or_the_picture_goes_where_the_direct_kernel_has_it() {
        let mut numbers = Numbers::seeded(33);
        for convolution in convolutions() {
            for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
                for (_, mut x) in pictures(&convolution, &mut numbers) {
                    let mut filter = numbers.floats(convolution.filter_floats());
                    let mut bias = numbers.floats(convolution.out_channels);
                    for which in 0..3 {
                        let target = [&mut filter, &mut bias, &mut x][which].as_mut_slice();
                        let at = numbers.below(target.len());
                        let before = core::mem::replace(&mut target[at], odd);
                        let (actual, _) = run(&convolution, &x, &filter, &bias, true);
                        let (expected, _) = run_direct(&convolution, &x, &filter, &bias, true);
                        for (index, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
                            let is_near = (actual - expected).abs() <= 1e-5 * expected.abs().max(1.0);
                            let is_same = actual == expected || actual.is_nan() && expected.is_nan();
                            assert!(
                                is_near || is_same,
                                "{index}: {actual}, not {expected}: {odd} {which} {convolution:?}"
                            );
                        }
                        [&mut filter, &mut bias, &mut x][which][at] = before;
                    }
                }
            }
        }
    }

    #[test]
    fn a_gradient_that_is_no_number_makes_all_taps_of_its_channel_nan_and_no_other() {
        let mut numbers = Numbers::seeded(34);
        for convolution in convolutions() {
            for (kind, x) in pictures(&convolution, &mut numbers) {
                let count = naive::halving(&convolution).out_floats();
                let mut gradient = numbers.floats(count);
                let at = numbers.below(count);
                gradient[at] = f32::NAN;
                let filter = run_gradient(&convolution, &x, &gradient, &vec![0x84; count / 2]);
                for (index, value) in filter.iter().enumerate() {
                    let is_its_own = index % convolution.out_channels == at % convolution.out_channels;
                    assert_eq!(value.is_nan(), is_its_own, "{index} of {at}: {kind} {convolution:?}");
                }
            }
        }
    }

    #[test]
    fn every_tap_sees_its_own_pixel() {
        let shape = naive::convolution([1, 1, 12], [4, 6], [3, 3], [1, 1], [1, 1], Padding::Valid);
        let convolution = shape.expect("it has outputs");
        let (filter, bias) = one_tap_each(&convolution);
        for pixel in 0..convolution.in_floats() {
            let mut x = vec![0.0; convolution.in_floats()];
            for value in [1.0, 0.5] {
                x[pixel] = value;
                let (output, places) = run(&convolution, &x, &filter, &bias, true);
                let (expected, expected_places) = run_direct(&convolution, &x, &filter, &bias, true);
                assert_eq!((output, places), (expected, expected_places), "pixel {pixel} of {value}");
            }
        }
    }

    #[test]
    fn the_parts_of_a_gradient_are_few_enough_for_their_buckets() {
        for (batch, height, count) in [(0, 8, 1), (1, 4, 1), (1, 36, 2), (1, 300, 10), (8, 300, 16), (64, 300, 16)] {
            let shape = naive::convolution([batch, 1, 4], [height, 9], [3, 3], [1, 1], [1, 1], Padding::Valid);
            let convolution = shape.expect("it has outputs");
            assert_eq!(gradient_parts(&convolution), count, "{batch} x {height}");
        }
    }
}
