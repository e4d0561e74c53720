//! Maxima and means over windows, and their gradients. Pixels outside of the image are ignored: they are no maxima,
//! and means do not count them, as in TensorFlow. A window without pixels has the maximum -∞ and the mean 0.
//!
//! The gradient of a maximum goes to its place, of equal ones to the first in reading order. A NaN is no maximum
//! either, unless there is nothing else.

use core::array::from_fn;
use core::ops::Range;

use crate::simd::lanes::{F32x4, U32x4};

/// Sizes of a pooling. Fourteen 32-bit words, so that a foreign caller passes one address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Pooling {
    /// Images.
    pub batch: usize,
    /// Numbers per pixel.
    pub channels: usize,
    /// Rows of an input image.
    pub in_height: usize,
    /// Pixels of an input row.
    pub in_width: usize,
    /// Rows of an output image.
    pub out_height: usize,
    /// Pixels of an output row.
    pub out_width: usize,
    /// Rows of a window.
    pub window_height: usize,
    /// Columns of a window.
    pub window_width: usize,
    /// Input rows from one window to the next.
    pub stride_height: usize,
    /// Input pixels from one window to the next.
    pub stride_width: usize,
    /// Input rows from one row of a window to the next.
    pub dilation_height: usize,
    /// Input pixels from one column of a window to the next.
    pub dilation_width: usize,
    /// Rows above the image that windows see; nothing is there.
    pub pad_top: isize,
    /// Pixels left of the image that windows see.
    pub pad_left: isize,
}

impl Pooling {
    /// Numbers of the input.
    pub const fn in_floats(&self) -> usize {
        self.batch * self.in_height * self.in_width * self.channels
    }

    /// Numbers of the output.
    pub const fn out_floats(&self) -> usize {
        self.batch * self.out_height * self.out_width * self.channels
    }
}

impl Pooling {
    /// Numbers of an input image.
    const fn in_image(&self) -> usize {
        self.in_height * self.in_row()
    }

    const fn in_row(&self) -> usize {
        self.in_width * self.channels
    }

    /// Numbers of an output row.
    pub const fn out_row(&self) -> usize {
        self.out_width * self.channels
    }

    /// The first of the input rows that belong to output row `row`: its window begins there, or before.
    fn first_row(&self, row: usize) -> usize {
        match row {
            0 => 0,
            _ if row == self.out_height => self.in_height,
            _ => (row * self.stride_height).saturating_add_signed(-self.pad_top).min(self.in_height),
        }
    }

    /// The input's numbers that belong to the output rows `rows`, counted across all images: every number belongs to one.
    pub fn in_range(&self, rows: &Range<usize>) -> Range<usize> {
        let begin = |row: usize| {
            let (image, row) = (row / self.out_height, row % self.out_height);
            image * self.in_image() + self.first_row(row) * self.in_row()
        };
        begin(rows.start)..begin(rows.end)
    }

    /// What window (`y`, `x`) sees of an image.
    #[inline(always)]
    fn window(&self, y: usize, x: usize) -> Window {
        let (skipped_rows, rows) =
            seen(y * self.stride_height, self.pad_top, self.window_height, self.dilation_height, self.in_height);
        let (skipped_columns, columns) =
            seen(x * self.stride_width, self.pad_left, self.window_width, self.dilation_width, self.in_width);
        let steps = [self.dilation_height * self.in_row(), self.dilation_width * self.channels];
        if rows == 0 || columns == 0 {
            return Window { channels: self.channels, first: 0, end: 0, size: [0, 0], steps };
        }
        let row = (y * self.stride_height + skipped_rows * self.dilation_height).wrapping_add_signed(-self.pad_top);
        let column =
            (x * self.stride_width + skipped_columns * self.dilation_width).wrapping_add_signed(-self.pad_left);
        let first = row * self.in_row() + column * self.channels;
        let end = first + (rows - 1) * steps[0] + (columns - 1) * steps[1] + self.channels;
        Window { channels: self.channels, first, end, size: [rows, columns], steps }
    }

