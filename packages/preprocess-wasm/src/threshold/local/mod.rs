//! A threshold for each pixel, from the window around it: for uneven light, as on photographed paper.
//!
//! - [`local_mean_mask`]: OpenCV's `adaptiveThreshold(..., ADAPTIVE_THRESH_MEAN_C, THRESH_BINARY, window, offset)`. Its
//!   means are rounded from single precision, with an error of up to 255 * 2^-23 of a level: in windows with sides of
//!   up to 127 pixels no mean is that close to a half; in larger ones a mean may round to the other level there.
//! - [`sauvola_mask`]: scikit-image's `image > threshold_sauvola(image, window, k, r=128)`; J. Sauvola and
//!   M. Pietikäinen, "Adaptive document image binarization", Pattern Recognition 33(2), 2000.
//!
//! ```text
//! for each row:
//!   columns[x] = sum of levels over the window's rows          one row enters, one leaves
//!   sums[x]    = sum of columns over the window's columns      one column enters, one leaves
//!   mask[x]    = level[x] > threshold of sums[x]               scalar.rs, simd128.rs
//! ```
//!
//! All sums are integers, and exact. At most [`WIDEST_WINDOW`]^2 levels are added, up to 255 each: below 2^31; of
//! squares, up to 255^2 each: below 2^40. Time does not depend on how far windows extend beyond the borders.

pub mod scalar;
#[cfg(target_feature = "simd128")]
pub mod simd128;

#[cfg(not(target_feature = "simd128"))]
use scalar as variant;
#[cfg(target_feature = "simd128")]
use simd128 as variant;

use crate::pipeline::Size;

/// The largest side of a window in pixels: OpenCV's 32-bit sums end here, too. 255 * 2901^2 < 2^31.
pub const WIDEST_WINDOW: usize = 2901;

/// Pixels whose sums are computed at once: they stay in the L1 cache. The last block of a row is computed whole, and
/// its excess is dropped.
const BLOCK: usize = 128;

/// Words of workspace for planes of this size.
#[must_use]
pub fn workspace_words(size: Size, window: usize) -> usize {
    let Size { width, height } = size;
    // Columns and their squares, places of columns, repeats.
    (3 * width).saturating_add(window).saturating_add(width.max(height))
}

/// `mask` = 1 where a level is above its window's mean, rounded, less `offset`; else 0. Pixels beyond a border are
/// those on it.
///
/// `levels` and `mask` are `[height, width]`, `window` is odd and at most [`WIDEST_WINDOW`], `workspace` has
/// [`workspace_words`].
pub fn local_mean_mask(levels: &[u8], size: Size, window: usize, offset: i32, workspace: &mut [i32], mask: &mut [u8]) {
    let mut windows = Windows::new(levels, size, window, Border::Repeated, false, workspace);
    // level > mean - offset  <=>  mean <= level + offset - 1
    //                        <=>  sum - area * level <= area * (offset - 1) + area / 2
    // since the area is odd: no mean lies halfway between two levels.
    let area = (window * window) as i32;
    let most = i64::from(area) * (i64::from(offset) - 1) + i64::from(area / 2);
    let most = most.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    windows.for_each_block(mask, |levels, sums, _, pixels| variant::mean_mask(levels, sums, area, most, pixels));
}

/// `mask` = 1 where a level is above its window's `m * (1 + k * (s / 128 - 1))`, else 0; m and s are mean and standard
/// deviation. Planes are mirrored at their borders, without repeating the pixels on them.
///
/// As [`local_mean_mask`] otherwise.
pub fn sauvola_mask(levels: &[u8], size: Size, window: usize, k: f64, workspace: &mut [i32], mask: &mut [u8]) {
    let mut windows = Windows::new(levels, size, window, Border::Mirrored, true, workspace);
    let area = (window * window) as f64;
    windows.for_each_block(mask, |levels, sums, squares, pixels| {
        variant::sauvola_mask(levels, sums, squares, area, k, pixels);
    });
}

/// The pixels beyond a border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Border {
    /// `aaa|abcd|ddd`: OpenCV's `BORDER_REPLICATE`.
    Repeated,
    /// `dcb|abcd|cba`, again and again: numpy's `reflect`.
    Mirrored,
}

impl Border {
    /// Index of the pixel of `length` pixels that is at `position`.
    fn place(self, position: isize, length: usize) -> usize {
        let last = length as isize - 1;
        let place = match self {
            Self::Repeated => position.max(0).min(last),
            Self::Mirrored if last == 0 => 0,
            Self::Mirrored => {
                let place = position.rem_euclid(2 * last);
                place.min(2 * last - place)
            }
        };
        place as usize
    }
}

