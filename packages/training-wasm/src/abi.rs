//! What WebAssembly callers see: plain functions on addresses of the shared memory. It converts and delegates.
//!
//! Addresses of numbers are multiples of 4, of `f64` and of workspaces multiples of 8; sizes are at least 1 (a depth or a
//! batch may be 0), and their products fit the memory; regions handed to one call do not overlap. Each function's contract
//! is its `# Safety` section. A workspace has the bytes that the function of the same name with `_workspace` gives.
//!
//! A function whose first arguments are `part`, `parts` and `workspace` does one part of the work. Its parts may run at the
//! same time, on instances of their own over the same memory, each with a workspace of its own.

mod winograd;

use core::ops::Range;
use core::slice::{from_raw_parts, from_raw_parts_mut};

use crate::adam::{self, Settings, Stepped, Weights};
use crate::batch_norm::{self, Channels};
use crate::conv_pool::{self, Filter};
use crate::convolution::Convolution;
use crate::elements::Axis;
use crate::matmul::{self, Product};
use crate::parts::Part;
use crate::pool::{self, Pooling};
use crate::rows::{Plain, Unpooled};
use crate::{depthwise, elements, filter_gradient, first_conv_pool, input_gradient, row_sums, segment_sum, tile};

/// Bytes of `count` numbers.
const fn floats(count: usize) -> usize {
    size_of::<f32>() * count
}

/// Bytes of `count` words.
const fn words(count: usize) -> usize {
    size_of::<u32>() * count
}

/// Numbers of the packed filter of [`conv_pool`].
fn conv_pool_panels_floats(convolution: &Convolution) -> usize {
    if first_conv_pool::fits(convolution) {
        first_conv_pool::panels_floats(convolution)
    } else {
        conv_pool::panels_floats(convolution)
    }
}

/// Rows `rows` of a tensor with rows of `width` numbers.
///
/// # Safety
/// They are writable, and nobody else's.
const unsafe fn rows_mut<'a, T>(tensor: *mut T, rows: &Range<usize>, width: usize) -> &'a mut [T] {
    // SAFETY: the caller vouches for it.
    unsafe { from_raw_parts_mut(tensor.add(rows.start * width), (rows.end - rows.start) * width) }
}

/// Parts of [`conv2d_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    filter_gradient::parts(unsafe { &*convolution })
}

/// Bytes of a part's sums, of [`conv2d_filter_gradient`] and [`conv_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_sums(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(filter_gradient::sums_floats(unsafe { &*convolution }))
}

/// Bytes of workspace for [`conv2d_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(filter_gradient::workspace_floats(unsafe { &*convolution }))
}

/// Bytes of the turned filter.
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_input_gradient_panels(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(input_gradient::panels_floats(unsafe { &*convolution }))
}

/// Bytes of workspace for [`conv2d_input_gradient`] and [`conv_pool_input_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_input_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(input_gradient::workspace_floats(unsafe { &*convolution }))
}

/// Bytes of the packed filter.
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_panels(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(conv_pool_panels_floats(unsafe { &*convolution }))
}

/// Bytes of workspace for [`conv_pool`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    let convolution = unsafe { &*convolution };
    if first_conv_pool::fits(convolution) {
        words(first_conv_pool::workspace_words(convolution))
    } else {
        floats(conv_pool::workspace_floats(convolution))
    }
}

/// Parts of [`conv_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    let convolution = unsafe { &*convolution };
    if first_conv_pool::fits(convolution) {
        first_conv_pool::gradient_parts(convolution)
    } else {
        filter_gradient::parts(convolution)
    }
}

/// Bytes of workspace for [`conv_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    let convolution = unsafe { &*convolution };
    if first_conv_pool::fits(convolution) {
        words(first_conv_pool::workspace_words(convolution)) + floats(first_conv_pool::buckets_floats(convolution))
    } else {
        floats(filter_gradient::workspace_floats(convolution))
    }
}