    /// Whether windows are 2x2 pixels side by side, and all within the image.
    fn is_halving(&self) -> bool {
        let windows = [self.window_height, self.window_width, self.stride_height, self.stride_width];
        windows == [2; 4]
            && [self.dilation_height, self.dilation_width] == [1; 2]
            && [self.pad_top, self.pad_left] == [0; 2]
            && 2 * self.out_height <= self.in_height
            && 2 * self.out_width <= self.in_width
    }
}

/// How many of a window's rows or columns, which begin at `first - pad`, are before the image, and how many are in it.
#[inline(always)]
fn seen(first: usize, pad: isize, window: usize, dilation: usize, size: usize) -> (usize, usize) {
    let steps = |distance: usize| if dilation == 1 { distance } else { distance.div_ceil(dilation) };
    let first = first as isize - pad;
    let before = usize::try_from(-first).map_or(0, steps).min(window);
    let end = usize::try_from(size as isize - first).map_or(0, steps).min(window);
    (before, end.saturating_sub(before))
}

/// The pixels of an image that a window sees.
struct Window {
    /// Numbers per pixel.
    channels: usize,
    /// Where the numbers of the last pixel end.
    end: usize,
    /// First number of the first pixel.
    first: usize,
    /// Rows and columns.
    size: [usize; 2],
    /// Numbers from one row, and from one column, to the next.
    steps: [usize; 2],
}

impl Window {
    const fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Calls `visit` with the first number of each pixel, in reading order.
    #[inline(always)]
    fn visit(&self, mut visit: impl FnMut(usize)) {
        for row in 0..self.size[0] {
            for column in 0..self.size[1] {
                visit(self.first + row * self.steps[0] + column * self.steps[1]);
            }
        }
    }

    /// Calls `visit` with `lanes` channels of each pixel, from `channel` on, in `V` vectors; and with its first number.
    #[inline(always)]
    fn visit_channels<const V: usize>(
        &self,
        image: &[f32],
        channel: usize,
        lanes: usize,
        mut visit: impl FnMut([F32x4; V], usize),
    ) {
        assert!(self.end <= image.len() && channel + (V - 1) * LANES + lanes <= self.channels);
        self.visit(|pixel| {
            // SAFETY: the pixel is within the image, and these channels are within the pixel.
            let at = |vector: usize| unsafe { load(image.as_ptr().add(pixel + channel + vector * LANES), lanes) };
            visit(from_fn(at), pixel);
        });
    }

    /// The maxima of `lanes` channels from `channel` on, in `V` vectors. There is a pixel.
    #[inline(always)]
    fn maxima<const V: usize>(&self, image: &[f32], channel: usize, lanes: usize) -> [F32x4; V] {
        let least = F32x4::splat(f32::NEG_INFINITY);
        let mut most = [least; V];
        self.visit_channels(image, channel, lanes, |values: [F32x4; V], _| {
            most = from_fn(|at| most[at].larger(values[at]))
        });
        // Nothing but -∞ was there, or NaN.
        if most.iter().all(|&most| least.at_least(most).is_zero()) {
            return most;
        }
        from_fn(|at| self.maxima_and_places(image, channel + at * LANES, lanes).0)
    }

    /// The maxima of `lanes` channels from `channel` on, and the first number of the pixel of each. There is a pixel.
    #[inline(always)]
    fn maxima_and_places(&self, image: &[f32], channel: usize, lanes: usize) -> (F32x4, U32x4) {
        let (mut most, mut place) = (F32x4::splat(f32::NAN), U32x4::splat(self.first as u32));
        self.visit_channels(image, channel, lanes, |[value], pixel| {
            let stays = stays(most, value);
            most = most.or_else(value, stays);
            place = stays.choose(place, U32x4::splat(pixel as u32));
        });
        (most, place)
    }
}

