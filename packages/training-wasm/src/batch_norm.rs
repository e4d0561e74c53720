//! Batch normalization in training (Ioffe and Szegedy 2015) of `[rows, channels]`, every channel by its own mean and
//! variance over all rows.
//!
//! ```text
//! y  = scale * x̂ + offset,  x̂ = (x - mean) * r,  r = 1 / √(variance + epsilon)
//! dx = scale * r * (dy - Σdy / rows - x̂ * Σ(dy x̂) / rows),  d scale = Σ(dy x̂),  d offset = Σdy
//! ```

use crate::parts::Part;
use crate::row_sums::total;
use crate::simd::lanes::{F32x4, square_root};
use crate::simd::streams::{Place, blocks, load, sum_block, write_rows};

/// The parameters of every channel.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    /// Means over the rows.
    pub mean: &'a [f32],
    /// Variances over the rows, that is, the means of the squared distances from the mean.
    pub variance: &'a [f32],
    /// Factors.
    pub scale: &'a [f32],
    /// Terms.
    pub offset: &'a [f32],
    /// Keeps the root away from 0.
    pub epsilon: f32,
}

/// Numbers of workspace for [`statistics`] and [`gradient_sums`].
pub const fn workspace_floats(channels: usize) -> usize {
    3 * channels
}

/// Writes the mean of `x`, `[rows, channels]`, and the sum of the squared distances from it, `[2][channels]`: see
/// [`Moments`].
pub fn statistics(x: &[f32], moments: &mut [f64], workspace: &mut [f32]) {
    let channels = moments.len() / 2;
    let rows = x.len() / channels;
    let (shifts, sums) = workspace[..workspace_floats(channels)].split_at_mut(channels);
    let mut all = Moments::none(moments);
    for block in blocks(rows) {
        let x_at = |place: Place| {
            // SAFETY: a place is within the rows.
            unsafe { load(x.as_ptr().wrapping_add(place.index), place.lanes) }
        };
        if all.rows == 0 {
            sum_block(&block, channels, sums, |place| [x_at(place), F32x4::splat(0.0)]);
            for (shift, sum) in shifts.iter_mut().zip(&*sums) {
                *shift = sum / block.rows() as f32;
            }
        }
        let shifts_at = shifts.as_ptr();
        sum_block(&block, channels, sums, |place| {
            // SAFETY: a place's channels have shifts.
            let distance = x_at(place) - unsafe { load(shifts_at.wrapping_add(place.channel), place.lanes) };
            [distance, distance * distance]
        });
        all.add(block.rows(), |channel| {
            let (sum, squares) = (f64::from(sums[channel]), f64::from(sums[channels + channel]));
            let distance = sum / block.rows() as f64;
            let within = squares - distance * sum;
            // Below 0 by rounding alone. Written so that NaN stays.
            (f64::from(shifts[channel]) + distance, if within < 0.0 { 0.0 } else { within })
        });
        for (shift, mean) in shifts.iter_mut().zip(&*all.mean) {
            *shift = *mean as f32;
        }
    }
}

/// Means and variances of all rows, of the [`statistics`] of all parts, `[parts][2][channels]`. The moments are
/// overwritten.
pub fn total_statistics(rows: usize, moments: &mut [f64], mean: &mut [f32], variance: &mut [f32]) {
    let channels = mean.len();
    let count = moments.len() / (2 * channels);
    let (first, others) = moments.split_at_mut(2 * channels);
    let rows_of = |index| Part { index, count }.of(rows).len();
    let mut all = Moments::none(first);
    all.rows = rows_of(0);
    for (index, other) in others.chunks_exact(2 * channels).enumerate() {
        all.add(rows_of(index + 1), |channel| (other[channel], other[channels + channel]));
    }
    for channel in 0..channels {
        mean[channel] = all.mean[channel] as f32;
        variance[channel] = (all.squares[channel] / rows as f64) as f32;
    }
}

