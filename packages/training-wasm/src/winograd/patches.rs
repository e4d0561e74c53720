//! Patches of maps, for the transforms: as they are, or unpooled on the way. Outside of a map, values are 0.

use super::transforms::{self, Four, six};
use super::{PATCH, SIDE};
use crate::convolution::gradient_rows::{Plain, Unpooled};
use crate::simd::lanes::F32x4;
use crate::simd::window::Places;

/// Maps that patches are taken of.
pub trait Maps {
    /// A patch of them.
    type Patch: Patch;

    /// Numbers per pixel: a multiple of 4.
    fn channels(&self) -> usize;

    /// Rows and columns that hold anything but 0.
    fn size(&self) -> [usize; 2];

    /// The patch of `N` x `N` pixels whose first is pixel (`y`, `x`) of `image`. If it does not lie within, `scratch`,
    /// which has [`scratch_floats`], takes a copy.
    fn patch<const N: usize>(&self, image: usize, y: isize, x: isize, scratch: &mut [f32]) -> Self::Patch;
}

/// Numbers that a copy of a patch of any maps of `channels` channels takes.
pub const fn scratch_floats(channels: usize) -> usize {
    PATCH * PATCH * channels
}

/// Pixels of a map.
pub trait Patch: Copy {
    /// Columns `2 * pair` and the one after it, four channels from `channel` on.
    ///
    /// # Safety
    /// The patch has `N` x `N` pixels, with these columns and channels, and its numbers can be read.
    unsafe fn columns<const N: usize>(self, channel: usize, pair: usize) -> [[F32x4; N]; 2];
}

/// Pixels of a plain map.
#[derive(Clone, Copy, Debug)]
pub struct Pixels {
    first: *const f32,
    /// Numbers from one pixel to the next.
    pixel: usize,
    /// Numbers from one row to the next.
    row: usize,
}

impl Patch for Pixels {
    #[inline(always)]
    unsafe fn columns<const N: usize>(self, channel: usize, pair: usize) -> [[F32x4; N]; 2] {
        let left = self.first.wrapping_add(channel + 2 * pair * self.pixel);
        [left, left.wrapping_add(self.pixel)].map(|top| {
            // SAFETY: upheld by this function's own contract: these are `N` pixels of one column.
            core::array::from_fn(|i| unsafe { F32x4::load(top.wrapping_add(i * self.row)) })
        })
    }
}

/// Cells of 2x2 pixels each: a gradient at the pixel of its place, and zeros.
#[derive(Clone, Copy, Debug)]
pub struct Cells {
    gradient: *const f32,
    places: *const u8,
    /// Numbers from one cell to the next.
    cell: usize,
    /// Numbers from one row of cells to the next.
    row: usize,
}

impl Patch for Cells {
    #[inline(always)]
    unsafe fn columns<const N: usize>(self, channel: usize, pair: usize) -> [[F32x4; N]; 2] {
        let first = channel + pair * self.cell;
        let mut columns = [[F32x4::splat(0.0); N]; 2];
        for i in 0..N / 2 {
            let at = first + i * self.row;
            // SAFETY: upheld by this function's own contract: a cell stands for 2 x 2 of the pixels.
            let (gradient, [places]) = unsafe {
                (F32x4::load(self.gradient.wrapping_add(at)), Places::load::<1>(self.places.wrapping_add(at / 2)))
            };
            columns[0][2 * i] = gradient.masked(places.are_at(0));
            columns[1][2 * i] = gradient.masked(places.are_at(1));
            columns[0][2 * i + 1] = gradient.masked(places.are_at(2));
            columns[1][2 * i + 1] = gradient.masked(places.are_at(3));
        }
        columns
    }
}

/// Cells as [`Cells`], where the patch begins at the last pixel of the first one.
#[derive(Clone, Copy, Debug)]
pub struct CutCells(Cells);