/// A part's sums of the filter gradient, of the input `x` and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`], of its `x` and `dy`, and of the sums of all parts, which are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient(
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
        let width = filter_gradient::sums_floats(convolution);
        let part = Part { index: part, count: parts };
        filter_gradient::filter_gradient(
            convolution,
            part.of(convolution.batch * convolution.out_height),
            from_raw_parts(x, convolution.in_floats()),
            &plain(convolution, dy),
            rows_mut(sums, &(part.index..part.index + 1), width),
            from_raw_parts_mut(workspace, filter_gradient::workspace_floats(convolution)),
        );
    }
}

/// Filter gradient of the sums of `sums_parts` parts, in parts of its own.
///
/// # Safety
/// Addresses of a [`Convolution`], of all sums, and of the filter, which is writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_total(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: *const Convolution,
    sums_parts: usize,
    sums: *const f32,
    filter: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let out_channels = convolution.out_channels;
        let rows = Part { index: part, count: parts }.of(convolution.filter_floats() / out_channels);
        filter_gradient::add_parts(
            convolution,
            rows.clone(),
            from_raw_parts(sums, sums_parts * filter_gradient::sums_floats(convolution)),
            rows_mut(filter, &rows, out_channels),
        );
    }
}

/// Turns a filter for the input gradient.
///
/// # Safety
/// Addresses of a [`Convolution`], of its filter, and of the turned filter, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_turn_filter(convolution: *const Convolution, filter: *const f32, panels: *mut f32) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        input_gradient::turn_filter(
            convolution,
            from_raw_parts(filter, convolution.filter_floats()),
            from_raw_parts_mut(panels, input_gradient::panels_floats(convolution)),
        );
    }
}

/// A part of the input gradient, of the turned filter and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`], of the turned filter, `dy`, and of `dx`, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    panels: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
        input_gradient::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(panels, input_gradient::panels_floats(convolution)),
            &plain(convolution, dy),
            rows_mut(dx, &rows, convolution.in_row()),
            from_raw_parts_mut(workspace, input_gradient::workspace_floats(convolution)),
        );
    }
}

/// Packs a filter and its bias for [`conv_pool`].
///
/// # Safety
/// Addresses of a [`Convolution`], of its filter, of its bias, and of the packed filter, which is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_pack_filter(
    convolution: *const Convolution,
    filter: *const f32,
    bias: *const f32,
    panels: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let filter = from_raw_parts(filter, convolution.filter_floats());
        let bias = from_raw_parts(bias, convolution.out_channels);
        let panels = from_raw_parts_mut(panels, conv_pool_panels_floats(convolution));
        if first_conv_pool::fits(convolution) {
            first_conv_pool::pack_filter(convolution, filter, bias, panels);
        } else {
            conv_pool::pack_filter(convolution, filter, panels);
        }
    }
}

/// A part of convolution, bias, ReLU and 2x2 maximum: the pooled output and the places of its maxima.
///
/// # Safety
/// Addresses of a [`Convolution`] that is neither padded, strided nor dilated and has a multiple of 4 output channels, and
/// of its tensors: `x`, the packed filter, `bias` readable, `output` and `places` writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    x: *const f32,
    panels: *const f32,
    bias: *const f32,
    output: *mut f32,
    places: *mut u8,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let rows = Part { index: part, count: parts }.of(convolution.batch * (convolution.out_height / 2));
        let row = convolution.out_width / 2 * convolution.out_channels;
        let x = from_raw_parts(x, convolution.in_floats());
        let filter = Filter {
            panels: from_raw_parts(panels, conv_pool_panels_floats(convolution)),
            bias: from_raw_parts(bias, convolution.out_channels),
        };
        let (output, places) = (rows_mut(output, &rows, row), rows_mut(places, &rows, row / 2));
        if first_conv_pool::fits(convolution) {
            let workspace = from_raw_parts_mut(workspace.cast(), first_conv_pool::workspace_words(convolution));
            first_conv_pool::conv_pool(convolution, rows, x, filter, output, places, workspace);
        } else {
            let workspace = from_raw_parts_mut(workspace, conv_pool::workspace_floats(convolution));
            conv_pool::conv_pool(convolution, rows, x, filter, output, places, workspace);
        }
    }
}