/// Mean and sum of the squared distances from it, of each channel of the rows so far.
///
/// Rows that are added have been summed as distances from the mean of those before, x - s. That is as good as distances
/// from their own mean: Σ(x - s)² is larger by n (s - their mean)², and at least half of that counts in the sum of all,
/// as long as those before are not fewer. Two sums of squares make one by T. Chan, G. Golub and R. LeVeque, "Algorithms
/// for Computing the Sample Variance" (1983), 2.1:
///
/// ```text
/// δ = mean₂ - mean₁,  mean = mean₁ + δ n₂ / n,  squares = squares₁ + squares₂ + δ² n₁ n₂ / n
/// ```
struct Moments<'a> {
    rows: usize,
    mean: &'a mut [f64],
    squares: &'a mut [f64],
}

impl<'a> Moments<'a> {
    /// Moments of no rows. The content of `[2][channels]` is kept.
    fn none(moments: &'a mut [f64]) -> Self {
        let (mean, squares) = moments.split_at_mut(moments.len() / 2);
        Self { rows: 0, mean, squares }
    }

    /// Adds as many rows with the mean and squares that `of` gives of a channel.
    fn add(&mut self, rows: usize, of: impl Fn(usize) -> (f64, f64)) {
        if self.rows == 0 {
            for channel in 0..self.mean.len() {
                (self.mean[channel], self.squares[channel]) = of(channel);
            }
        } else {
            let share = rows as f64 / (self.rows + rows) as f64;
            let weight = self.rows as f64 * share;
            for channel in 0..self.mean.len() {
                let (mean, squares) = of(channel);
                let distance = mean - self.mean[channel];
                self.mean[channel] += distance * share;
                self.squares[channel] += squares + distance * distance * weight;
            }
        }
        self.rows += rows;
    }
}

/// Writes `y`, the normalized `x`, both of the same rows. `factors` has one number per channel.
pub fn normalize(x: &[f32], channels: Channels<'_>, y: &mut [f32], factors: &mut [f32]) {
    let Channels { mean, variance, scale, offset, epsilon } = channels;
    let count = mean.len();
    assert!(factors.len() == count && offset.len() == count && x.len() == y.len());
    for ((factor, scale), variance) in factors.iter_mut().zip(scale).zip(variance) {
        *factor = scale * reciprocal_root(variance + epsilon);
    }
    let factors = factors.as_ptr();
    write_rows(count, y, |Place { index, channel, lanes }| {
        // SAFETY: a place is within the rows, its channels within the parameters, whose lengths were compared.
        unsafe {
            let distance = load(x.as_ptr().add(index), lanes) - load(mean.as_ptr().add(channel), lanes);
            distance * load(factors.add(channel), lanes) + load(offset.as_ptr().add(channel), lanes)
        }
    });
}

/// Writes Σdy and Σ dy (x - mean) over the rows of `x` and `dy`, `[2][channels]`.
pub fn gradient_sums(x: &[f32], dy: &[f32], mean: &[f32], sums: &mut [f64], workspace: &mut [f32]) {
    let channels = mean.len();
    assert!(x.len() == dy.len() && sums.len() == 2 * channels);
    let partial = &mut workspace[..2 * channels];
    sums.fill(0.0);
    for block in blocks(x.len() / channels) {
        sum_block(&block, channels, partial, |Place { index, channel, lanes }| {
            // SAFETY: a place is within the rows, of which `x` and `dy` have as many, its channels within the mean.
            unsafe {
                let distance = load(x.as_ptr().add(index), lanes) - load(mean.as_ptr().add(channel), lanes);
                let dy = load(dy.as_ptr().add(index), lanes);
                [dy, dy * distance]
            }
        });
        for (sum, partial) in sums.iter_mut().zip(&*partial) {
            *sum += f64::from(*partial);
        }
    }
}