impl Patch for CutCells {
    #[inline(always)]
    unsafe fn columns<const N: usize>(self, channel: usize, pair: usize) -> [[F32x4; N]; 2] {
        let Self(Cells { gradient, places, cell, row }) = self;
        let first = channel + pair * cell;
        let mut columns = [[F32x4::splat(0.0); N]; 2];
        for i in 0..=N / 2 {
            for (j, column) in columns.iter_mut().enumerate() {
                let at = first + j * cell + i * row;
                // SAFETY: upheld by this function's own contract: the patch reaches into these cells.
                let (gradient, [places]) =
                    unsafe { (F32x4::load(gradient.wrapping_add(at)), Places::load::<1>(places.wrapping_add(at / 2))) };
                // Of the left cell its right pixels, of the right one its left ones.
                if i > 0 {
                    column[2 * i - 1] = gradient.masked(places.are_at(1 - j));
                }
                if 2 * i < N {
                    column[2 * i] = gradient.masked(places.are_at(3 - j));
                }
            }
        }
        columns
    }
}

/// `target[p * plane] = (Bᵀ d B)[p]`, for each of the 36 planes p: four channels from `channel` on.
///
/// # Safety
/// The patch has 6x6 pixels with these channels, which can be read; four numbers can be written at
/// each of the 36 planes, `plane` numbers apart from `target` on.
#[inline(always)]
pub unsafe fn transform_patch(patch: impl Patch, channel: usize, target: *mut f32, plane: usize, minus_four: Four) {
    // SAFETY: upheld by this function's own contract: pairs 0 to 2 are the patch's six columns.
    let [[a, b], [c, d], [e, f]] = unsafe {
        [patch.columns::<PATCH>(channel, 0), patch.columns::<PATCH>(channel, 1), patch.columns::<PATCH>(channel, 2)]
    };
    let [a, b, c, d, e, f] = [a, b, c, d, e, f].map(|column| transforms::patch(column, minus_four));
    six(|i| {
        let row = transforms::patch([a[i], b[i], c[i], d[i], e[i], f[i]], minus_four);
        // SAFETY: upheld by this function's own contract: plane `PATCH * i + j` is one of the 36.
        six(|j| unsafe { row[j].store(target.wrapping_add((PATCH * i + j) * plane)) });
    });
}

/// `target[p * plane] = (A dY Aᵀ)[p]`, for each of the 36 planes p: four channels from `channel` on.
///
/// # Safety
/// The patch has 4x4 pixels with these channels, which can be read; four numbers can be written at
/// each of the 36 planes, `plane` numbers apart from `target` on.
#[inline(always)]
pub unsafe fn transform_gradient(patch: impl Patch, channel: usize, target: *mut f32, plane: usize, four: Four) {
    // SAFETY: upheld by this function's own contract: pairs 0 and 1 are the patch's four columns.
    let [[a, b], [c, d]] = unsafe { [patch.columns::<SIDE>(channel, 0), patch.columns::<SIDE>(channel, 1)] };
    let [a, b, c, d] = [a, b, c, d].map(|column| transforms::gradient(column, four));
    six(|i| {
        let row = transforms::gradient([a[i], b[i], c[i], d[i]], four);
        // SAFETY: upheld by this function's own contract: plane `PATCH * i + j` is one of the 36.
        six(|j| unsafe { row[j].store(target.wrapping_add((PATCH * i + j) * plane)) });
    });
}

/// Plain maps, with their width.
#[derive(Clone, Copy, Debug)]
pub struct PlainMaps<'a> {
    /// The numbers, and how many rows an image has.
    pub rows: Plain<'a>,
    /// Pixels per row.
    pub width: usize,
    /// Numbers per pixel: a multiple of 4.
    pub channels: usize,
}

impl Maps for PlainMaps<'_> {
    type Patch = Pixels;

    fn channels(&self) -> usize {
        self.channels
    }

    fn size(&self) -> [usize; 2] {
        [self.rows.height, self.width]
    }

    #[inline(always)]
    fn patch<const N: usize>(&self, image: usize, y: isize, x: isize, scratch: &mut [f32]) -> Pixels {
        let &Self { rows: Plain { values, height }, width, channels } = self;
        if within(y, N, height) && within(x, N, width) {
            let first = ((image * height + y as usize) * width + x as usize) * channels;
            return Pixels { first: values[first..].as_ptr(), pixel: channels, row: width * channels };
        }
        let row = N * channels;
        scratch[..N * row].fill(0.0);
        copy_within([y, x], N, [height, width], |inside, [y, x], count| {
            let from = ((image * height + inside[0]) * width + inside[1]) * channels;
            scratch[(y * N + x) * channels..][..count * channels].copy_from_slice(&values[from..][..count * channels]);
        });
        Pixels { first: scratch.as_ptr(), pixel: channels, row }
    }
}

