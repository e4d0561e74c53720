//! The functions of [`winograd`](crate::winograd), of a convolution for which [`winograd_fits`] gives 1.
//!
//! `turned` is 0 for the forward pass, and 1 for the input gradient, which is the convolution of the output's gradient
//! with the turned filter.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{epilogue, floats, forward_or_turned, plain, rows_mut, unpooled};
use crate::convolution::Convolution;
use crate::convolution::gradient_rows::Plain;
use crate::epilogue::Epilogue;
use crate::parts::Part;
use crate::simd::tile::{COLUMNS, ROWS};
use crate::winograd::convolve::{PlainRows, PooledRows, Target};
use crate::winograd::filter_gradient::Division;
use crate::winograd::patches::{CutUnpooled, Maps, PlainMaps};
use crate::winograd::{self, Grid, convolve, filter_gradient};

/// Whether a convolution can be computed by these functions: 1 or 0.
#[unsafe(no_mangle)]
pub extern "C" fn winograd_fits(convolution: &Convolution) -> u32 {
    u32::from(winograd::fits(convolution))
}

/// Bytes of the transformed filter.
#[unsafe(no_mangle)]
pub extern "C" fn winograd_filter_bytes(convolution: &Convolution, turned: u32) -> usize {
    floats(winograd::filter_floats(&forward_or_turned(convolution, turned)))
}

/// Parts of [`winograd_filter`].
#[unsafe(no_mangle)]
pub extern "C" fn winograd_filter_parts(convolution: &Convolution, turned: u32) -> usize {
    forward_or_turned(convolution, turned).out_channels.div_ceil(COLUMNS)
}

/// A part of the transformed filter.
///
/// # Safety
/// The contract of [`regions`](super::regions). `filter` has `convolution.filter_floats()` values, and
/// `transformed` has [`winograd_filter_bytes`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: &Convolution,
    turned: u32,
    filter: *const f32,
    transformed: *mut f32,
) {
    let convolution = forward_or_turned(convolution, turned);
    let blocks = convolution.out_channels.div_ceil(COLUMNS);
    let width = winograd::filter_floats(&convolution) / blocks;
    let blocks = Part { index: part, count: parts }.of(blocks);
    // SAFETY: upheld by this function's own contract: the filter is whole, turning it keeps its length, these blocks
    // are among those of `transformed`, and no other part writes them.
    let (filter, transformed) =
        unsafe { (from_raw_parts(filter, convolution.filter_floats()), rows_mut(transformed, &blocks, width)) };
    if turned == 0 {
        convolve::transform_filter(&convolution, blocks, filter, transformed);
    } else {
        convolve::transform_turned_filter(&convolution, blocks, filter, transformed);
    }
}

/// Bytes of workspace for all convolutions with a transformed filter: [`winograd_conv2d`], [`winograd_pool`] and the
/// input gradients.
#[unsafe(no_mangle)]
pub extern "C" fn winograd_workspace(convolution: &Convolution, turned: u32) -> usize {
    floats(convolve::workspace_floats(&forward_or_turned(convolution, turned)))
}

/// Parts of [`winograd_conv2d`], or of the input gradients.
#[unsafe(no_mangle)]
pub extern "C" fn winograd_parts(convolution: &Convolution, turned: u32) -> usize {
    let convolution = forward_or_turned(convolution, turned);
    Grid::over(convolution.out_height, convolution.out_width).parts(convolution.batch)
}

/// A part of a convolution, with a bias and a normalization unless their addresses are 0, and the
/// [`Activation`](crate::epilogue::Activation) of code `activation`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `transformed` has
/// [`winograd_filter_bytes`] bytes, `bias` is 0 or has `out_channels` values, `normalization` is 0 or has
/// `normalization_floats(out_channels)`, `y` has `convolution.out_floats()`, and the workspace has [`winograd_workspace`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_conv2d(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    transformed: *const f32,
    bias: *const f32,
    normalization: *const f32,
    activation: u32,
    y: *mut f32,
) {
    // SAFETY: upheld by this function's own contract: `x` and the bias are whole, and the rest is the contract of
    // `convolve_part`.
    unsafe {
        let epilogue = epilogue(bias, normalization, convolution.out_channels, activation);
        let part = Part { index: part, count: parts };
        convolve_part(part, workspace, convolution, &inputs(convolution, x), transformed, epilogue, y);
    }
}