/// A part's sums of the filter gradient of [`conv_pool`], of the gradient `dy` of its output.
///
/// # Safety
/// As for [`conv2d_filter_gradient`]; `places` are those of [`conv_pool`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient(
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
        let width = filter_gradient::sums_floats(convolution);
        let part = Part { index: part, count: parts };
        let x = from_raw_parts(x, convolution.in_floats());
        let dy = unpooled(convolution, dy, places);
        let sums = rows_mut(sums, &(part.index..part.index + 1), width);
        if first_conv_pool::fits(convolution) {
            let rows = part.of(convolution.batch * dy.height);
            let code_words = first_conv_pool::workspace_words(convolution);
            let buckets = workspace.add(code_words);
            first_conv_pool::filter_gradient(
                convolution,
                rows,
                x,
                &dy,
                sums,
                from_raw_parts_mut(workspace.cast(), code_words),
                from_raw_parts_mut(buckets, first_conv_pool::buckets_floats(convolution)),
            );
        } else {
            let rows = part.of(convolution.batch * convolution.out_height);
            let workspace = from_raw_parts_mut(workspace, filter_gradient::workspace_floats(convolution));
            filter_gradient::filter_gradient(convolution, rows, x, &dy, sums, workspace);
        }
    }
}

/// A part of the input gradient of [`conv_pool`], of the gradient `dy` of its output.
///
/// # Safety
/// As for [`conv2d_input_gradient`]; `places` are those of [`conv_pool`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_input_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    convolution: *const Convolution,
    panels: *const f32,
    dy: *const f32,
    places: *const u8,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
        input_gradient::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(panels, input_gradient::panels_floats(convolution)),
            &unpooled(convolution, dy, places),
            rows_mut(dx, &rows, convolution.in_row()),
            from_raw_parts_mut(workspace, input_gradient::workspace_floats(convolution)),
        );
    }
}

/// A part's sums of the bias gradient of [`conv_pool`], of the gradient `dy` of its output: see [`row_sums`].
///
/// # Safety
/// `dy` has `rows * channels` readable numbers, `places` half as many bytes; the sums of all parts are
/// writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_bias_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rows: usize,
    channels: usize,
    dy: *const f32,
    places: *const u8,
    sums: *mut f64,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let part = Part { index: part, count: parts };
        conv_pool::bias_gradient(
            part.of(rows),
            from_raw_parts(dy, rows * channels),
            from_raw_parts(places, rows * channels / 2),
            rows_mut(sums, &(part.index..part.index + 1), channels),
        );
    }
}

/// Parts of [`depthwise_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient_parts(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    depthwise::parts(unsafe { &*convolution })
}

/// A part's sums of the filter gradient of a depthwise convolution.
///
/// # Safety
/// Addresses of a [`Convolution`], of its `x` and `dy`, and of the sums of all parts, which are writable, as many numbers a
/// part as the filter has; so is the workspace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient(
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
        let width = depthwise::filter_floats(convolution);
        let part = Part { index: part, count: parts };
        depthwise::filter_gradient(
            convolution,
            part.of(convolution.batch * convolution.out_height),
            from_raw_parts(x, convolution.in_floats()),
            from_raw_parts(dy, convolution.out_floats()),
            rows_mut(sums, &(part.index..part.index + 1), width),
            from_raw_parts_mut(workspace, width),
        );
    }
}

/// Filter gradient of a depthwise convolution, of the sums of all parts.
///
/// # Safety
/// `sums` has `parts` times `size` readable numbers, `filter` has `size` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_filter_gradient_total(
    parts: usize,
    size: usize,
    sums: *const f32,
    filter: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        depthwise::add_parts(from_raw_parts(sums, parts * size), from_raw_parts_mut(filter, size));
    }
}

