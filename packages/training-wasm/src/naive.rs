//! The reference that tests verify the kernels against: plain loops, in `f64`, and numbers to run them on.
//!
//! A sum carries the sum of its terms' magnitudes, which says how far a sum in `f32` may be from it: n + 1 roundings,
//! of at most half of [`f32::EPSILON`] each, relative to that (Higham, Accuracy and Stability of Numerical Algorithms,
//! 2002, 3.1).

use crate::conv_pool;
use crate::convolution::Convolution;
use crate::convolution::filter_gradient;
use crate::convolution::gradient_rows::{Rows, Unpooled};
use crate::parts::Part;
use crate::pool::Pooling;

/// Numbers before and after a [`Fenced`] slice: more than a tile could overshoot.
const FENCE: usize = 64;

/// Reproducible numbers: Marsaglia's xorshift generator (2003), good enough for test data.
pub struct Numbers(u32);

impl Numbers {
    /// Starts from any seed but 0.
    pub fn seeded(seed: u32) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// From 0 to `end - 1`.
    pub fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    /// From -1 to 1.
    pub fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| (self.next() >> 8) as f32 / 2.0_f32.powi(23) - 1.0).collect()
    }

    /// Whole numbers from -`most` to `most`: their products and short sums are exact in `f32`, and many are equal.
    pub fn whole(&mut self, count: usize, most: usize) -> Vec<f32> {
        (0..count).map(|_| self.below(2 * most + 1) as f32 - most as f32).collect()
    }
}

/// The values around a slice that is to be written: finite, since a NaN could be overwritten by another.
const BEYOND: f32 = 123_456.0;

/// A slice between fences: what reads beyond it computes nonsense, what writes beyond it is found by [`Fenced::check`].
pub struct Fenced(Vec<f32>);

impl Fenced {
    /// A slice that holds `values`, between NaN.
    pub fn holding(values: &[f32]) -> Self {
        let fence = [f32::NAN; FENCE];
        Self([&fence, values, &fence].concat())
    }

    /// `count` numbers that are still to be set: NaN until then.
    pub fn unset(count: usize) -> Self {
        let fence = [BEYOND; FENCE];
        Self([&fence, vec![f32::NAN; count].as_slice(), &fence].concat())
    }

    /// Between the fences.
    pub fn inside(&self) -> &[f32] {
        &self.0[FENCE..self.0.len() - FENCE]
    }

    /// Between the fences.
    pub fn inside_mut(&mut self) -> &mut [f32] {
        let end = self.0.len() - FENCE;
        &mut self.0[FENCE..end]
    }

    /// The slice that was to be written, unless something wrote beyond it.
    #[track_caller]
    pub fn check(&self) -> &[f32] {
        let fences = self.0[..FENCE].iter().chain(&self.0[self.0.len() - FENCE..]);
        assert!(fences.into_iter().all(|&number| number == BEYOND), "written beyond the slice");
        self.inside()
    }
}

/// A sum of products.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    /// The sum.
    pub value: f64,
    /// The sum of the terms without their signs.
    pub magnitude: f64,
    /// How many terms.
    pub terms: usize,
}

impl Sum {
    /// Adds `a * b`.
    pub fn add(&mut self, a: f32, b: f32) {
        let product = f64::from(a) * f64::from(b);
        self.value += product;
        self.magnitude += product.abs();
        self.terms += 1;
    }
}

/// 2x2 pooling of a convolution's output, which drops a last odd row or column.
pub fn halving(convolution: &Convolution) -> Pooling {
    Pooling {
        batch: convolution.batch,
        channels: convolution.out_channels,
        in_height: convolution.out_height,
        in_width: convolution.out_width,
        out_height: convolution.out_height / 2,
        out_width: convolution.out_width / 2,
        window_height: 2,
        window_width: 2,
        stride_height: 2,
        stride_width: 2,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: 0,
        pad_left: 0,
    }
}