/// A part of the input gradient, of the transformed turned filter and the output's gradient `dy`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `transformed` has [`winograd_filter_bytes`] bytes, and the workspace
/// [`winograd_workspace`] bytes, both with `turned` 1; `dy` has `convolution.out_floats()` values, `dx` has
/// `convolution.in_floats()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    transformed: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: upheld by this function's own contract: `dy` is whole, and the rest is the contract of
    // `input_gradient_part`.
    unsafe {
        let maps = outputs(convolution, dy);
        input_gradient_part(Part { index: part, count: parts }, workspace, convolution, &maps, transformed, dx);
    }
}

/// [`winograd_input_gradient`] of the gradient `dy` of the pooled output. The convolution's padding above and that to the
/// left are both even, or both odd.
///
/// # Safety
/// As for [`winograd_input_gradient`], except that `dy` and `places` are as long as [`winograd_pool`]'s `output` and
/// `places`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_pool_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    transformed: *const f32,
    dy: *const f32,
    places: *const u8,
    dx: *mut f32,
) {
    // SAFETY: upheld by this function's own contract: `dy` and `places` are whole, and the rest is the contract of
    // `input_gradient_part`.
    unsafe {
        let (maps, part) = (unpooled(convolution, dy, places), Part { index: part, count: parts });
        if convolution.turned().pad_top % 2 == 0 {
            input_gradient_part(part, workspace, convolution, &maps, transformed, dx);
        } else {
            input_gradient_part(part, workspace, convolution, &CutUnpooled(maps), transformed, dx);
        }
    }
}

/// Parts of [`winograd_pool`].
#[unsafe(no_mangle)]
pub extern "C" fn winograd_pool_parts(convolution: &Convolution) -> usize {
    pooled_grid(convolution).parts(convolution.batch)
}

/// A part of convolution, bias, ReLU if `relu` is 1, and 2x2 maximum, as [`conv_pool`](super::conv_pool::conv_pool). The
/// convolution may be padded.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `transformed` has
/// [`winograd_filter_bytes`] bytes, `bias` has `out_channels` values, `output` has
/// `batch * (out_height / 2) * (out_width / 2) * out_channels`, `places` has half as many bytes, and the workspace has
/// [`winograd_workspace`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_pool(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    transformed: *const f32,
    bias: *const f32,
    relu: u32,
    output: *mut f32,
    places: *mut u8,
) {
    let part = Part { index: part, count: parts };
    // SAFETY: upheld by this function's own contract.
    unsafe {
        if relu == 0 {
            pool_part::<false>(part, workspace, convolution, x, transformed, bias, (output, places));
        } else {
            pool_part::<true>(part, workspace, convolution, x, transformed, bias, (output, places));
        }
    }
}