/// A part of the input gradient of a depthwise convolution.
///
/// # Safety
/// Addresses of a [`Convolution`], of its filter and `dy`, and of `dx`, which is writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn depthwise_input_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    convolution: *const Convolution,
    filter: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let rows = Part { index: part, count: parts }.of(convolution.batch * convolution.in_height);
        depthwise::input_gradient(
            convolution,
            rows.clone(),
            from_raw_parts(filter, depthwise::filter_floats(convolution)),
            from_raw_parts(dy, convolution.out_floats()),
            rows_mut(dx, &rows, convolution.in_row()),
        );
    }
}

/// A part of the maxima over windows.
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `x` readable, `y` writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: *const Pooling,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let rows = Part { index: part, count: parts }.of(pooling.batch * pooling.out_height);
        pool::max_pool(
            pooling,
            rows.clone(),
            from_raw_parts(x, pooling.in_floats()),
            rows_mut(y, &rows, pooling.out_width * pooling.channels),
        );
    }
}

/// A part of the means over windows.
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `x` readable, `y` writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn average_pool(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: *const Pooling,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let rows = Part { index: part, count: parts }.of(pooling.batch * pooling.out_height);
        pool::average_pool(
            pooling,
            rows.clone(),
            from_raw_parts(x, pooling.in_floats()),
            rows_mut(y, &rows, pooling.out_width * pooling.channels),
        );
    }
}

/// Bytes of workspace for [`max_pool_gradient`].
///
/// # Safety
/// `pooling` is the address of a readable [`Pooling`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool_gradient_workspace(pooling: *const Pooling) -> usize {
    // SAFETY: the caller vouches for it.
    floats(pool::workspace_floats(unsafe { &*pooling }))
}

/// A part of the gradient of [`max_pool`].
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `x`, `dy` readable, `dx` writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool_gradient(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    pooling: *const Pooling,
    x: *const f32,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let images = Part { index: part, count: parts }.of(pooling.batch);
        pool::max_pool_gradient(
            pooling,
            images.clone(),
            from_raw_parts(x, pooling.in_floats()),
            from_raw_parts(dy, pooling.out_floats()),
            rows_mut(dx, &images, pooling.in_image()),
            from_raw_parts_mut(workspace, pool::workspace_floats(pooling)),
        );
    }
}

/// A part of the gradient of [`average_pool`].
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `dy` readable, `dx` writable; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn average_pool_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    pooling: *const Pooling,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        let images = Part { index: part, count: parts }.of(pooling.batch);
        pool::average_pool_gradient(
            pooling,
            images.clone(),
            from_raw_parts(dy, pooling.out_floats()),
            rows_mut(dx, &images, pooling.in_image()),
        );
    }
}

/// Parts of [`matmul`].
#[unsafe(no_mangle)]
pub extern "C" fn matmul_parts(columns: usize) -> usize {
    matmul::parts(columns)
}

/// Bytes of workspace for [`matmul`].
#[unsafe(no_mangle)]
pub extern "C" fn matmul_workspace(depth: usize) -> usize {
    floats(matmul::workspace_floats(depth))
}

/// A part of the product of two matrices; 1 for transposed ones.
///
/// # Safety
/// `a` and `b` are readable, `out` is writable, with the sizes that [`Product`] tells of.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matmul(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    depth: usize,
    columns: usize,
    transpose_a: u32,
    transpose_b: u32,
    a: *const f32,
    b: *const f32,
    out: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let product = Product { rows, depth, columns, transpose_a: transpose_a != 0, transpose_b: transpose_b != 0 };
        matmul::matmul(
            &product,
            Part { index: part, count: parts },
            from_raw_parts(a, rows * depth),
            from_raw_parts(b, depth * columns),
            out,
            from_raw_parts_mut(workspace, matmul::workspace_floats(depth)),
        );
    }
}

/// Parts of sums over rows.
#[unsafe(no_mangle)]
pub extern "C" fn row_sums_parts(rows: usize) -> usize {
    row_sums::parts(rows)
}