/// Writes the gradients of scale and offset, and what [`input_gradient`] needs of each channel, from the
/// [`gradient_sums`] of all parts, `[parts][2][channels]`, of `rows` rows: `coefficients` is `[3][channels]`.
pub fn coefficients(
    rows: usize,
    sums: &[f64],
    channels: Channels<'_>,
    coefficients: &mut [f32],
    d_scale: &mut [f32],
    d_offset: &mut [f32],
) {
    let Channels { variance, scale, epsilon, .. } = channels;
    let count = scale.len();
    let rows = rows as f64;
    let (factors, rest) = coefficients.split_at_mut(count);
    let (slopes, constants) = rest.split_at_mut(count);
    for channel in 0..count {
        let (of_dy, of_products) = (total(sums, 2 * count, channel), total(sums, 2 * count, count + channel));
        let root = reciprocal_root(variance[channel] + epsilon);
        let factor = scale[channel] * root;
        d_offset[channel] = of_dy as f32;
        d_scale[channel] = (of_products * f64::from(root)) as f32;
        factors[channel] = factor;
        slopes[channel] = (-f64::from(factor * root) * f64::from(root) * of_products / rows) as f32;
        constants[channel] = (-f64::from(factor) * of_dy / rows) as f32;
    }
}

/// Writes the gradient of the input, of the rows that `x` and `dy` have, by the [`coefficients`].
pub fn input_gradient(x: &[f32], dy: &[f32], mean: &[f32], coefficients: &[f32], dx: &mut [f32]) {
    let count = mean.len();
    assert!(x.len() == dy.len() && x.len() == dx.len() && coefficients.len() == 3 * count);
    let (factors, rest) = coefficients.split_at(count);
    let (slopes, constants) = rest.split_at(count);
    write_rows(count, dx, |Place { index, channel, lanes }| {
        // SAFETY: a place is within the rows, its channels within the parameters: the lengths were compared.
        unsafe {
            let distance = load(x.as_ptr().add(index), lanes) - load(mean.as_ptr().add(channel), lanes);
            let own = load(factors.as_ptr().add(channel), lanes) * load(dy.as_ptr().add(index), lanes);
            let sloped = own.plus_product(load(slopes.as_ptr().add(channel), lanes), distance);
            sloped + load(constants.as_ptr().add(channel), lanes)
        }
    });
}

fn reciprocal_root(value: f32) -> f32 {
    1.0 / square_root(value)
}

#[cfg(test)]
mod tests {
    use core::ops::Range;

    use super::*;
    use crate::naive::{Fenced, Numbers, assert_within};
    use crate::row_sums::parts;

    /// Roundings of a sum: those within a block of 256 rows, and a few of its terms and of what is made of it.
    const SUM_ERROR: f64 = (256 + 16) as f64 * f32::EPSILON as f64;

    /// Rows below, at and above a block; channels below, at and above vectors.
    fn shapes() -> impl Iterator<Item = (usize, usize)> {
        [1, 2, 3, 255, 256, 257, 1000].into_iter().flat_map(|rows| [1, 3, 4, 8, 33].map(|channels| (rows, channels)))
    }

    /// The results of all parts of the rows, one after the other.
    fn in_parts(rows: usize, width: usize, mut run: impl FnMut(Range<usize>, &mut [f64])) -> Vec<f64> {
        let count = parts(rows);
        let mut all = vec![f64::NAN; count * width];
        for (index, sums) in all.chunks_exact_mut(width).enumerate() {
            run(Part { index, count }.of(rows), sums);
        }
        all
    }

    fn statistics(x: &[f32], mean: &mut [f32], variance: &mut [f32]) {
        let channels = mean.len();
        let rows = x.len() / channels;
        let mut workspace = vec![f32::NAN; workspace_floats(channels)];
        let mut all = in_parts(rows, 2 * channels, |range, part| {
            super::statistics(&x[range.start * channels..range.end * channels], part, &mut workspace);
        });
        total_statistics(rows, &mut all, mean, variance);
    }

    /// Channel `channel` of `[rows, channels]`.
    fn column(x: &[f32], channels: usize, channel: usize) -> Vec<f64> {
        x.iter().skip(channel).step_by(channels).map(|&x| f64::from(x)).collect()
    }

