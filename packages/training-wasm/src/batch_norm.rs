//! Batch normalization in training (Ioffe and Szegedy 2015) of `[rows, channels]`, every channel by its own mean and
//! variance over all rows.
//!
//! ```text
//! y  = scale * x̂ + offset,  x̂ = (x - mean) * r,  r = 1 / √(variance + epsilon)
//! dx = scale * r * (dy - Σdy / rows - x̂ * Σ(dy x̂) / rows),  d scale = Σ(dy x̂),  d offset = Σdy
//! ```

use crate::lanes::square_root;

/// Rows whose sums are taken in `f32`, before they are added to sums in `f64`.
const BLOCK_ROWS: usize = 256;

/// Bytes of workspace for `channels` channels: three sums in `f64`.
pub const fn workspace_bytes(channels: usize) -> usize {
    3 * size_of::<f64>() * channels
}

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

/// Writes mean and variance of each channel of `x`. `sums` has three numbers a channel.
pub fn statistics(x: &[f32], mean: &mut [f32], variance: &mut [f32], sums: &mut [f64]) {
    let channels = mean.len();
    let (sums, partial) = sums.split_at_mut(channels);
    let count = (x.len() / channels) as f64;
    sum_rows(x, channels, sums, partial, |value, _| value);
    for (mean, sum) in mean.iter_mut().zip(&*sums) {
        *mean = (sum / count) as f32;
    }
    sum_rows(x, channels, sums, partial, |value, channel| (value - mean[channel]) * (value - mean[channel]));
    for (variance, sum) in variance.iter_mut().zip(&*sums) {
        *variance = (sum / count) as f32;
    }
}

/// Writes `y`, the normalized `x`. `factors` has one number a channel.
pub fn normalize(x: &[f32], channels: Channels<'_>, y: &mut [f32], factors: &mut [f32]) {
    let Channels { mean, variance, scale, offset, epsilon } = channels;
    let count = mean.len();
    assert!(factors.len() == count && offset.len() == count && x.len() == y.len());
    for ((factor, scale), variance) in factors.iter_mut().zip(scale).zip(variance) {
        *factor = scale * reciprocal_root(variance + epsilon);
    }
    for (x, y) in x.chunks_exact(count).zip(y.chunks_exact_mut(count)) {
        for channel in 0..count {
            y[channel] = (x[channel] - mean[channel]) * factors[channel] + offset[channel];
        }
    }
}

/// Writes the gradients of `x`, of scale and of offset. `sums` has three numbers a channel.
pub fn gradient(
    x: &[f32],
    dy: &[f32],
    channels: Channels<'_>,
    dx: &mut [f32],
    d_scale: &mut [f32],
    d_offset: &mut [f32],
    sums: &mut [f64],
) {
    let Channels { mean, variance, scale, epsilon, .. } = channels;
    let count = mean.len();
    assert!(x.len() == dy.len() && x.len() == dx.len() && x.len().is_multiple_of(count));
    let rows = (x.len() / count) as f64;
    let (sums, partial) = sums.split_at_mut(count);
    sum_rows(dy, count, sums, partial, |dy, _| dy);
    for (d_offset, sum) in d_offset.iter_mut().zip(&*sums) {
        *d_offset = *sum as f32;
    }
    // Σ dy (x - mean), by the same blocks as sum_rows.
    let partial = as_floats(partial);
    sums.fill(0.0);
    for (x, dy) in x.chunks(BLOCK_ROWS * count).zip(dy.chunks(BLOCK_ROWS * count)) {
        partial.fill(0.0);
        for (x, dy) in x.chunks_exact(count).zip(dy.chunks_exact(count)) {
            for channel in 0..count {
                partial[channel] += dy[channel] * (x[channel] - mean[channel]);
            }
        }
        add_to(sums, partial);
    }
    // dx = factor * dy + slope * (x - mean) + constant
    let (factors, rest) = partial.split_at_mut(count);
    let (slopes, constants) = rest.split_at_mut(count);
    for channel in 0..count {
        let root = reciprocal_root(variance[channel] + epsilon);
        let factor = scale[channel] * root;
        d_scale[channel] = (sums[channel] * f64::from(root)) as f32;
        factors[channel] = factor;
        slopes[channel] = (-f64::from(factor * root) * f64::from(root) * sums[channel] / rows) as f32;
        constants[channel] = (-f64::from(factor) * f64::from(d_offset[channel]) / rows) as f32;
    }
    for ((x, dy), dx) in x.chunks_exact(count).zip(dy.chunks_exact(count)).zip(dx.chunks_exact_mut(count)) {
        for channel in 0..count {
            let distance = x[channel] - mean[channel];
            dx[channel] = factors[channel] * dy[channel] + slopes[channel] * distance + constants[channel];
        }
    }
}

/// Sums of `value(number, channel)` over the rows.
fn sum_rows(x: &[f32], channels: usize, sums: &mut [f64], partial: &mut [f64], value: impl Fn(f32, usize) -> f32) {
    let partial = &mut as_floats(partial)[..channels];
    sums.fill(0.0);
    for block in x.chunks(BLOCK_ROWS * channels) {
        partial.fill(0.0);
        for row in block.chunks_exact(channels) {
            for (channel, (partial, &x)) in partial.iter_mut().zip(row).enumerate() {
                *partial += value(x, channel);
            }
        }
        add_to(sums, partial);
    }
}

fn add_to(sums: &mut [f64], partial: &[f32]) {
    for (sum, partial) in sums.iter_mut().zip(partial) {
        *sum += f64::from(*partial);
    }
}

/// The same memory as twice as many `f32`.
fn as_floats(doubles: &mut [f64]) -> &mut [f32] {
    // SAFETY: an f64's memory holds two f32 of any bits, and is aligned for them.
    unsafe { core::slice::from_raw_parts_mut(doubles.as_mut_ptr().cast(), 2 * doubles.len()) }
}

fn reciprocal_root(value: f32) -> f32 {
    1.0 / square_root(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{Fenced, Numbers, assert_within};

    /// Roundings of a sum: those within a block of 256 rows, and a few of its terms and of what is made of it.
    const SUM_ERROR: f64 = (256 + 16) as f64 * f32::EPSILON as f64;

    /// Rows below, at and above a block; channels below, at and above vectors.
    fn shapes() -> impl Iterator<Item = (usize, usize)> {
        [1, 2, 3, 255, 256, 257, 1000].into_iter().flat_map(|rows| [1, 3, 4, 8, 33].map(|channels| (rows, channels)))
    }

    fn workspace(channels: usize) -> Vec<f64> {
        vec![f64::NAN; workspace_bytes(channels) / size_of::<f64>()]
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
            statistics(x.inside(), mean.inside_mut(), variance.inside_mut(), &mut workspace(channels));
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
        statistics(&x, &mut mean, &mut variance, &mut workspace(1));
        let mean_error = SUM_ERROR * 0.1;
        assert_within(mean[0], f64::from(0.1_f32), mean_error, 0, &"mean");
        assert_within(variance[0], 0.0, mean_error * mean_error, 0, &"variance");
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
            statistics(x.inside(), &mut mean, &mut variance, &mut workspace(channels));
            let parameters = Channels { mean: &mean, variance: &variance, scale: &scale, offset: &[], epsilon };
            let [mut dx, mut d_scale, mut d_offset] = [rows * channels, channels, channels].map(Fenced::unset);
            gradient(
                x.inside(),
                dy.inside(),
                parameters,
                dx.inside_mut(),
                d_scale.inside_mut(),
                d_offset.inside_mut(),
                &mut workspace(channels),
            );
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