/// A part's sums over the rows of `x`.
///
/// # Safety
/// `x` has `rows * channels` readable numbers; the sums of all parts, `channels` a part, and `channels` numbers of workspace
/// are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn row_sums(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    sums: *mut f64,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let part = Part { index: part, count: parts };
        row_sums::sums(
            part.of(rows),
            from_raw_parts(x, rows * channels),
            rows_mut(sums, &(part.index..part.index + 1), channels),
            from_raw_parts_mut(workspace, channels),
        );
    }
}

/// Bytes of workspace for [`axis_sums`].
#[unsafe(no_mangle)]
pub const extern "C" fn axis_sums_workspace(inner: usize) -> usize {
    size_of::<f64>() * inner + floats(inner)
}

/// A part of `factor` times the sums along the middle axis of `x`, `[outer, count, inner]`.
///
/// # Safety
/// `x` has as many readable numbers, `out` has `outer * inner` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn axis_sums(
    part: usize,
    parts: usize,
    workspace: *mut f64,
    outer: usize,
    count: usize,
    inner: usize,
    factor: f64,
    x: *const f32,
    out: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let outer = Part { index: part, count: parts }.of(outer);
        row_sums::axis_sums(
            from_raw_parts(x.add(outer.start * count * inner), outer.len() * count * inner),
            count,
            factor,
            rows_mut(out, &outer, inner),
            from_raw_parts_mut(workspace, inner),
            from_raw_parts_mut(workspace.add(inner).cast(), inner),
        );
    }
}

/// `factor` times the sums of all parts.
///
/// # Safety
/// `sums` has `parts * channels` readable numbers, `out` has `channels` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn row_sums_total(parts: usize, channels: usize, factor: f64, sums: *const f64, out: *mut f32) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        row_sums::add_parts(from_raw_parts(sums, parts * channels), factor, from_raw_parts_mut(out, channels));
    }
}

/// Bytes of workspace for [`batch_norm_statistics`] and [`batch_norm_gradient_sums`].
#[unsafe(no_mangle)]
pub extern "C" fn batch_norm_workspace(channels: usize) -> usize {
    floats(batch_norm::workspace_floats(channels))
}

/// A part's means and sums of squared distances from them.
///
/// # Safety
/// `x` has `rows * channels` readable numbers; the moments of all parts are writable, `2 * channels` a part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_statistics(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    moments: *mut f64,
) {
    let rows = Part { index: part, count: parts }.of(rows);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::statistics(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            rows_mut(moments, &(part..part + 1), 2 * channels),
            from_raw_parts_mut(workspace, batch_norm::workspace_floats(channels)),
        );
    }
}

/// Means and variances over all rows, of the [`batch_norm_statistics`] of all parts, which are overwritten.
///
/// # Safety
/// `moments` has `parts * 2 * channels` readable and writable numbers; `mean` and `variance` have `channels` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_total_statistics(
    parts: usize,
    rows: usize,
    channels: usize,
    moments: *mut f64,
    mean: *mut f32,
    variance: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::total_statistics(
            rows,
            from_raw_parts_mut(moments, parts * 2 * channels),
            from_raw_parts_mut(mean, channels),
            from_raw_parts_mut(variance, channels),
        );
    }
}

/// Normalizes a part of the rows.
///
/// # Safety
/// `x` has `rows * channels` readable numbers, the four parameters have `channels`; `y` is writable, and `channels` numbers of
/// workspace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    mean: *const f32,
    variance: *const f32,
    scale: *const f32,
    offset: *const f32,
    epsilon: f32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let rows = Part { index: part, count: parts }.of(rows);
        batch_norm::normalize(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            Channels {
                mean: from_raw_parts(mean, channels),
                variance: from_raw_parts(variance, channels),
                scale: from_raw_parts(scale, channels),
                offset: from_raw_parts(offset, channels),
                epsilon,
            },
            rows_mut(y, &rows, channels),
            from_raw_parts_mut(workspace, channels),
        );
    }
}

