//! What WebAssembly callers see: plain functions on addresses of the shared memory. It converts and delegates.
//!
//! Addresses of numbers are multiples of 4, of workspaces multiples of 8; sizes are at least 1 (a depth or a batch may be
//! 0), and their products fit the memory; regions handed to one call do not overlap. Each function's contract is its
//! `# Safety` section. A workspace has the bytes that the function of the same name with `_workspace` gives.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use crate::batch_norm::{self, Channels};
use crate::conv_pool::{self, Pooled};
use crate::convolution::Convolution;
use crate::matmul::{self, Product};
use crate::max_pool_gradient::{self, Pooling};
use crate::rows::{Plain, Unpooled};
use crate::{filter_gradient, input_gradient, tile};

/// Bytes of `count` numbers.
const fn floats(count: usize) -> usize {
    size_of::<f32>() * count
}

/// Bytes of workspace for [`conv2d_filter_gradient`] and [`conv_pool_filter_gradient`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(filter_gradient::workspace_floats(unsafe { &*convolution }))
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

/// Bytes of workspace for [`conv_pool`].
///
/// # Safety
/// `convolution` is the address of a readable [`Convolution`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_workspace(convolution: *const Convolution) -> usize {
    // SAFETY: the caller vouches for it.
    floats(conv_pool::workspace_floats(unsafe { &*convolution }))
}

/// Filter gradient of the input `x` and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`] and of its tensors: `x`, `dy` readable, `filter` and the workspace writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_filter_gradient(
    convolution: *const Convolution,
    x: *const f32,
    dy: *const f32,
    filter: *mut f32,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        filter_gradient::filter_gradient(
            convolution,
            from_raw_parts(x, convolution.in_floats()),
            &plain(convolution, dy),
            from_raw_parts_mut(filter, convolution.filter_floats()),
            from_raw_parts_mut(workspace, filter_gradient::workspace_floats(convolution)),
        );
    }
}

/// Input gradient of the filter and the output's gradient `dy`.
///
/// # Safety
/// Addresses of a [`Convolution`] and of its tensors: `filter`, `dy` readable, `dx` and the workspace writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv2d_input_gradient(
    convolution: *const Convolution,
    filter: *const f32,
    dy: *const f32,
    dx: *mut f32,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        input_gradient::input_gradient(
            convolution,
            from_raw_parts(filter, convolution.filter_floats()),
            &plain(convolution, dy),
            from_raw_parts_mut(dx, convolution.in_floats()),
            from_raw_parts_mut(workspace, input_gradient::workspace_floats(convolution)),
        );
    }
}

/// Convolution, bias, ReLU and 2x2 maximum: writes the pooled output and the places of its maxima.
///
/// # Safety
/// Addresses of a [`Convolution`] that is neither padded, strided nor dilated and has a multiple of 4 output channels, and
/// of its tensors: `x`, `filter`, `bias` readable, `output`, `places` and the workspace writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool(
    convolution: *const Convolution,
    x: *const f32,
    filter: *const f32,
    bias: *const f32,
    output: *mut f32,
    places: *mut u8,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        let pooled = pooled_floats(convolution);
        conv_pool::conv_pool(
            convolution,
            from_raw_parts(x, convolution.in_floats()),
            from_raw_parts(filter, convolution.filter_floats()),
            from_raw_parts(bias, convolution.out_channels),
            from_raw_parts_mut(output, pooled),
            from_raw_parts_mut(places, pooled / 4),
            from_raw_parts_mut(workspace, conv_pool::workspace_floats(convolution)),
        );
    }
}

/// Filter gradient of [`conv_pool`], from the gradient `dy` of its output.
///
/// # Safety
/// As for [`conv_pool`], whose `output` and `places` are given; `x`, `dy` readable, `filter` and the workspace writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_filter_gradient(
    convolution: *const Convolution,
    x: *const f32,
    dy: *const f32,
    output: *const f32,
    places: *const u8,
    filter: *mut f32,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        filter_gradient::filter_gradient(
            convolution,
            from_raw_parts(x, convolution.in_floats()),
            &unpooled(convolution, dy, output, places),
            from_raw_parts_mut(filter, convolution.filter_floats()),
            from_raw_parts_mut(workspace, filter_gradient::workspace_floats(convolution)),
        );
    }
}

/// Input gradient of [`conv_pool`], from the gradient `dy` of its output.
///
/// # Safety
/// As for [`conv_pool`], whose `output` and `places` are given; `filter`, `dy` readable, `dx` and the workspace writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_input_gradient(
    convolution: *const Convolution,
    filter: *const f32,
    dy: *const f32,
    output: *const f32,
    places: *const u8,
    dx: *mut f32,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let convolution = &*convolution;
        input_gradient::input_gradient(
            convolution,
            from_raw_parts(filter, convolution.filter_floats()),
            &unpooled(convolution, dy, output, places),
            from_raw_parts_mut(dx, convolution.in_floats()),
            from_raw_parts_mut(workspace, input_gradient::workspace_floats(convolution)),
        );
    }
}

/// Bias gradient of [`conv_pool`], from the gradient `dy` of its output. The workspace has `channels` numbers.
///
/// # Safety
/// `dy` and `output` have `rows * channels` readable numbers; `bias` and the workspace are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn conv_pool_bias_gradient(
    rows: usize,
    channels: usize,
    dy: *const f32,
    output: *const f32,
    bias: *mut f32,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        conv_pool::bias_gradient(
            from_raw_parts(dy, rows * channels),
            from_raw_parts(output, rows * channels),
            from_raw_parts_mut(bias, channels),
            from_raw_parts_mut(workspace, channels),
        );
    }
}