impl Maps for Unpooled<'_> {
    type Patch = Cells;

    fn channels(&self) -> usize {
        self.channels
    }

    fn size(&self) -> [usize; 2] {
        [2 * self.height, 2 * self.width]
    }

    /// Its first pixel is the first of a cell.
    #[inline(always)]
    fn patch<const N: usize>(&self, image: usize, y: isize, x: isize, scratch: &mut [f32]) -> Cells {
        cells_of(self, N / 2, image, [y >> 1, x >> 1], scratch)
    }
}

/// [`Unpooled`] maps whose patches begin at the last pixel of a cell, as those of an input gradient do where the convolution was
/// padded by an odd number of pixels.
#[derive(Clone, Copy, Debug)]
pub struct CutUnpooled<'a>(pub Unpooled<'a>);

impl Maps for CutUnpooled<'_> {
    type Patch = CutCells;

    fn channels(&self) -> usize {
        self.0.channels
    }

    fn size(&self) -> [usize; 2] {
        self.0.size()
    }

    #[inline(always)]
    fn patch<const N: usize>(&self, image: usize, y: isize, x: isize, scratch: &mut [f32]) -> CutCells {
        CutCells(cells_of(&self.0, N / 2 + 1, image, [y >> 1, x >> 1], scratch))
    }
}

/// A square of `cells` cells a side, of which (`y`, `x`) of `image` is the first.
#[inline(always)]
fn cells_of(maps: &Unpooled<'_>, cells: usize, image: usize, [y, x]: [isize; 2], scratch: &mut [f32]) -> Cells {
    let &Unpooled { gradient, places, height, width, channels } = maps;
    if within(y, cells, height) && within(x, cells, width) {
        let first = ((image * height + y as usize) * width + x as usize) * channels;
        let (gradient, places) = (gradient[first..].as_ptr(), places[first / 2..].as_ptr());
        return Cells { gradient, places, cell: channels, row: width * channels };
    }
    let row = cells * channels;
    // Without a gradient it is all the same where it goes.
    let (copy, places_copy) = scratch.split_at_mut(cells * row);
    copy.fill(0.0);
    let places_copy = places_copy.as_mut_ptr().cast::<u8>();
    copy_within([y, x], cells, [height, width], |inside, [y, x], count| {
        let from = ((image * height + inside[0]) * width + inside[1]) * channels;
        let to = (y * cells + x) * channels;
        copy[to..][..count * channels].copy_from_slice(&gradient[from..][..count * channels]);
        let places = &places[from / 2..][..count * channels / 2];
        // SAFETY: behind the gradients, scratch has room for as many bytes as they have numbers.
        unsafe { core::ptr::copy_nonoverlapping(places.as_ptr(), places_copy.add(to / 2), places.len()) };
    });
    Cells { gradient: copy.as_ptr(), places: places_copy, cell: channels, row }
}

const fn within(first: isize, count: usize, size: usize) -> bool {
    first >= 0 && first as usize + count <= size
}

/// Calls `copy` for each row of a patch that has pixels within a map: where they begin in the map and in the patch, and
/// how many they are.
fn copy_within(first: [isize; 2], side: usize, size: [usize; 2], mut copy: impl FnMut([usize; 2], [usize; 2], usize)) {
    let [rows, columns] = [0, 1].map(|axis| {
        let begin = first[axis].clamp(0, size[axis] as isize);
        let end = (first[axis] + side as isize).clamp(begin, size[axis] as isize);
        begin as usize..end as usize
    });
    if columns.is_empty() {
        return;
    }
    for row in rows {
        let to = [(row as isize - first[0]) as usize, (columns.start as isize - first[1]) as usize];
        copy([row, columns.start], to, columns.len());
    }
}