/// A part's sums for the gradients of batch normalization.
///
/// # Safety
/// `x` and `dy` have `rows * channels` readable numbers, `mean` has `channels`; the sums of all parts are writable,
/// `2 * channels` a part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_gradient_sums(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    dy: *const f32,
    mean: *const f32,
    sums: *mut f64,
) {
    let rows = Part { index: part, count: parts }.of(rows);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::gradient_sums(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(dy.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(mean, channels),
            rows_mut(sums, &(part..part + 1), 2 * channels),
            from_raw_parts_mut(workspace, batch_norm::workspace_floats(channels)),
        );
    }
}

/// Gradients of scale and offset, and what [`batch_norm_input_gradient`] needs, of all sums.
///
/// # Safety
/// `sums` has `parts * 2 * channels` readable numbers, `variance` and `scale` have `channels`; `coefficients` has
/// `3 * channels` writable numbers, `d_scale` and `d_offset` have `channels`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_coefficients(
    parts: usize,
    rows: usize,
    channels: usize,
    sums: *const f64,
    variance: *const f32,
    scale: *const f32,
    epsilon: f32,
    coefficients: *mut f32,
    d_scale: *mut f32,
    d_offset: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::coefficients(
            rows,
            from_raw_parts(sums, parts * 2 * channels),
            Channels {
                mean: &[],
                variance: from_raw_parts(variance, channels),
                scale: from_raw_parts(scale, channels),
                offset: &[],
                epsilon,
            },
            from_raw_parts_mut(coefficients, 3 * channels),
            from_raw_parts_mut(d_scale, channels),
            from_raw_parts_mut(d_offset, channels),
        );
    }
}

/// A part of the input gradient of batch normalization.
///
/// # Safety
/// `x` and `dy` have `rows * channels` readable numbers, `mean` and the coefficients those that they have; `dx` is writable;
/// the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_input_gradient(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rows: usize,
    channels: usize,
    x: *const f32,
    dy: *const f32,
    mean: *const f32,
    coefficients: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let rows = Part { index: part, count: parts }.of(rows);
        batch_norm::input_gradient(
            from_raw_parts(x.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(dy.add(rows.start * channels), rows.len() * channels),
            from_raw_parts(mean, channels),
            from_raw_parts(coefficients, 3 * channels),
            rows_mut(dx, &rows, channels),
        );
    }
}

/// Sums of rows by their segments.
///
/// # Safety
/// `x` has `rows * width` readable numbers, `ids` has `rows`; `sums` has `segments * width` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn segment_sum_float(
    rows: usize,
    width: usize,
    segments: usize,
    x: *const f32,
    ids: *const i32,
    sums: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        segment_sum::segment_sum(
            from_raw_parts(x, rows * width),
            from_raw_parts(ids, rows),
            width,
            from_raw_parts_mut(sums, segments * width),
        );
    }
}

/// Sums of rows by their segments.
///
/// # Safety
/// `x` has `rows * width` readable numbers, `ids` has `rows`; `sums` has `segments * width` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn segment_sum_int(
    rows: usize,
    width: usize,
    segments: usize,
    x: *const i32,
    ids: *const i32,
    sums: *mut i32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        segment_sum::segment_sum(
            from_raw_parts(x, rows * width),
            from_raw_parts(ids, rows),
            width,
            from_raw_parts_mut(sums, segments * width),
        );
    }
}

/// A part of the numbers of `x` kept within bounds.
///
/// # Safety
/// `x` has `size` readable numbers, `y` as many writable ones; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clip(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    least: f32,
    most: f32,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let range = Part { index: part, count: parts }.of(size);
        elements::clip(from_raw_parts(x.add(range.start), range.len()), least, most, rows_mut(y, &range, 1));
    }
}