/// Where the maximum so far stays although `value` is there: any number takes the place of a NaN.
#[inline(always)]
fn stays(most: F32x4, value: F32x4) -> U32x4 {
    most.at_least(value).or(value.is_nan())
}

/// Channels of a vector.
const LANES: usize = 4;

/// Vectors that are taken at the same time, if there are as many: a cache line.
const VECTORS: usize = 4;

/// Calls `run` with the first of some channels and how many they are: a constant [`LANES`], except for the last ones.
#[inline(always)]
fn for_channels(channels: Range<usize>, mut run: impl FnMut(usize, usize)) {
    let whole = channels.start + channels.len() / LANES * LANES;
    for channel in (channels.start..whole).step_by(LANES) {
        run(channel, LANES);
    }
    if whole < channels.end {
        run(whole, channels.end - whole);
    }
}

/// Calls `run_block` with `pixel` and the first channel of each block of [`VECTORS`] vectors, and `run` with it and the
/// others as [`for_channels`] does.
#[inline(always)]
fn for_blocks(pixel: &mut [f32], run_block: impl Fn(&mut [f32], usize), run: impl Fn(&mut [f32], usize, usize)) {
    let whole = pixel.len() / (VECTORS * LANES) * (VECTORS * LANES);
    for channel in (0..whole).step_by(VECTORS * LANES) {
        run_block(pixel, channel);
    }
    for_channels(whole..pixel.len(), |channel, lanes| run(pixel, channel, lanes));
}

/// The first `lanes` numbers, at most [`LANES`].
///
/// # Safety
/// `from` is the address of as many readable numbers.
#[inline(always)]
unsafe fn load(from: *const f32, lanes: usize) -> F32x4 {
    // SAFETY: upheld by this function's own contract.
    unsafe {
        if lanes == LANES {
            return F32x4::load(from);
        }
        F32x4::of(from_fn(|lane| if lane < lanes { *from.add(lane) } else { 0.0 }))
    }
}

/// Writes the first `lanes` numbers of `vector`, at most [`LANES`].
///
/// # Safety
/// `to` is the address of as many writable numbers.
#[inline(always)]
unsafe fn store(vector: F32x4, to: *mut f32, lanes: usize) {
    // SAFETY: upheld by this function's own contract; the array has all lanes.
    unsafe {
        if lanes == LANES {
            vector.store(to);
            return;
        }
        let mut numbers = [0.0; LANES];
        vector.store(numbers.as_mut_ptr());
        for (lane, number) in numbers[..lanes].iter().enumerate() {
            *to.add(lane) = *number;
        }
    }
}

/// Writes all lanes of `vectors`, of which the last may have `lanes`, to the channels from `channel` on.
#[inline(always)]
fn store_channels<const V: usize>(vectors: [F32x4; V], pixel: &mut [f32], channel: usize, lanes: usize) {
    assert!(channel + (V - 1) * LANES + lanes <= pixel.len());
    for (at, vector) in vectors.into_iter().enumerate() {
        // SAFETY: these channels are within the pixel.
        unsafe { store(vector, pixel.as_mut_ptr().add(channel + at * LANES), lanes) };
    }
}

/// Writes the maxima of the output rows `rows`, counted across all images, to `y`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn max_pool(pooling: &Pooling, rows: Range<usize>, x: &[f32], y: &mut [f32]) {
    for_each_window(pooling, rows, x, y, |image, window, pixel| {
        if window.pixels() == 0 {
            pixel.fill(f32::NEG_INFINITY);
        } else if window.size == [2, 2] {
            // With its size as a constant, the loops over a window are unrolled.
            write_maxima(image, &Window { size: [2, 2], ..window }, pixel);
        } else {
            write_maxima(image, &window, pixel);
        }
    });
}