    fn mean_of(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn magnitude(values: &[f64]) -> f64 {
        mean_of(&values.iter().map(|value| value.abs()).collect::<Vec<_>>())
    }

    /// Numbers, from whose middle the channels are up to 100 times their spread away.
    fn spread_out(numbers: &mut Numbers, rows: usize, channels: usize) -> Vec<f32> {
        let mut x = numbers.floats(rows * channels);
        for (index, x) in x.iter_mut().enumerate() {
            *x += [0.0, -3.0, 100.0][index % channels % 3];
        }
        x
    }

    #[test]
    fn mean_and_variance_are_those_of_each_channel() {
        let mut numbers = Numbers::seeded(8);
        for (rows, channels) in shapes() {
            let x = Fenced::holding(&spread_out(&mut numbers, rows, channels));
            let (mut mean, mut variance) = (Fenced::unset(channels), Fenced::unset(channels));
            statistics(x.inside(), mean.inside_mut(), variance.inside_mut());
            for channel in 0..channels {
                let column = column(x.inside(), channels, channel);
                let exact_mean = mean_of(&column);
                let mean_error = SUM_ERROR * magnitude(&column);
                assert_within(mean.check()[channel], exact_mean, mean_error, channel, &(rows, channels));
                let squares: Vec<f64> = column.iter().map(|x| (x - exact_mean) * (x - exact_mean)).collect();
                // The squares' distances are from the rounded mean, which adds the square of its error.
                let bound = SUM_ERROR * mean_of(&squares) + mean_error * mean_error;
                assert_within(variance.check()[channel], mean_of(&squares), bound, channel, &(rows, channels));
            }
        }
    }

    #[test]
    fn a_long_sum_keeps_its_digits() {
        let x = vec![0.1; 300_000];
        let (mut mean, mut variance) = ([f32::NAN], [f32::NAN]);
        statistics(&x, &mut mean, &mut variance);
        let mean_error = SUM_ERROR * 0.1;
        assert_within(mean[0], f64::from(0.1_f32), mean_error, 0, &"mean");
        assert_within(variance[0], 0.0, mean_error * mean_error, 0, &"variance");
    }

    #[test]
    fn rows_may_come_in_any_order_of_size() {
        // Levels that change within a block, from part to part, and in the first rows alone.
        for (rows, level) in [(700, 1), (700, 90), (9000, 1000), (9000, 9000), (300, 299)] {
            let x: Vec<f32> = (0..rows).map(|row| if row / level % 2 == 0 { 0.1 } else { 1000.3 }).collect();
            let (mut mean, mut variance) = ([f32::NAN], [f32::NAN]);
            statistics(&x, &mut mean, &mut variance);
            let x = column(&x, 1, 0);
            let exact = mean_of(&x);
            let squares: Vec<f64> = x.iter().map(|x| (x - exact) * (x - exact)).collect();
            assert_within(mean[0], exact, SUM_ERROR * exact, 0, &(rows, level));
            assert_within(variance[0], mean_of(&squares), SUM_ERROR * mean_of(&squares), 0, &(rows, level));
        }
    }

    #[test]
    fn a_number_that_is_not_finite_shows_in_the_statistics_of_its_channel() {
        for row in [0, 1, 255, 256, 999] {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = vec![0.5; 3 * 1000];
                x[3 * row + 1] = bad;
                let (mut mean, mut variance) = ([0.0; 3], [0.0; 3]);
                statistics(&x, &mut mean, &mut variance);
                assert!(!mean[1].is_finite() && variance[1].is_nan(), "{bad} in row {row}");
                assert!([mean[0], mean[2], variance[0], variance[2]] == [0.5, 0.5, 0.0, 0.0]);
            }
        }
    }

