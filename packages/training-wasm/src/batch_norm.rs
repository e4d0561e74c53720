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
