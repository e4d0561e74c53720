//! The functions of [`winograd`](crate::winograd): of a convolution that [`winograd_fits`].

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, plain, rows_mut, unpooled};
use crate::convolution::Convolution;
use crate::convolution::gradient_rows::Plain;
use crate::parts::Part;
use crate::simd::tile::{COLUMNS, ROWS};
use crate::winograd::convolve::{PlainRows, PooledRows, Target};
use crate::winograd::filter_gradient::Division;
use crate::winograd::patches::{Maps, PlainMaps};
use crate::winograd::{self, Grid, convolve, filter_gradient};

/// Whether a convolution can be computed so: 1 or 0.
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_fits(convolution: *const Convolution) -> u32 {
    // SAFETY: the caller vouches for it.
    u32::from(winograd::fits(unsafe { &*convolution }))
}

/// Bytes of the transformed filter, of the forward pass (`turned` 0) or the input gradient (1).
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_bytes(convolution: *const Convolution, turned: u32) -> usize {
    // SAFETY: the caller vouches for it.
    floats(winograd::filter_floats(&unsafe { forward_or_turned(convolution, turned) }))
}

/// Parts of [`winograd_filter`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_parts(convolution: *const Convolution, turned: u32) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { forward_or_turned(convolution, turned) }.out_channels.div_ceil(COLUMNS)
}

/// A part of the transformed filter.
///
/// # Safety
/// Addresses of a [`Convolution`], of its filter, and of the transformed filter, which is writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: *const Convolution,
    turned: u32,
    filter: *const f32,
    transformed: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = forward_or_turned(convolution, turned);
        let blocks = convolution.out_channels.div_ceil(COLUMNS);
        let width = winograd::filter_floats(&convolution) / blocks;
        let blocks = Part { index: part, count: parts }.of(blocks);
        let transformed = rows_mut(transformed, &blocks, width);
        let filter = from_raw_parts(filter, convolution.filter_floats());
        if turned == 0 {
            convolve::transform_filter(&convolution, blocks, filter, transformed);
        } else {
            convolve::transform_turned_filter(&convolution, blocks, filter, transformed);
        }
    }
}

/// Bytes of workspace for all convolutions that take a transformed filter.
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_workspace(convolution: *const Convolution, turned: u32) -> usize {
    // SAFETY: the caller vouches for it.
    floats(convolve::workspace_floats(&unsafe { forward_or_turned(convolution, turned) }))
}

/// Parts of [`winograd_conv2d`] (`turned` 0), or of the input gradients (1).
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_parts(convolution: *const Convolution, turned: u32) -> usize {
    // SAFETY: the caller vouches for it.
    let convolution = unsafe { forward_or_turned(convolution, turned) };
    Grid::over(convolution.out_height, convolution.out_width).parts(convolution.batch)
}

/// A part of a convolution, with a bias unless its address is 0, and ReLU if `relu` is 1.
///
/// # Safety
/// Addresses of a [`Convolution`], of `x`, the transformed filter, the bias, and of `y`, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_conv2d(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    x: *const f32,
    transformed: *const f32,
    bias: *const f32,
    relu: u32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let bias = if bias.is_null() { &[][..] } else { from_raw_parts(bias, convolution.out_channels) };
        let part = Part { index: part, count: parts };
        convolve_part(part, workspace, convolution, &inputs(convolution, x), transformed, (bias, relu == 1), y);
    }
}

/// A part of the input gradient, of the transformed turned filter and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`], of the transformed filter, `dy`, and of `dx`, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    transformed: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let maps = outputs(&*convolution, dy);
        let convolution = &winograd::turned(&*convolution);
        convolve_part(Part { index: part, count: parts }, workspace, convolution, &maps, transformed, (&[], false), dx);
    }
}

/// The same of the gradient `dy` of the pooled output.
///
/// # Safety
/// As for [`winograd_input_gradient`]; `places` are those of [`winograd_pool`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_pool_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    transformed: *const f32,
    dy: *const f32,
    places: *const u8,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let maps = unpooled(&*convolution, dy, places);
        let convolution = &winograd::turned(&*convolution);
        convolve_part(Part { index: part, count: parts }, workspace, convolution, &maps, transformed, (&[], false), dx);
    }
}

/// Parts of [`winograd_pool`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_pool_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    let convolution = unsafe { &*convolution };
    pooled_grid(convolution).parts(convolution.batch)
}

/// A part of convolution, bias, ReLU and 2x2 maximum: as [`conv_pool`](super::conv_pool).
///
/// # Safety
/// Addresses of a [`Convolution`] that is not padded, and of its tensors: `x`, the transformed filter, `bias` readable,
/// `output` and `places` writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_pool(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    x: *const f32,
    transformed: *const f32,
    bias: *const f32,
    output: *mut f32,
    places: *mut u8,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let (height, width) = (convolution.out_height / 2, convolution.out_width / 2);
        let grid = pooled_grid(convolution);
        let tile_rows = Part { index: part, count: parts }.of(convolution.batch * grid.rows);
        let rows = grid.map_rows(&tile_rows, height, 2);
        let channels = convolution.out_channels;
        let mut target = PooledRows {
            values: rows_mut(output, &rows, width * channels),
            places: rows_mut(places, &rows, width * channels / 2),
            first_row: rows.start,
            height,
            width,
            channels,
            bias: from_raw_parts(bias, channels),
        };
        let maps = inputs(convolution, x);
        run(convolution, &grid, tile_rows, &maps, transformed, &mut target, workspace);
    }
}