/// A part of a step of Adam.
///
/// # Safety
/// The weights and their moments and gradients have `size` readable numbers, the results as many writable ones; the
/// workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn adam(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    beta1: f64,
    beta2: f64,
    rate: f32,
    correction: f32,
    epsilon: f32,
    value: *const f32,
    m: *const f32,
    v: *const f32,
    gradient: *const f32,
    next_value: *mut f32,
    next_m: *mut f32,
    next_v: *mut f32,
) {
    let range = Part { index: part, count: parts }.of(size);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        adam::adam(
            Settings { beta1, beta2, rate, correction, epsilon },
            Weights {
                value: from_raw_parts(value.add(range.start), range.len()),
                m: from_raw_parts(m.add(range.start), range.len()),
                v: from_raw_parts(v.add(range.start), range.len()),
                gradient: from_raw_parts(gradient.add(range.start), range.len()),
            },
            Stepped {
                value: rows_mut(next_value, &range, 1),
                m: rows_mut(next_m, &range, 1),
                v: rows_mut(next_v, &range, 1),
            },
        );
    }
}

/// A part of the truth values of `x`, a byte each, as numbers.
///
/// # Safety
/// `x` has `size` readable bytes, `y` as many writable numbers; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn widen(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    x: *const u8,
    y: *mut f32,
) {
    let range = Part { index: part, count: parts }.of(size);
    // SAFETY: the caller vouches for the regions.
    unsafe { elements::widen(from_raw_parts(x.add(range.start), range.len()), rows_mut(y, &range, 1)) };
}

/// Writes for a part of the numbers of `x` whether all are finite: 1, or 0.
///
/// # Safety
/// `x` has `size` readable numbers, `finite` has `parts` writable bytes; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn are_finite(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    size: usize,
    x: *const f32,
    finite: *mut u8,
) {
    let range = Part { index: part, count: parts }.of(size);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let all = elements::are_finite(from_raw_parts(x.add(range.start), range.len()));
        *finite.add(part) = u8::from(all);
    }
}

/// A part of the rows of a box that is cut out of `x`, of elements of `width` bytes.
///
/// # Safety
/// `axes` has `rank` readable axes, 1 or more, `x` and `y` as many bytes as they tell of; the workspace is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cut(
    part: usize,
    parts: usize,
    _workspace: *mut f32,
    rank: usize,
    axes: *const Axis,
    width: usize,
    x: *const u8,
    y: *mut u8,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let axes = from_raw_parts(axes, rank);
        let rows = Part { index: part, count: parts }.of(elements::rows(axes));
        let size: usize = axes.iter().map(|axis| axis.size).product();
        let y = rows_mut(y, &rows, axes[rank - 1].length * width);
        elements::cut(axes, width, rows, from_raw_parts(x, size * width), y);
    }
}

/// The register tile at its fastest, for benchmarks: see [`tile::repeated_products`].
///
/// # Safety
/// `a` has `4 * depth` readable numbers, `b` has `depth * 8`; `out` has 32 writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tile_products(
    depth: usize,
    repetitions: usize,
    a: *const f32,
    b: *const [f32; tile::COLUMNS],
    out: *mut [[f32; tile::COLUMNS]; tile::ROWS],
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        tile::repeated_products(
            from_raw_parts(a, tile::ROWS * depth),
            from_raw_parts(b, depth),
            repetitions,
            &mut *out,
        );
    }
}

/// # Safety
/// `dy` is the address of the convolution's output gradient.
unsafe fn plain<'a>(convolution: &Convolution, dy: *const f32) -> Plain<'a> {
    // SAFETY: the caller vouches for it.
    let values = unsafe { from_raw_parts(dy, convolution.out_floats()) };
    Plain { values, height: convolution.out_height }
}

/// # Safety
/// `dy` and `places` are the addresses of pooled tensors of the convolution.
unsafe fn unpooled<'a>(convolution: &Convolution, dy: *const f32, places: *const u8) -> Unpooled<'a> {
    let count = pooled_floats(convolution);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        Unpooled {
            gradient: from_raw_parts(dy, count),
            places: from_raw_parts(places, count / 2),
            height: convolution.out_height / 2,
            width: convolution.out_width / 2,
            channels: convolution.out_channels,
        }
    }
}

const fn pooled_floats(convolution: &Convolution) -> usize {
    convolution.batch * (convolution.out_height / 2) * (convolution.out_width / 2) * convolution.out_channels
}