#[inline(always)]
fn write_maxima(image: &[f32], window: &Window, pixel: &mut [f32]) {
    for_blocks(
        pixel,
        |pixel, channel| {
            store_channels(window.maxima::<VECTORS>(image, channel, LANES), pixel, channel, LANES);
        },
        |pixel, channel, lanes| {
            store_channels(window.maxima::<1>(image, channel, lanes), pixel, channel, lanes);
        },
    );
}

/// Writes the means of the output rows `rows`, counted across all images, to `y`.
///
/// # Panics
/// If a slice's length is not that of its tensor.
pub fn average_pool(pooling: &Pooling, rows: Range<usize>, x: &[f32], y: &mut [f32]) {
    for_each_window(pooling, rows, x, y, |image, window, pixel| {
        let share = F32x4::splat(1.0 / window.pixels().max(1) as f32);
        for_blocks(
            pixel,
            |pixel, channel| {
                store_channels(means::<VECTORS>(image, &window, share, channel, LANES), pixel, channel, LANES);
            },
            |pixel, channel, lanes| {
                store_channels(means::<1>(image, &window, share, channel, lanes), pixel, channel, lanes);
            },
        );
    });
}

#[inline(always)]
fn means<const V: usize>(image: &[f32], window: &Window, share: F32x4, channel: usize, lanes: usize) -> [F32x4; V] {
    let mut sums = [F32x4::splat(0.0); V];
    window.visit_channels(image, channel, lanes, |values: [F32x4; V], _| sums = from_fn(|at| sums[at] + values[at]));
    sums.map(|sum| sum * share)
}

/// Calls `write` with each output pixel of `rows`: the input image that it is of, its window, and where it goes.
#[inline(always)]
fn for_each_window(
    pooling: &Pooling,
    rows: Range<usize>,
    x: &[f32],
    y: &mut [f32],
    write: impl Fn(&[f32], Window, &mut [f32]),
) {
    let &Pooling { channels, out_height, .. } = pooling;
    assert!(x.len() == pooling.in_floats() && y.len() == rows.len() * pooling.out_row());
    for (row, pixels) in rows.zip(y.chunks_exact_mut(pooling.out_row())) {
        let image = &x[row / out_height * pooling.in_image()..][..pooling.in_image()];
        for (column, pixel) in pixels.chunks_exact_mut(channels).enumerate() {
            write(image, pooling.window(row % out_height, column), pixel);
        }
    }
}

/// Writes the gradient of the input of [`max_pool`], as far as it belongs to the output rows `rows`, to `dx`: `x` is the
/// input, `dy` the gradient of the output.
///
/// # Panics
/// If a slice's length is not that of its tensor, or of [`Pooling::in_range`].
pub fn max_pool_gradient(pooling: &Pooling, rows: Range<usize>, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    assert!(x.len() == pooling.in_floats() && dy.len() == pooling.out_floats());
    if pooling.is_halving() {
        halving_gradient(pooling, rows, x, dy, dx);
        return;
    }
    scatter(pooling, rows, dy, dx, |image, window, dy, begin, dx| {
        if window.pixels() == 0 {
            return;
        }
        let image = &x[image * pooling.in_image()..][..pooling.in_image()];
        for_channels(0..pooling.channels, |channel, lanes| {
            let mut places = [0; LANES];
            // SAFETY: as many lanes.
            unsafe { window.maxima_and_places(image, channel, lanes).1.store(places.as_mut_ptr()) };
            for (lane, place) in places[..lanes].iter().enumerate() {
                // Before these rows it wraps around, and is large.
                if let Some(dx) = dx.get_mut((*place as usize + channel + lane).wrapping_sub(begin)) {
                    *dx += dy[channel + lane];
                }
            }
        });
    });
}

