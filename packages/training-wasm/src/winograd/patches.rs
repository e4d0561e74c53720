//! Patches of maps, for the transforms: as they are, or unpooled on the way. What lies beyond a map is 0.

use crate::lanes::{F32x4, Places};
use crate::rows::{Plain, Unpooled};

/// Maps that patches are taken of.
pub trait Maps {
    /// A patch of them.
    type Patch: Patch;

    /// Numbers of a pixel: a multiple of 4.
    fn channels(&self) -> usize;

    /// Rows and columns that hold anything but 0.
    fn size(&self) -> [usize; 2];

    /// The patch of `N` x `N` pixels whose first is pixel (`y`, `x`) of `image`. If it does not lie within, `scratch`, which
    /// has [`scratch_floats`], takes a copy.
    fn patch<const N: usize>(&self, image: usize, y: isize, x: isize, scratch: &mut [f32]) -> Self::Patch;
}

/// Numbers that a copy of a patch of any maps of `channels` channels takes.
pub const fn scratch_floats(channels: usize) -> usize {
    super::PATCH * super::PATCH * channels
}

/// Pixels of a map.
pub trait Patch: Copy {
    /// Gives columns 0 to `N - 1`, four channels from `channel` on.
    ///
    /// # Safety
    /// The patch is of `N` x `N` pixels, and lives; it has these channels.
    unsafe fn columns<const N: usize>(self, channel: usize, each: impl FnMut(usize, [F32x4; N]));
}

/// Pixels that are as they are.
#[derive(Clone, Copy, Debug)]
pub struct Pixels {
    first: *const f32,
    /// Numbers from a pixel to the next.
    pixel: usize,
    /// Numbers from a row to the next.
    row: usize,
}

impl Patch for Pixels {
    #[inline(always)]
    unsafe fn columns<const N: usize>(self, channel: usize, mut each: impl FnMut(usize, [F32x4; N])) {
        let first = self.first.wrapping_add(channel);
        for j in 0..N {
            let top = first.wrapping_add(j * self.pixel);
            // SAFETY: the caller vouches for the patch.
            each(j, core::array::from_fn(|i| unsafe { F32x4::load(top.wrapping_add(i * self.row)) }));
        }
    }
}

/// Cells of 2x2 pixels each, which stand for the pixel of their place.
#[derive(Clone, Copy, Debug)]
pub struct Cells {
    gradient: *const f32,
    places: *const u8,
    /// Numbers from a cell to the next.
    cell: usize,
    /// Numbers from a row of cells to the next.
    row: usize,
}

impl Patch for Cells {
    #[inline(always)]
    unsafe fn columns<const N: usize>(self, channel: usize, mut each: impl FnMut(usize, [F32x4; N])) {
        for j in 0..N / 2 {
            let mut left = [F32x4::splat(0.0); N];
            let mut right = left;
            for i in 0..N / 2 {
                let at = i * self.row + j * self.cell + channel;
                // SAFETY: the caller vouches for the patch.
                let (gradient, places) = unsafe {
                    (F32x4::load(self.gradient.wrapping_add(at)), Places::load(self.places.wrapping_add(at / 2)))
                };
                left[2 * i] = places.kept::<0>(gradient);
                right[2 * i] = places.kept::<1>(gradient);
                left[2 * i + 1] = places.kept::<2>(gradient);
                right[2 * i + 1] = places.kept::<3>(gradient);
            }
            each(2 * j, left);
            each(2 * j + 1, right);
        }
    }
}

/// Maps as they are, with their width.
#[derive(Clone, Copy, Debug)]
pub struct PlainMaps<'a> {
    /// The numbers, and how many rows an image has.
    pub rows: Plain<'a>,
    /// Pixels of a row.
    pub width: usize,
    /// Numbers of a pixel: a multiple of 4.
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
        let &Self { gradient, places, height, width, channels } = self;
        let (cells, y, x) = (N / 2, y >> 1, x >> 1);
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
}

const fn within(first: isize, count: usize, size: usize) -> bool {
    first >= 0 && first as usize + count <= size
}

/// Calls `copy` for each row of a patch that has pixels within a map: where they begin in the map and in the patch, and how
/// many they are.
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