/// A window that moves over a plane.
struct Windows<'a> {
    levels: &'a [u8],
    size: Size,
    window: usize,
    border: Border,
    /// For each column, the sum of its levels over the window's rows.
    columns: &'a mut [i32],
    /// The same of the levels' squares; empty if they are not needed.
    square_columns: &'a mut [i32],
    /// The column at each place that a window can cover, from `-window / 2` on.
    places: &'a mut [i32],
    /// How often each row, then each column is in the window around the first.
    repeats: &'a mut [i32],
}

// Functions that are not worth a copy per kind of mask are not inlined, to keep the binary small.
impl<'a> Windows<'a> {
    #[inline(never)]
    fn new(
        levels: &'a [u8],
        size: Size,
        window: usize,
        border: Border,
        with_squares: bool,
        workspace: &'a mut [i32],
    ) -> Self {
        assert!(!window.is_multiple_of(2) && window <= WIDEST_WINDOW && levels.len() == size.width * size.height);
        let (columns, workspace) = workspace.split_at_mut(size.width);
        let (square_columns, workspace) = workspace.split_at_mut(if with_squares { size.width } else { 0 });
        let (places, repeats) = workspace.split_at_mut(size.width + window);
        for (place, position) in places.iter_mut().zip(-((window / 2) as isize)..) {
            *place = border.place(position, size.width) as i32;
        }
        columns.fill(0);
        square_columns.fill(0);
        Self { levels, size, window, border, columns, square_columns, places, repeats }
    }

    /// Passes levels, sums of levels, sums of squares (0 if they are not needed) and the mask, block by block.
    fn for_each_block(
        &mut self,
        mask: &mut [u8],
        mut block: impl FnMut(&[u8; BLOCK], &[i32; BLOCK], &[f64; BLOCK], &mut [u8; BLOCK]),
    ) {
        let Size { width, height } = self.size;
        let radius = (self.window / 2) as isize;
        self.count_repeats(height);
        for y in 0..height {
            let repeats = self.repeats[y];
            if repeats > 0 {
                self.add_row(y as isize, repeats);
            }
        }
        self.count_repeats(width);

        let (mut sums, mut squares) = ([0; BLOCK], [0.0; BLOCK]);
        let (mut levels, mut pixels) = ([0; BLOCK], [0; BLOCK]);
        for (y, mask) in mask.chunks_exact_mut(width).enumerate() {
            let row = self.row(y as isize);
            let mut sum = self.first_sum(self.columns) as i32;
            let mut square_sum = self.first_sum(self.square_columns) as f64;
            for ((first, row), mask) in (0..).step_by(BLOCK).zip(row.chunks(BLOCK)).zip(mask.chunks_mut(BLOCK)) {
                let (mut entering, mut leaving) = ([0; BLOCK], [0; BLOCK]);
                variant::slide(
                    &mut sum,
                    self.block(self.columns, first + self.window, &mut entering),
                    self.block(self.columns, first, &mut leaving),
                    &mut sums,
                );
                if !self.square_columns.is_empty() {
                    variant::slide_squares(
                        &mut square_sum,
                        self.block(self.square_columns, first + self.window, &mut entering),
                        self.block(self.square_columns, first, &mut leaving),
                        &mut squares,
                    );
                }
                levels[..row.len()].copy_from_slice(row);
                block(&levels, &sums, &squares, &mut pixels);
                mask.copy_from_slice(&pixels[..mask.len()]);
            }
            if y + 1 < height {
                self.exchange_rows(self.row(y as isize + 1 + radius), self.row(y as isize - radius));
            }
        }
    }

    /// The sum of the window around the first column, which covers that one and half a window to its right.
    #[inline(never)]
    fn first_sum(&self, columns: &[i32]) -> i64 {
        let covered = columns.iter().zip(&*self.repeats).take(self.window / 2 + 1);
        covered.map(|(&column, &repeats)| i64::from(column) * i64::from(repeats)).sum()
    }

    /// The columns from `place` on, gathered in `gathered` if they are not adjacent.
    #[inline(never)]
    fn block<'b>(&self, columns: &'b [i32], place: usize, gathered: &'b mut [i32; BLOCK]) -> &'b [i32; BLOCK] {
        let neighbours = place.checked_sub(self.window / 2).and_then(|first| columns.get(first..));
        if let Some(block) = neighbours.and_then(<[i32]>::first_chunk) {
            return block;
        }
        for (column, &place) in gathered.iter_mut().zip(&self.places[place..]) {
            *column = columns[place as usize];
        }
        gathered
    }