    #[test]
    fn normalizing_equals_its_definition() {
        let mut numbers = Numbers::seeded(9);
        let epsilon = 1e-3_f32;
        for (rows, channels) in shapes() {
            let x = Fenced::holding(&spread_out(&mut numbers, rows, channels));
            let [mean, scale, offset] = [0; 3].map(|_| numbers.floats(channels));
            let variance: Vec<f32> = numbers.floats(channels).iter().map(|value| value.abs()).collect();
            let parameters = Channels { mean: &mean, variance: &variance, scale: &scale, offset: &offset, epsilon };
            let mut y = Fenced::unset(rows * channels);
            let mut factors = Fenced::unset(channels);
            normalize(x.inside(), parameters, y.inside_mut(), factors.inside_mut());
            factors.check();
            for (index, (&y, &x)) in y.check().iter().zip(x.inside()).enumerate() {
                let channel = index % channels;
                let [mean, variance, scale, offset, epsilon] =
                    [mean[channel], variance[channel], scale[channel], offset[channel], epsilon].map(f64::from);
                let term = scale * (f64::from(x) - mean) / (variance + epsilon).sqrt();
                // Eight operations.
                let bound = 4.0 * f64::from(f32::EPSILON) * (term.abs() + offset.abs());
                assert_within(y, term + offset, bound, index, &(rows, channels));
            }
        }
    }

    #[test]
    fn the_gradients_equal_their_definition() {
        let mut numbers = Numbers::seeded(10);
        let epsilon = 1e-3_f32;
        for (rows, channels) in shapes() {
            let x = Fenced::holding(&spread_out(&mut numbers, rows, channels));
            let dy = Fenced::holding(&spread_out(&mut numbers, rows, channels));
            let scale = numbers.floats(channels);
            let (mut mean, mut variance) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
            statistics(x.inside(), &mut mean, &mut variance);
            let parameters = Channels { mean: &mean, variance: &variance, scale: &scale, offset: &[], epsilon };
            let [mut dx, mut d_scale, mut d_offset] = [rows * channels, channels, channels].map(Fenced::unset);
            let mut workspace = vec![f32::NAN; workspace_floats(channels)];
            let all = in_parts(rows, 2 * channels, |range, part| {
                let numbers = range.start * channels..range.end * channels;
                gradient_sums(&x.inside()[numbers.clone()], &dy.inside()[numbers], &mean, part, &mut workspace);
            });
            let mut of_channels = vec![f32::NAN; 3 * channels];
            coefficients(rows, &all, parameters, &mut of_channels, d_scale.inside_mut(), d_offset.inside_mut());
            input_gradient(x.inside(), dy.inside(), &mean, &of_channels, dx.inside_mut());
            for channel in 0..channels {
                let [mean, variance, scale, epsilon] =
                    [mean[channel], variance[channel], scale[channel], epsilon].map(f64::from);
                let r = 1.0 / (variance + epsilon).sqrt();
                let normalized: Vec<f64> =
                    column(x.inside(), channels, channel).iter().map(|x| (x - mean) * r).collect();
                let dy = column(dy.inside(), channels, channel);
                let products: Vec<f64> = dy.iter().zip(&normalized).map(|(dy, x)| dy * x).collect();
                let count = rows as f64;
                let what = (rows, channels);
                let (sum, sum_magnitude) = (count * mean_of(&dy), count * magnitude(&dy));
                assert_within(d_offset.check()[channel], sum, SUM_ERROR * sum_magnitude, channel, &what);
                let (sum, sum_magnitude) = (count * mean_of(&products), count * magnitude(&products));
                assert_within(d_scale.check()[channel], sum, SUM_ERROR * sum_magnitude, channel, &what);
                for (row, dx) in column(dx.check(), channels, channel).into_iter().enumerate() {
                    let expected = scale * r * (dy[row] - mean_of(&dy) - normalized[row] * mean_of(&products));
                    let terms = dy[row].abs() + magnitude(&dy) + normalized[row].abs() * magnitude(&products);
                    let bound = SUM_ERROR * (scale * r).abs() * terms;
                    assert_within(dx as f32, expected, bound, row * channels + channel, &what);
                }
            }
        }
    }
}