/// Fails unless each number is as near to its sum as sums in `f32` are in any order.
#[track_caller]
pub fn assert_near(actual: &[f32], expected: &[Sum], what: &dyn std::fmt::Debug) {
    assert_eq!(actual.len(), expected.len(), "{what:?}");
    for (index, (&actual, sum)) in actual.iter().zip(expected).enumerate() {
        let bound = (sum.terms + 1) as f64 * f64::from(f32::EPSILON) / 2.0 * sum.magnitude;
        assert_within(actual, sum.value, bound, index, what);
    }
}

/// Fails unless `actual`, number `index` of `what`, is within `bound` of `expected`.
#[track_caller]
pub fn assert_within(actual: f32, expected: f64, bound: f64, index: usize, what: &dyn std::fmt::Debug) {
    // Written so that NaN fails.
    let is_near = f64::from(actual) == expected || (f64::from(actual) - expected).abs() <= bound;
    assert!(is_near, "number {index} is {actual}, not {expected} within {bound:e}: {what:?}");
}

/// Zeros around an image.
#[derive(Clone, Copy, Debug)]
pub enum Padding {
    /// None.
    Valid,
    /// As many as give `in / stride` outputs, rounded up; an odd one stands after the image, as in TensorFlow.
    Same,
    /// Before and after, of both axes.
    Explicit([[usize; 2]; 2]),
}

/// The convolution with these sizes, each `[height, width]`, and how many outputs there are; `None` if there are none.
pub fn convolution(
    [batch, in_channels, out_channels]: [usize; 3],
    image: [usize; 2],
    filter: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
) -> Option<Convolution> {
    let [(out_height, pad_top), (out_width, pad_left)] = {
        let axis = |axis: usize| {
            let span = (filter[axis] - 1) * dilation[axis] + 1;
            let [before, after] = match padding {
                Padding::Valid => [0, 0],
                Padding::Same => {
                    let outputs = image[axis].div_ceil(stride[axis]);
                    let all = ((outputs - 1) * stride[axis] + span).saturating_sub(image[axis]);
                    [all / 2, all - all / 2]
                }
                Padding::Explicit(pads) => pads[axis],
            };
            let free = (before + image[axis] + after).checked_sub(span)?;
            Some((free / stride[axis] + 1, before as isize))
        };
        [axis(0)?, axis(1)?]
    };
    Some(Convolution {
        batch,
        in_height: image[0],
        in_width: image[1],
        in_channels,
        out_height,
        out_width,
        out_channels,
        filter_height: filter[0],
        filter_width: filter[1],
        stride_height: stride[0],
        stride_width: stride[1],
        dilation_height: dilation[0],
        dilation_width: dilation[1],
        pad_top,
        pad_left,
    })
}

/// Many convolutions: channels below, at and above a tile's width, strides, dilations and filters with two different
/// axes, all paddings, images from the filter's own size on.
pub fn convolutions() -> Vec<Convolution> {
    let mut numbers = Numbers::seeded(20_261_122);
    let mut all = Vec::new();
    for channels in [[1, 1], [1, 32], [3, 5], [5, 3], [7, 8], [8, 7], [12, 33], [33, 12]] {
        for filter in [[1, 1], [3, 3], [5, 2]] {
            for stride in [[1, 1], [2, 2], [3, 3], [1, 2], [3, 1]] {
                for dilation in [[1, 1], [2, 2], [3, 3], [2, 1], [1, 3]] {
                    let explicit = [[numbers.below(4), numbers.below(4)], [numbers.below(4), numbers.below(4)]];
                    for padding in [Padding::Valid, Padding::Same, Padding::Explicit(explicit)] {
                        let spans = [0, 1].map(|axis| (filter[axis] - 1) * dilation[axis] + 1);
                        let image = match padding {
                            Padding::Valid => spans.map(|span| span + numbers.below(6)),
                            // Also those that the filter overhangs.
                            _ => spans.map(|_| 1 + numbers.below(9)),
                        };
                        let sizes = [1 + numbers.below(3), channels[0], channels[1]];
                        all.extend(convolution(sizes, image, filter, stride, dilation, padding));
                    }
                }
            }
        }
    }
    assert!(all.len() > 1000);
    all
}