/// A part of [`winograd_pool`].
///
/// # Safety
/// That of [`winograd_pool`].
unsafe fn pool_part<const RELU: bool>(
    part: Part,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    transformed: *const f32,
    bias: *const f32,
    (output, places): (*mut f32, *mut u8),
) {
    let (height, width) = (convolution.out_height / 2, convolution.out_width / 2);
    let grid = pooled_grid(convolution);
    let tile_rows = part.of(convolution.batch * grid.rows);
    let rows = grid.map_rows(&tile_rows, height, 2);
    let channels = convolution.out_channels;
    // SAFETY: upheld by this function's own contract: `x` and the bias are whole, the rows of these tiles are among
    // those of `output` and `places`, no other part writes them, and the rest is the contract of `run`.
    unsafe {
        let mut target = PooledRows::<RELU> {
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
#[unsafe(no_mangle)]
pub extern "C" fn winograd_filter_gradient_parts(convolution: &Convolution) -> usize {
    Division::of(convolution).parts()
}

/// Bytes of the sums of all parts.
#[unsafe(no_mangle)]
pub extern "C" fn winograd_filter_gradient_sums(convolution: &Convolution) -> usize {
    floats(all_sums(convolution))
}

/// Bytes of workspace for [`winograd_filter_gradient`] and [`winograd_pool_filter_gradient`].
#[unsafe(no_mangle)]
pub extern "C" fn winograd_filter_gradient_workspace(convolution: &Convolution) -> usize {
    floats(filter_gradient::workspace_floats(convolution))
}

/// A part's sums of the filter gradient, of the input `x` and the output's gradient `dy`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `x` has `convolution.in_floats()` values, `dy` has
/// `convolution.out_floats()`, and `sums` has [`winograd_filter_gradient_sums`] bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    // SAFETY: upheld by this function's own contract: `dy` is whole, and the rest is the contract of
    // `filter_gradient_part`.
    unsafe {
        let dy = outputs(convolution, dy);
        filter_gradient_part(Part { index: part, count: parts }, workspace, convolution, x, &dy, sums);
    }
}

/// [`winograd_filter_gradient`] of the gradient `dy` of the pooled output.
///
/// # Safety
/// As for [`winograd_filter_gradient`], except that `dy` and `places` are as long as [`winograd_pool`]'s `output` and
/// `places`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_pool_filter_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    dy: *const f32,
    places: *const u8,
    sums: *mut f32,
) {
    // SAFETY: upheld by this function's own contract: `dy` and `places` are whole, and the rest is the contract of
    // `filter_gradient_part`.
    unsafe {
        let dy = unpooled(convolution, dy, places);
        filter_gradient_part(Part { index: part, count: parts }, workspace, convolution, x, &dy, sums);
    }
}

/// Bytes of workspace for [`winograd_filter_gradient_total`].
#[unsafe(no_mangle)]
pub extern "C" fn winograd_filter_gradient_total_workspace(convolution: &Convolution) -> usize {
    floats(filter_gradient::total_workspace_floats(convolution))
}

/// A part of the filter gradient, of the sums of all parts of [`winograd_filter_gradient`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `sums` has [`winograd_filter_gradient_sums`] bytes, and `filter` has
/// `convolution.filter_floats()` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winograd_filter_gradient_total(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: &Convolution,
    sums: *const f32,
    filter: *mut f32,
) {
    let quads = Part { index: part, count: parts }.of(convolution.in_channels / ROWS);
    // SAFETY: upheld by this function's own contract: the sums and the filter are whole, no other part writes the
    // filter's values of these channels, and the workspace has `winograd_filter_gradient_total_workspace` bytes.
    unsafe {
        let workspace = from_raw_parts_mut(workspace, filter_gradient::total_workspace_floats(convolution));
        filter_gradient::total(convolution, quads, from_raw_parts(sums, all_sums(convolution)), filter, workspace);
    }
}

/// Values of the sums of all parts of the filter gradient.
fn all_sums(convolution: &Convolution) -> usize {
    Division::of(convolution).tiles * filter_gradient::sums_floats(convolution)
}

/// Tiles of the pooled output: a last odd row or column of the convolution is not computed.
const fn pooled_grid(convolution: &Convolution) -> Grid {
    Grid::over(convolution.out_height / 2 * 2, convolution.out_width / 2 * 2)
}

/// The convolution's input.
///
/// # Safety
/// `x` has `convolution.in_floats()` values, which can be read for `'a`.
unsafe fn inputs<'a>(convolution: &Convolution, x: *const f32) -> PlainMaps<'a> {
    let &Convolution { in_height, in_width, in_channels, .. } = convolution;
    // SAFETY: upheld by this function's own contract.
    let values = unsafe { from_raw_parts(x, convolution.in_floats()) };
    PlainMaps { rows: Plain { values, height: in_height }, width: in_width, channels: in_channels }
}