    /// Moves the columns' sums down: `entering` comes in, `leaving` goes.
    #[inline(never)]
    fn exchange_rows(&mut self, entering: &[u8], leaving: &[u8]) {
        for ((sum, &entering), &leaving) in self.columns.iter_mut().zip(entering).zip(leaving) {
            *sum += i32::from(entering) - i32::from(leaving);
        }
        for ((sum, &entering), &leaving) in self.square_columns.iter_mut().zip(entering).zip(leaving) {
            let (entering, leaving) = (i32::from(entering), i32::from(leaving));
            *sum += (entering + leaving) * (entering - leaving);
        }
    }

    /// Adds the row at `y` to the columns, `times` times.
    #[inline(never)]
    fn add_row(&mut self, y: isize, times: i32) {
        let row = self.row(y);
        for (sum, &level) in self.columns.iter_mut().zip(row) {
            *sum += times * i32::from(level);
        }
        for (sum, &level) in self.square_columns.iter_mut().zip(row) {
            *sum += times * i32::from(level) * i32::from(level);
        }
    }

    /// The row at `y`, which may lie beyond a border.
    #[inline(never)]
    fn row(&self, y: isize) -> &'a [u8] {
        let Size { width, height } = self.size;
        &self.levels[self.border.place(y, height) * width..][..width]
    }

    /// Counts how often each of `length` places is in the window around the first.
    #[inline(never)]
    fn count_repeats(&mut self, length: usize) {
        self.repeats.fill(0);
        let radius = (self.window / 2) as isize;
        for position in -radius..=radius {
            self.repeats[self.border.place(position, length)] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean, and mean of squares, of each window: pixel by pixel.
    fn moments(levels: &[u8], size: Size, window: usize, border: Border, x: usize, y: usize) -> (i64, i64) {
        let radius = (window / 2) as isize;
        let (mut sum, mut squares) = (0, 0);
        for row in -radius..=radius {
            for column in -radius..=radius {
                let row = border.place(y as isize + row, size.height);
                let level = levels[row * size.width + border.place(x as isize + column, size.width)];
                sum += i64::from(level);
                squares += i64::from(level) * i64::from(level);
            }
        }
        (sum, squares)
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = |_| {
            state = state * 48_271 % 2_147_483_647;
            (state >> 8) as u8
        };
        (0..length).map(next).collect()
    }

    const SIZES: [(usize, usize); 7] = [(1, 1), (1, 9), (9, 1), (2, 2), (17, 5), (5, 18), (600, 3)];

    #[test]
    fn masks_equal_sums_taken_pixel_by_pixel_at_every_window_and_border() {
        for (width, height) in SIZES {
            let size = Size { width, height };
            let levels = noise(width * height);
            for window in [1, 3, 5, 15, 41] {
                let mut workspace = vec![7; workspace_words(size, window)];
                let (mut local_mean, mut sauvola) = (vec![9; levels.len()], vec![9; levels.len()]);
                local_mean_mask(&levels, size, window, 3, &mut workspace, &mut local_mean);
                sauvola_mask(&levels, size, window, 0.2, &mut workspace, &mut sauvola);
                let area = (window * window) as f64;
                for (index, &level) in levels.iter().enumerate() {
                    let (x, y) = (index % width, index / width);
                    let (sum, _) = moments(&levels, size, window, Border::Repeated, x, y);
                    let mean = (sum as f64 / area).round();
                    assert_eq!(local_mean[index] == 1, f64::from(level) > mean - 3.0, "{size:?}, {window}, {x}, {y}");
                    let (sum, squares) = moments(&levels, size, window, Border::Mirrored, x, y);
                    let mean = sum as f64 / area;
                    let deviation = (squares as f64 / area - mean * mean).max(0.0).sqrt();
                    let threshold = mean * (1.0 + 0.2 * (deviation / 128.0 - 1.0));
                    assert_eq!(sauvola[index] == 1, f64::from(level) > threshold, "{size:?}, {window}, {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn the_widest_window_over_white_does_not_overflow() {
        let size = Size { width: 3, height: 2 };
        let mut workspace = vec![0; workspace_words(size, WIDEST_WINDOW)];
        let mut mask = [9; 6];
        for (offset, expected) in [(i32::MIN, 0), (-255, 0), (0, 0), (1, 1), (256, 1), (i32::MAX, 1)] {
            local_mean_mask(&[255; 6], size, WIDEST_WINDOW, offset, &mut workspace, &mut mask);
            assert_eq!(mask, [expected; 6], "offset {offset}");
        }
        sauvola_mask(&[255; 6], size, WIDEST_WINDOW, 0.2, &mut workspace, &mut mask);
        assert_eq!(mask, [1; 6]);
    }

    #[test]
    fn a_mirrored_border_goes_to_and_fro() {
        let places: Vec<usize> = (-5..6).map(|position| Border::Mirrored.place(position, 3)).collect();
        assert_eq!(places, [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1]);
    }
}