/// 3x3 depthwise convolutions of every width of a row of groups, of channels below, at and above a vector's.
pub fn three_by_three_depthwise() -> Vec<Convolution> {
    let mut all = Vec::new();
    for channels in [4, 5, 7, 16, 18, 35] {
        for (width, stride) in (1..=12).flat_map(|width| [(width, 1), (width, 2), (width, 3)]) {
            for padding in [Padding::Valid, Padding::Same, Padding::Explicit([[2, 1], [0, 3]])] {
                let sizes = [2, channels, channels];
                all.extend(convolution(sizes, [4, width], [3, 3], [stride; 2], [1, 1], padding));
            }
        }
    }
    all
}

/// The definition of a convolution: calls `visit` with the indices of an input number, a filter number and the output
/// number that their product is a term of.
pub fn visit_products(convolution: &Convolution, mut visit: impl FnMut(usize, usize, usize)) {
    let c = convolution;
    for image in 0..c.batch {
        for out_y in 0..c.out_height {
            for out_x in 0..c.out_width {
                for i in 0..c.filter_height {
                    for j in 0..c.filter_width {
                        let y = (out_y * c.stride_height + i * c.dilation_height) as isize - c.pad_top;
                        let x = (out_x * c.stride_width + j * c.dilation_width) as isize - c.pad_left;
                        if y < 0 || y >= c.in_height as isize || x < 0 || x >= c.in_width as isize {
                            continue;
                        }
                        let pixel = (image * c.in_height + y as usize) * c.in_width + x as usize;
                        let out_pixel = (image * c.out_height + out_y) * c.out_width + out_x;
                        for input in 0..c.in_channels {
                            let tap = (i * c.filter_width + j) * c.in_channels + input;
                            for output in 0..c.out_channels {
                                visit(
                                    pixel * c.in_channels + input,
                                    tap * c.out_channels + output,
                                    out_pixel * c.out_channels + output,
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The definition of a depthwise convolution: the products of one in which each input channel meets its own outputs
/// alone, with indices of the filter `[tap][output]`.
pub fn visit_depthwise_products(convolution: &Convolution, mut visit: impl FnMut(usize, usize, usize)) {
    let multiplier = convolution.out_channels / convolution.in_channels;
    visit_products(convolution, |at_x, at_filter, at_y| {
        let (input, output) = (at_x % convolution.in_channels, at_y % convolution.out_channels);
        if output / multiplier == input {
            let tap = at_filter / convolution.out_channels / convolution.in_channels;
            visit(at_x, tap * convolution.out_channels + output, at_y);
        }
    });
}

/// The convolution itself.
pub fn conv2d(convolution: &Convolution, x: &[f32], filter: &[f32]) -> Vec<Sum> {
    let mut y = vec![Sum::default(); convolution.out_floats()];
    visit_products(convolution, |at_x, at_filter, at_y| y[at_y].add(x[at_x], filter[at_filter]));
    y
}

/// Its derivative by the filter.
pub fn filter_gradient(convolution: &Convolution, x: &[f32], dy: &[f32]) -> Vec<Sum> {
    let mut filter = vec![Sum::default(); convolution.filter_floats()];
    visit_products(convolution, |at_x, at_filter, at_y| filter[at_filter].add(x[at_x], dy[at_y]));
    filter
}

/// Its derivative by the input.
pub fn input_gradient(convolution: &Convolution, filter: &[f32], dy: &[f32]) -> Vec<Sum> {
    let mut x = vec![Sum::default(); convolution.in_floats()];
    visit_products(convolution, |at_x, at_filter, at_y| x[at_x].add(filter[at_filter], dy[at_y]));
    x
}

/// All parts of `count`.
pub fn parts(count: usize) -> impl Iterator<Item = Part> {
    (0..count).map(move |index| Part { index, count })
}

/// Runs all parts of the kernel for the filter's gradient.
pub fn run_filter_gradient(convolution: &Convolution, x: &[f32], dy: &impl Rows) -> Vec<f32> {
    let width = filter_gradient::sums_floats(convolution);
    let count = filter_gradient::parts(convolution);
    let mut all = vec![f32::NAN; count * width];
    for (part, target) in parts(count).zip(all.chunks_exact_mut(width)) {
        let rows = part.of(convolution.batch * convolution.out_height);
        let mut sums = Fenced::unset(width);
        let mut workspace = Fenced::unset(filter_gradient::workspace_floats(convolution));
        filter_gradient::filter_gradient(convolution, rows, x, dy, sums.inside_mut(), workspace.inside_mut());
        workspace.check();
        target.copy_from_slice(sums.check());
    }
    let mut filter = Fenced::unset(convolution.filter_floats());
    let rows = convolution.filter_floats() / convolution.out_channels;
    for part in parts(rows.min(3)) {
        let rows = part.of(rows);
        let within = rows.start * convolution.out_channels..rows.end * convolution.out_channels;
        filter_gradient::add_parts(convolution, rows, &all, &mut filter.inside_mut()[within]);
    }
    filter.check().to_vec()
}

/// Runs all parts of the kernel for the gradient of a pooled convolution's input.
pub fn run_input_gradient(convolution: &Convolution, filter: &[f32], dy: &Unpooled<'_>) -> Vec<f32> {
    let mut panels = Fenced::unset(conv_pool::turned_filter_floats(convolution));
    conv_pool::turn_filter(convolution, filter, panels.inside_mut());
    let mut dx = Fenced::unset(convolution.in_floats());
    let rows = convolution.batch * convolution.in_height;
    // Some begin with an image, some within one.
    for part in parts(rows.min(5)) {
        let rows = part.of(rows);
        let mut workspace = Fenced::unset(conv_pool::input_gradient_workspace_floats(convolution));
        let within = rows.start * convolution.in_row()..rows.end * convolution.in_row();
        let dx = &mut dx.inside_mut()[within];
        conv_pool::input_gradient(convolution, rows, panels.check(), dy, dx, workspace.inside_mut());
        workspace.check();
    }
    dx.check().to_vec()
}

/// The indices of the numbers that each window of a pooling sees, in reading order.
pub fn windows(pooling: &Pooling) -> Vec<Vec<usize>> {
    let p = pooling;
    let mut windows = Vec::new();
    for cell in 0..p.out_floats() {
        let channel = cell % p.channels;
        let out_x = cell / p.channels % p.out_width;
        let out_y = cell / p.channels / p.out_width % p.out_height;
        let image = cell / p.channels / p.out_width / p.out_height;
        let mut seen = Vec::new();
        for i in 0..p.window_height {
            for j in 0..p.window_width {
                let y = (out_y * p.stride_height + i * p.dilation_height) as isize - p.pad_top;
                let x = (out_x * p.stride_width + j * p.dilation_width) as isize - p.pad_left;
                if (0..p.in_height as isize).contains(&y) && (0..p.in_width as isize).contains(&x) {
                    let pixel = (image * p.in_height + y as usize) * p.in_width + x as usize;
                    seen.push(pixel * p.channels + channel);
                }
            }
        }
        windows.push(seen);
    }
    windows
}

/// Where each window of a pooling has its maximum, of equal ones the first in reading order; `None` for a window that
/// sees nothing of the image.
pub fn max_places(pooling: &Pooling, x: &[f32]) -> Vec<Option<usize>> {
    let place = |seen: Vec<usize>| {
        let most = seen.iter().map(|&index| x[index]).fold(f32::NEG_INFINITY, f32::max);
        seen.into_iter().find(|&index| x[index] == most)
    };
    windows(pooling).into_iter().map(place).collect()
}