/// Gradient of a maximum over windows.
///
/// # Safety
/// Addresses of a [`Pooling`] and of its tensors: `x`, `dy` readable, `dx` writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn max_pool_gradient(pooling: *const Pooling, x: *const f32, dy: *const f32, dx: *mut f32) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        let pooling = &*pooling;
        max_pool_gradient::max_pool_gradient(
            pooling,
            from_raw_parts(x, pooling.in_floats()),
            from_raw_parts(dy, pooling.out_floats()),
            from_raw_parts_mut(dx, pooling.in_floats()),
        );
    }
}

/// Product of two matrices; 1 for transposed ones. The workspace has `8 * depth` numbers.
///
/// # Safety
/// `a` and `b` are readable, `out` and the workspace writable, with the sizes that [`Product`] tells of.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matmul(
    rows: usize,
    depth: usize,
    columns: usize,
    transpose_a: u32,
    transpose_b: u32,
    a: *const f32,
    b: *const f32,
    out: *mut f32,
    workspace: *mut f32,
) {
    let product = Product { rows, depth, columns, transpose_a: transpose_a != 0, transpose_b: transpose_b != 0 };
    // SAFETY: the caller vouches for the regions.
    unsafe {
        matmul::matmul(
            &product,
            from_raw_parts(a, rows * depth),
            from_raw_parts(b, depth * columns),
            from_raw_parts_mut(out, rows * columns),
            from_raw_parts_mut(workspace, matmul::workspace_floats(&product)),
        );
    }
}

/// Bytes of workspace for the functions of batch normalization.
#[unsafe(no_mangle)]
pub extern "C" fn batch_norm_workspace(channels: usize) -> usize {
    batch_norm::workspace_bytes(channels)
}

/// Mean and variance of each channel.
///
/// # Safety
/// `x` has `rows * channels` readable numbers, `mean` and `variance` have `channels` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_statistics(
    rows: usize,
    channels: usize,
    x: *const f32,
    mean: *mut f32,
    variance: *mut f32,
    workspace: *mut f64,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::statistics(
            from_raw_parts(x, rows * channels),
            from_raw_parts_mut(mean, channels),
            from_raw_parts_mut(variance, channels),
            from_raw_parts_mut(workspace, 3 * channels),
        );
    }
}

/// Normalizes.
///
/// # Safety
/// `x` has `rows * channels` readable numbers, the four parameters have `channels`; `y` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm(
    rows: usize,
    channels: usize,
    x: *const f32,
    mean: *const f32,
    variance: *const f32,
    scale: *const f32,
    offset: *const f32,
    epsilon: f32,
    y: *mut f32,
    workspace: *mut f32,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::normalize(
            from_raw_parts(x, rows * channels),
            Channels {
                mean: from_raw_parts(mean, channels),
                variance: from_raw_parts(variance, channels),
                scale: from_raw_parts(scale, channels),
                offset: from_raw_parts(offset, channels),
                epsilon,
            },
            from_raw_parts_mut(y, rows * channels),
            from_raw_parts_mut(workspace, channels),
        );
    }
}

/// Gradients of batch normalization by the statistics of `x` itself.
///
/// # Safety
/// `x` and `dy` have `rows * channels` readable numbers, the three parameters have `channels`; `dx`, `d_scale` and
/// `d_offset` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn batch_norm_gradient(
    rows: usize,
    channels: usize,
    x: *const f32,
    dy: *const f32,
    mean: *const f32,
    variance: *const f32,
    scale: *const f32,
    epsilon: f32,
    dx: *mut f32,
    d_scale: *mut f32,
    d_offset: *mut f32,
    workspace: *mut f64,
) {
    // SAFETY: the caller vouches for the regions.
    unsafe {
        batch_norm::gradient(
            from_raw_parts(x, rows * channels),
            from_raw_parts(dy, rows * channels),
            Channels {
                mean: from_raw_parts(mean, channels),
                variance: from_raw_parts(variance, channels),
                scale: from_raw_parts(scale, channels),
                offset: &[],
                epsilon,
            },
            from_raw_parts_mut(dx, rows * channels),
            from_raw_parts_mut(d_scale, channels),
            from_raw_parts_mut(d_offset, channels),
            from_raw_parts_mut(workspace, 3 * channels),
        );
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
/// `dy`, `output` and `places` are the addresses of pooled tensors of the convolution.
unsafe fn unpooled<'a>(
    convolution: &Convolution,
    dy: *const f32,
    output: *const f32,
    places: *const u8,
) -> Unpooled<'a> {
    let count = pooled_floats(convolution);
    // SAFETY: the caller vouches for the regions.
    unsafe {
        Unpooled {
            gradient: from_raw_parts(dy, count),
            pooled: Pooled {
                output: from_raw_parts(output, count),
                places: from_raw_parts(places, count / 4),
                height: convolution.out_height / 2,
                width: convolution.out_width / 2,
                channels: convolution.out_channels,
            },
        }
    }
}

const fn pooled_floats(convolution: &Convolution) -> usize {
    convolution.batch * (convolution.out_height / 2) * (convolution.out_width / 2) * convolution.out_channels
}