/// Parts of [`winograd_filter_gradient`] and [`winograd_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    Division::of(unsafe { &*convolution }).parts()
}

/// Bytes of the sums of all parts.
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient_sums(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(all_sums(unsafe { &*convolution }))
}

/// Bytes of workspace for [`winograd_filter_gradient`] and [`winograd_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(filter_gradient::workspace_floats(unsafe { &*convolution }))
}

/// A part's sums of the filter gradient, of the input `x` and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`], of its `x` and `dy`, and of the sums of all parts, which are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    x: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let dy = outputs(convolution, dy);
        gradient_part(Part { index: part, count: parts }, workspace, convolution, x, &dy, sums);
    }
}

/// The same of the gradient `dy` of the pooled output.
///
/// # Safety
/// As for [`winograd_filter_gradient`]; `places` are those of [`winograd_pool`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_pool_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    x: *const f32,
    dy: *const f32,
    places: *const u8,
    sums: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let dy = unpooled(convolution, dy, places);
        gradient_part(Part { index: part, count: parts }, workspace, convolution, x, &dy, sums);
    }
}

/// Bytes of workspace for [`winograd_filter_gradient_total`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient_total_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(filter_gradient::total_workspace_floats(unsafe { &*convolution }))
}

/// Filter gradient of the sums of all parts, in parts of its own.
///
/// # Safety
/// Addresses of a [`Convolution`], of all sums, and of the filter, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient_total(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    sums: *const f32,
    filter: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let quads = Part { index: part, count: parts }.of(convolution.in_channels / ROWS);
        let workspace = from_raw_parts_mut(workspace, filter_gradient::total_workspace_floats(convolution));
        filter_gradient::total(convolution, quads, from_raw_parts(sums, all_sums(convolution)), filter, workspace);
    }
}

/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
const unsafe fn forward_or_turned(convolution: *const Convolution, turned: u32) -> Convolution {
    // SAFETY: the caller vouches for it.
    let convolution = unsafe { *convolution };
    if turned == 0 { convolution } else { winograd::turned(&convolution) }
}

fn all_sums(convolution: &Convolution) -> usize {
    Division::of(convolution).tiles * filter_gradient::sums_floats(convolution)
}

/// Tiles of what pooling keeps: a last odd row or column of the convolution is not computed.
const fn pooled_grid(convolution: &Convolution) -> Grid {
    Grid::over(convolution.out_height / 2 * 2, convolution.out_width / 2 * 2)
}

/// # Safety
/// `x` is the address of the convolution's input.
unsafe fn inputs<'a>(convolution: &Convolution, x: *const f32) -> PlainMaps<'a> {
    let &Convolution { in_height, in_width, in_channels, .. } = convolution;
    // SAFETY: the caller vouches for it.
    let values = unsafe { from_raw_parts(x, convolution.in_floats()) };
    PlainMaps { rows: Plain { values, height: in_height }, width: in_width, channels: in_channels }
}

/// # Safety
/// `dy` is the address of the convolution's output gradient.
unsafe fn outputs<'a>(convolution: &Convolution, dy: *const f32) -> PlainMaps<'a> {
    // SAFETY: the caller vouches for it.
    let rows = unsafe { plain(convolution, dy) };
    PlainMaps { rows, width: convolution.out_width, channels: convolution.out_channels }
}

/// # Safety
/// As for [`winograd_conv2d`].
unsafe fn convolve_part(
    part: Part,
    workspace: *mut f32,
    convolution: &Convolution,
    maps: &impl Maps,
    transformed: *const f32,
    (bias, relu): (&[f32], bool),
    y: *mut f32,
) {
    let &Convolution { out_height: height, out_width: width, out_channels: channels, .. } = convolution;
    let grid = Grid::over(height, width);
    let tile_rows = part.of(convolution.batch * grid.rows);
    let rows = grid.map_rows(&tile_rows, height, 4);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let values = rows_mut(y, &rows, width * channels);
        let mut target = PlainRows { values, first_row: rows.start, height, width, channels, bias, relu };
        run(convolution, &grid, tile_rows, maps, transformed, &mut target, workspace);
    }
}

/// # Safety
/// Addresses of the transformed filter and the workspace of a convolution.
unsafe fn run(
    convolution: &Convolution,
    grid: &Grid,
    tile_rows: core::ops::Range<usize>,
    maps: &impl Maps,
    transformed: *const f32,
    target: &mut impl Target,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    let (transformed, workspace) = unsafe {
        (
            from_raw_parts(transformed, winograd::filter_floats(convolution)),
            from_raw_parts_mut(workspace, convolve::workspace_floats(convolution)),
        )
    };
    convolve::convolve(convolution, grid, tile_rows, maps, transformed, target, workspace);
}

/// # Safety
/// As for [`winograd_filter_gradient`].
unsafe fn gradient_part(
    part: Part,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    dy: &impl Maps,
    sums: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let sums = rows_mut(sums, &filter_gradient::sums_of(convolution, part.index), 1);
        let workspace = from_raw_parts_mut(workspace, filter_gradient::workspace_floats(convolution));
        filter_gradient::filter_gradient(convolution, part, &inputs(convolution, x), dy, sums, workspace);
    }
}