/// [`max_pool_gradient`] of windows of 2x2 pixels side by side: each number of `dx` is written once.
fn halving_gradient(pooling: &Pooling, rows: Range<usize>, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (channels, in_row, out_row) = (pooling.channels, pooling.in_row(), pooling.out_row());
    let begin = pooling.in_range(&rows).start;
    for row in rows {
        let own = pooling.in_range(&(row..row + 1));
        let x = &x[own.start..][..2 * in_row];
        let dy = &dy[row * out_row..][..out_row];
        let (lines, beyond) = dx[own.start - begin..own.end - begin].split_at_mut(2 * in_row);
        beyond.fill(0.0);
        lines[2 * out_row..in_row].fill(0.0);
        lines[in_row + 2 * out_row..].fill(0.0);
        for column in 0..pooling.out_width {
            for_channels(0..channels, |channel, lanes| {
                let left = 2 * column * channels + channel;
                let places = [left, left + channels, in_row + left, in_row + left + channels];
                // SAFETY: `x` and `lines` are two rows, of which a row of `dy` has the pixels' halves.
                unsafe {
                    let [a, b, c, d] = places.map(|at| load(x.as_ptr().add(at), lanes));
                    let dy = load(dy.as_ptr().add(column * channels + channel), lanes);
                    let a_stays = stays(a, b);
                    let most = a.or_else(b, a_stays);
                    let upper_stays = stays(most, c);
                    let most = most.or_else(c, upper_stays);
                    let d_loses = stays(most, d);
                    let zero = F32x4::splat(0.0);
                    let before_d = dy.masked(d_loses);
                    let upper = before_d.masked(upper_stays);
                    let gradients = [
                        upper.masked(a_stays),
                        zero.or_else(upper, a_stays),
                        zero.or_else(before_d, upper_stays),
                        zero.or_else(dy, d_loses),
                    ];
                    for (at, gradient) in places.into_iter().zip(gradients) {
                        store(gradient, lines.as_mut_ptr().add(at), lanes);
                    }
                }
            });
        }
    }
}

/// Writes the gradient of the input of [`average_pool`], as far as it belongs to the output rows `rows`, to `dx`.
///
/// # Panics
/// If a slice's length is not that of its tensor, or of [`Pooling::in_range`].
pub fn average_pool_gradient(pooling: &Pooling, rows: Range<usize>, dy: &[f32], dx: &mut [f32]) {
    let &Pooling { channels, .. } = pooling;
    scatter(pooling, rows, dy, dx, |_, window, dy, begin, dx| {
        let share = F32x4::splat(1.0 / window.pixels().max(1) as f32);
        window.visit(|seen| {
            // Pixels are whole: all of their numbers are among these rows, or none is.
            let Some(pixel) = dx.get_mut(seen.wrapping_sub(begin)..).and_then(|dx| dx.get_mut(..channels)) else {
                return;
            };
            for_channels(0..channels, |channel, lanes| {
                // SAFETY: both pixels have as many channels.
                unsafe {
                    let at = pixel.as_mut_ptr().add(channel);
                    store(load(at, lanes) + load(dy.as_ptr().add(channel), lanes) * share, at, lanes);
                }
            });
        });
    });
}

