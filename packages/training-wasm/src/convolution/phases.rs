//! The convolutions that the forward kernel computes side by side: a forward convolution alone, or those of which an
//! input gradient consists.
//!
//! The pixels of dx that are a stride apart see the same taps of the filter, at pixels of dy that follow each other:
//!
//! ```text
//! dx[y] = Σ_i dy[(y + pad - i * dilation) / stride] * filter[i]      for the taps i for which this is a whole number
//! ```
//!
//! They are a phase, which is a convolution of dy without strides, with just those taps, turned by 180 degrees, and
//! with channels exchanged. There are `stride_height * stride_width` phases. What no tap sees is 0.

use crate::convolution::Convolution;

/// A forward convolution, or an input gradient.
#[derive(Clone, Copy, Debug)]
pub struct Phases {
    convolution: Convolution,
    is_gradient: bool,
}

/// One of the convolutions.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Its input is that of all phases, or has no channels if there are no taps, and its outputs are the phase's.
    pub convolution: Convolution,
    /// Where the outputs are among those of all phases.
    pub outputs: Outputs,
    /// Taps of the filter.
    pub taps: [Taps; 2],
    /// Rows of a packed panel before the phase's.
    pub rows_before: usize,
}

/// Pixels of images, by their indices.
#[derive(Clone, Copy, Debug)]
pub struct Outputs {
    first: usize,
    image_step: usize,
    row_step: usize,
    step: usize,
}

impl Outputs {
    /// All pixels.
    const fn all(convolution: &Convolution) -> Self {
        let width = convolution.out_width;
        Self { first: 0, image_step: convolution.out_height * width, row_step: width, step: 1 }
    }

    /// That of output row `y` of an image, and the step to the next.
    pub const fn of_row(&self, image: usize, y: usize) -> (usize, usize) {
        (self.first + image * self.image_step + y * self.row_step, self.step)
    }
}

/// Taps along an axis of the filter.
#[derive(Clone, Copy, Debug)]
pub struct Taps {
    /// How many.
    pub count: usize,
    /// The first one.
    pub first: usize,
    /// From one to the next.
    pub step: usize,
}

/// An axis of an input gradient.
struct Axis {
    size: usize,
    filter: usize,
    stride: usize,
    dilation: usize,
    pad: isize,
}

impl Axis {
    const fn phases(&self) -> usize {
        if self.size < self.stride { self.size } else { self.stride }
    }

    /// Pixels of the phase that begins at pixel `first`.
    const fn pixels(&self, first: usize) -> usize {
        (self.size - first).div_ceil(self.stride)
    }

    fn taps(&self, first: usize) -> Taps {
        let step = self.stride / greatest_common_divisor(self.stride, self.dilation);
        let is_seen = |tap: &usize| self.ahead(first, *tap) % self.stride as isize == 0;
        (0..self.filter.min(step)).find(is_seen).map_or(Taps { count: 0, first: 0, step }, |tap| Taps {
            count: (self.filter - tap).div_ceil(step),
            first: tap,
            step,
        })
    }

    fn taps_before(&self, first: usize) -> usize {
        (0..first).map(|first| self.taps(first).count).sum()
    }

    /// Pixels from where tap `tap` of output 0 stands to pixel `pixel`.
    const fn ahead(&self, pixel: usize, tap: usize) -> isize {
        pixel as isize + self.pad - (tap * self.dilation) as isize
    }

    /// The dilation of the phase's taps, and its zeros before dy.
    const fn dilation_and_pad(&self, first: usize, taps: Taps) -> (usize, isize) {
        let last = taps.first + (taps.count - 1) * taps.step;
        (taps.step * self.dilation / self.stride, -self.ahead(first, last) / self.stride as isize)
    }
}

impl Phases {
    /// A forward convolution.
    pub const fn forward(convolution: &Convolution) -> Self {
        Self { convolution: *convolution, is_gradient: false }
    }

    /// The input gradient of a convolution, of any stride and dilation.
    pub const fn input_gradient(convolution: &Convolution) -> Self {
        Self { convolution: *convolution, is_gradient: true }
    }

    /// How many.
    pub const fn count(&self) -> usize {
        let [rows, columns] = self.axes();
        if self.is_gradient { rows.phases() * columns.phases() } else { 1 }
    }

    /// Rows of a packed panel: the products of each phase's sums, and a bias.
    pub fn rows(&self) -> usize {
        let c = &self.convolution;
        if !self.is_gradient {
            return c.filter_height * c.filter_width * c.in_channels + 1;
        }
        let [taps_y, taps_x] = self.axes().map(|axis| axis.taps_before(axis.phases()));
        taps_y * taps_x * c.out_channels + self.count()
    }

    /// Numbers of the filter.
    pub const fn filter_floats(&self) -> usize {
        self.convolution.filter_floats()
    }