/// The gradient of the convolution's output.
///
/// # Safety
/// `dy` has `convolution.out_floats()` values, which can be read for `'a`.
unsafe fn outputs<'a>(convolution: &Convolution, dy: *const f32) -> PlainMaps<'a> {
    // SAFETY: upheld by this function's own contract.
    let rows = unsafe { plain(convolution, dy) };
    PlainMaps { rows, width: convolution.out_width, channels: convolution.out_channels }
}

/// The tiles of `part` of the input gradient, of the output's gradient `maps`.
///
/// # Safety
/// As for [`winograd_input_gradient`], whose `dy` has been read.
unsafe fn input_gradient_part(
    part: Part,
    workspace: *mut f32,
    convolution: &Convolution,
    maps: &impl Maps,
    transformed: *const f32,
    dx: *mut f32,
) {
    let turned = convolution.turned();
    // SAFETY: upheld by this function's own contract: the output of the turned convolution has the values of `dx`, and
    // its filter and workspace are those of `turned` 1.
    unsafe { convolve_part(part, workspace, &turned, maps, transformed, Epilogue::none(), dx) };
}

/// The tiles of `part` of a convolution of `maps`.
///
/// # Safety
/// As for [`winograd_conv2d`], whose `x` and `bias` have been read.
unsafe fn convolve_part(
    part: Part,
    workspace: *mut f32,
    convolution: &Convolution,
    maps: &impl Maps,
    transformed: *const f32,
    epilogue: Epilogue<'_>,
    y: *mut f32,
) {
    let &Convolution { out_height: height, out_width: width, out_channels: channels, .. } = convolution;
    let grid = Grid::over(height, width);
    let tile_rows = part.of(convolution.batch * grid.rows);
    let rows = grid.map_rows(&tile_rows, height, 4);
    // SAFETY: upheld by this function's own contract: the rows of these tiles are among those of `y`, no other part
    // writes them, and the rest is the contract of `run`.
    unsafe {
        let values = rows_mut(y, &rows, width * channels);
        let mut target = PlainRows { values, first_row: rows.start, height, width, channels, epilogue };
        run(convolution, &grid, tile_rows, maps, transformed, &mut target, workspace);
    }
}

/// Convolves `maps` to the tile rows `tile_rows` of `target`.
///
/// # Safety
/// `transformed` has `winograd::filter_floats(convolution)` values, which can be read, and `workspace` has
/// `convolve::workspace_floats(convolution)`, which can be written, and which nothing else uses.
unsafe fn run(
    convolution: &Convolution,
    grid: &Grid,
    tile_rows: core::ops::Range<usize>,
    maps: &impl Maps,
    transformed: *const f32,
    target: &mut impl Target,
    workspace: *mut f32,
) {
    // SAFETY: upheld by this function's own contract, with just these lengths.
    let (transformed, workspace) = unsafe {
        (
            from_raw_parts(transformed, winograd::filter_floats(convolution)),
            from_raw_parts_mut(workspace, convolve::workspace_floats(convolution)),
        )
    };
    convolve::convolve(convolution, grid, tile_rows, maps, transformed, target, workspace);
}

/// The sums of `part` of the filter gradient, of the output's gradient `dy`.
///
/// # Safety
/// As for [`winograd_filter_gradient`], whose `dy` has been read.
unsafe fn filter_gradient_part(
    part: Part,
    workspace: *mut f32,
    convolution: &Convolution,
    x: *const f32,
    dy: &impl Maps,
    sums: *mut f32,
) {
    // SAFETY: upheld by this function's own contract: `x` is whole, this part's sums are among those of all parts, no
    // other part writes them, and the workspace has `winograd_filter_gradient_workspace` bytes.
    unsafe {
        let sums = rows_mut(sums, &filter_gradient::sums_of(convolution, part.index), 1);
        let workspace = from_raw_parts_mut(workspace, filter_gradient::workspace_floats(convolution));
        filter_gradient::filter_gradient(convolution, part, &inputs(convolution, x), dy, sums, workspace);
    }
}