/// Clears `dx`, the input's numbers that belong to the output rows `rows`, and calls `add` with each window that may see
/// them: its image, itself, its gradient, the number of the image that `dx` begins with, and the image's share of `dx`.
#[inline(always)]
fn scatter(
    pooling: &Pooling,
    rows: Range<usize>,
    dy: &[f32],
    dx: &mut [f32],
    add: impl Fn(usize, Window, &[f32], usize, &mut [f32]),
) {
    let &Pooling { channels, out_height, .. } = pooling;
    let all = pooling.in_range(&rows);
    assert!(dy.len() == pooling.out_floats() && dx.len() == all.len());
    dx.fill(0.0);
    // Windows of rows before that reach into these.
    let earlier = (pooling.window_height - 1) * pooling.dilation_height / pooling.stride_height;
    let mut row = rows.start;
    while row < rows.end {
        let image = row / out_height;
        let end = rows.end.min((image + 1) * out_height);
        let own = pooling.in_range(&(row..end));
        let dx = &mut dx[own.start - all.start..own.end - all.start];
        let begin = own.start - image * pooling.in_image();
        for row in row.saturating_sub(earlier).max(image * out_height)..end {
            let dy = &dy[row * pooling.out_row()..][..pooling.out_row()];
            for (column, dy) in dy.chunks_exact(channels).enumerate() {
                add(image, pooling.window(row % out_height, column), dy, begin, dx);
            }
        }
        row = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers};

    /// Window, stride, dilation and padding each alike on both axes, except that a row has one pixel more of padding.
    fn pooling(image: [usize; 2], window: usize, stride: usize, dilation: usize, pad: usize) -> Pooling {
        let [out_height, out_width] =
            [0, 1].map(|axis| (image[axis] + 2 * pad + axis - (window - 1) * dilation - 1) / stride + 1);
        Pooling {
            batch: 2,
            channels: 3,
            in_height: image[0],
            in_width: image[1],
            out_height,
            out_width,
            window_height: window,
            window_width: window,
            stride_height: stride,
            stride_width: stride,
            dilation_height: dilation,
            dilation_width: dilation,
            pad_top: pad as isize,
            pad_left: pad as isize,
        }
    }

    /// Whole numbers, so that sums are exact, and windows have equal maxima.
    fn assert_equals_its_definition(pooling: &Pooling, x: &[f32], numbers: &mut Numbers) {
        let x = Fenced::holding(x);
        let dy = Fenced::holding(&numbers.whole(pooling.out_floats(), 9));
        let dx = in_parts(pooling, |rows, dx| max_pool_gradient(pooling, rows, x.inside(), dy.inside(), dx));
        let mut expected = vec![0.0; pooling.in_floats()];
        for (place, dy) in naive::max_places(pooling, x.inside()).into_iter().zip(dy.inside()) {
            if let Some(index) = place {
                expected[index] += dy;
            }
        }
        assert_eq!(dx, expected, "{pooling:?}");

        let rows = pooling.batch * pooling.out_height;
        let row = pooling.out_width * pooling.channels;
        let mut y = Fenced::unset(pooling.out_floats());
        for part in naive::parts(rows.min(3)) {
            let rows = part.of(rows);
            max_pool(pooling, rows.clone(), x.inside(), &mut y.inside_mut()[rows.start * row..rows.end * row]);
        }
        let places = naive::max_places(pooling, x.inside()).into_iter();
        let expected: Vec<f32> =
            places.map(|place| place.map_or(f32::NEG_INFINITY, |index| x.inside()[index])).collect();
        assert_eq!(y.check(), expected, "{pooling:?}");

        // A mean is the sum of the numbers that the window sees, of which each gets its share of the gradient.
        average_pool(pooling, 0..rows, x.inside(), y.inside_mut());
        let (mut means, mut shares) = (vec![0.0; pooling.out_floats()], vec![0.0_f64; pooling.in_floats()]);
        for (cell, seen) in naive::windows(pooling).into_iter().enumerate() {
            for &index in &seen {
                means[cell] += x.inside()[index] / seen.len() as f32;
                shares[index] += f64::from(dy.inside()[cell]) / seen.len() as f64;
            }
        }
        for (index, (y, mean)) in y.check().iter().zip(&means).enumerate() {
            naive::assert_within(*y, f64::from(*mean), 1e-5, index, pooling);
        }
        let dx = in_parts(pooling, |rows, dx| average_pool_gradient(pooling, rows, dy.inside(), dx));
        for (index, (dx, share)) in dx.iter().zip(&shares).enumerate() {
            naive::assert_within(*dx, *share, 1e-5 * (1.0 + share.abs()), index, pooling);
        }
    }

    /// Runs a gradient in parts of one row, and then in parts of several, with equal results.
    fn in_parts(pooling: &Pooling, mut run: impl FnMut(Range<usize>, &mut [f32])) -> Vec<f32> {
        let rows = pooling.batch * pooling.out_height;
        let [by_row, by_some] = [rows, 3.min(rows)].map(|count| {
            let mut dx = Fenced::unset(pooling.in_floats());
            for part in naive::parts(count) {
                let rows = part.of(rows);
                run(rows.clone(), &mut dx.inside_mut()[pooling.in_range(&rows)]);
            }
            dx.check().to_vec()
        });
        assert_eq!(by_row, by_some, "{pooling:?}");
        by_row
    }

    #[test]
    fn a_nan_is_no_maximum_unless_there_is_nothing_else() {
        let halving = Pooling { batch: 1, channels: 1, ..pooling([2, 2], 2, 2, 1, 0) };
        // The same window by the general kernel.
        let general = Pooling { stride_height: 3, ..halving };
        for pooling in [halving, general] {
            assert_nan_is_no_maximum(&pooling);
        }
    }

    fn assert_nan_is_no_maximum(pooling: &Pooling) {
        let (mut y, mut dx) = ([0.0], [f32::NAN; 4]);
        for place in 0..4 {
            let mut x = [1.0, 2.0, 4.0, 3.0];
            x[place] = f32::NAN;
            max_pool(pooling, 0..1, &x, &mut y);
            assert_eq!(y[0], if place == 2 { 3.0 } else { 4.0 });
            max_pool_gradient(pooling, 0..1, &x, &[5.0], &mut dx);
            assert_eq!(dx.iter().position(|&dx| dx == 5.0), Some(if place == 2 { 3 } else { 2 }));
        }
        max_pool(pooling, 0..1, &[f32::NAN; 4], &mut y);
        assert!(y[0].is_nan());
        max_pool_gradient(pooling, 0..1, &[f32::NAN; 4], &[5.0], &mut dx);
        assert_eq!(dx, [5.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn equals_its_definition_at_every_window_stride_dilation_and_padding() {
        let mut numbers = Numbers::seeded(5);
        for image in [[3, 3], [5, 4], [4, 7], [8, 9]] {
            for window in [1, 2, 3] {
                for stride in [1, 2, 3] {
                    for (dilation, pad) in [(1, 0), (1, 1), (1, 2), (2, 1), (2, 3)] {
                        for channels in [3, 4, 9] {
                            let pooling = Pooling { channels, ..pooling(image, window, stride, dilation, pad) };
                            let x = numbers.whole(pooling.in_floats(), 3);
                            assert_equals_its_definition(&pooling, &x, &mut numbers);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn windows_whose_maximum_is_negative_or_zero_get_their_gradient() {
        let mut numbers = Numbers::seeded(6);
        let pooling = pooling([6, 6], 2, 2, 1, 1);
        let x: Vec<f32> = numbers.whole(pooling.in_floats(), 3).iter().map(|x| -x.abs()).collect();
        assert_equals_its_definition(&pooling, &x, &mut numbers);
        assert_equals_its_definition(&pooling, &vec![-1e30; x.len()], &mut numbers);
        assert_equals_its_definition(&pooling, &vec![f32::NEG_INFINITY; x.len()], &mut numbers);
    }

    #[test]
    fn two_axes_may_differ() {
        let mut numbers = Numbers::seeded(7);
        let pooling =
            Pooling { batch: 1, out_height: 2, window_height: 4, stride_height: 3, ..pooling([7, 6], 2, 2, 1, 0) };
        let x = numbers.whole(pooling.in_floats(), 3);
        assert_equals_its_definition(&pooling, &x, &mut numbers);
    }

    #[test]
    fn of_equal_maxima_the_first_in_reading_order_gets_the_gradient() {
        let pooling = Pooling { batch: 1, channels: 1, ..pooling([2, 2], 2, 2, 1, 0) };
        let mut dx = [f32::NAN; 4];
        max_pool_gradient(&pooling, 0..1, &[1.0, 2.0, 2.0, 2.0], &[5.0], &mut dx);
        assert_eq!(dx, [0.0, 5.0, 0.0, 0.0]);
    }
}