    /// Columns of the filter, with those of other phases.
    pub const fn filter_width(&self) -> usize {
        self.convolution.filter_width
    }

    /// Channels of the outputs.
    pub const fn out_channels(&self) -> usize {
        if self.is_gradient { self.convolution.in_channels } else { self.convolution.out_channels }
    }

    /// Numbers of the input: x, or dy.
    pub const fn in_floats(&self) -> usize {
        if self.is_gradient { self.convolution.out_floats() } else { self.convolution.in_floats() }
    }

    /// The phase of index `index`. No other has more rows or columns than the first.
    pub fn at(&self, index: usize) -> Phase {
        let c = &self.convolution;
        if !self.is_gradient {
            let convolution = by_pixels(c);
            let taps = [c.filter_height, c.filter_width].map(|count| Taps { count, first: 0, step: 1 });
            return Phase { convolution, outputs: Outputs::all(&convolution), taps, rows_before: 0 };
        }
        let [rows, columns] = self.axes();
        let (y, x) = (index / columns.phases(), index % columns.phases());
        let taps = [rows.taps(y), columns.taps(x)];
        let [taps_y, taps_x] = taps;
        let taps_before =
            rows.taps_before(y) * columns.taps_before(columns.phases()) + taps_y.count * columns.taps_before(x);
        let unseen = Convolution {
            in_height: c.out_height,
            in_width: c.out_width,
            in_channels: 0,
            out_height: rows.pixels(y),
            out_width: columns.pixels(x),
            out_channels: c.in_channels,
            filter_height: 1,
            filter_width: 1,
            stride_height: 1,
            stride_width: 1,
            dilation_height: 1,
            dilation_width: 1,
            pad_top: 0,
            pad_left: 0,
            ..*c
        };
        let mut convolution = unseen;
        if taps_y.count * taps_x.count > 0 {
            let (dilation_height, pad_top) = rows.dilation_and_pad(y, taps_y);
            let (dilation_width, pad_left) = columns.dilation_and_pad(x, taps_x);
            convolution = Convolution {
                in_channels: c.out_channels,
                filter_height: taps_y.count,
                filter_width: taps_x.count,
                dilation_height,
                dilation_width,
                pad_top,
                pad_left,
                ..unseen
            };
        }
        if c.stride_height * c.stride_width == 1 {
            convolution = by_pixels(&convolution);
            return Phase { convolution, outputs: Outputs::all(&convolution), taps, rows_before: 0 };
        }
        let outputs = Outputs {
            first: y * c.in_width + x,
            image_step: c.in_height * c.in_width,
            row_step: c.stride_height * c.in_width,
            step: c.stride_width,
        };
        Phase { convolution, outputs, taps, rows_before: taps_before * c.out_channels + index }
    }

    const fn axes(&self) -> [Axis; 2] {
        let c = &self.convolution;
        [
            Axis {
                size: c.in_height,
                filter: c.filter_height,
                stride: c.stride_height,
                dilation: c.dilation_height,
                pad: c.pad_top,
            },
            Axis {
                size: c.in_width,
                filter: c.filter_width,
                stride: c.stride_width,
                dilation: c.dilation_width,
                pad: c.pad_left,
            },
        ]
    }
}

/// The same convolution: if it is 1x1 and sees each pixel once, with the pixels of all images as rows.
const fn by_pixels(convolution: &Convolution) -> Convolution {
    let c = *convolution;
    let is_product = c.filter_height * c.filter_width * c.stride_height * c.stride_width == 1
        && c.pad_top == 0
        && c.pad_left == 0
        && c.in_height == c.out_height
        && c.in_width == c.out_width;
    if !is_product {
        return c;
    }
    let pixels = c.batch * c.in_height * c.in_width;
    Convolution { batch: 1, in_height: pixels, in_width: 1, out_height: pixels, out_width: 1, ..c }
}

const fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;

    #[test]
    fn phases_share_the_pixels_and_the_taps_out() {
        for c in naive::convolutions() {
            let phases = Phases::input_gradient(&c);
            let mut pixels = vec![0; c.in_height * c.in_width];
            let mut rows = 0;
            for phase in (0..phases.count()).map(|index| phases.at(index)) {
                assert_eq!(phase.rows_before, rows);
                let [taps_y, taps_x] = phase.taps;
                rows += taps_y.count * taps_x.count * c.out_channels + 1;
                if phases.count() == 1 {
                    continue;
                }
                for y in 0..phase.convolution.out_height {
                    let (first, step) = phase.outputs.of_row(0, y);
                    (0..phase.convolution.out_width).for_each(|x| pixels[first + x * step] += 1);
                }
            }
            assert_eq!(rows, phases.rows());
            assert!(phases.count() == 1 || pixels.iter().all(|&count| count == 1), "{c:?}");
        }
    }
}
