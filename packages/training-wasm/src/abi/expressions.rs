//! The functions of [`expressions`](crate::expressions).
//!
//! # The layout of an expression
//! An expression is an array of 32-bit words:
//!
//! | words | content |
//! |---|---|
//! | 1 | rank, 0 to 8 |
//! | 1 | number of inputs, 0 to 16 |
//! | 1 | number of instructions |
//! | 1 | number of slots |
//! | rank | length of each axis, 1 or more |
//! | inputs * (1 + rank) | address of each input's first `f32` value, and its stride along each axis, in values: 0 where it broadcasts |
//! | instructions * 5 | see [`Instruction`] |
//!
//! Operands of instructions are the inputs, and behind them the slots. An instruction may write a slot that it reads.
//! The result is that of the last instruction; without instructions it is the only input.

use core::slice::{from_raw_parts, from_raw_parts_mut};

use super::regions::{floats, part_sums, rows_mut};
use crate::expressions::reductions::{self, Reduced};
use crate::expressions::{Expression, Input, Instruction, MOST_AXES, MOST_INPUTS, Values};
use crate::parts::Part;

/// Words before the axes.
const HEADER: usize = 4;

/// Reads an expression.
///
/// # Safety
/// `words` is the address of an expression, which can be read for `'a`.
unsafe fn read<'a>(words: *const u32) -> Expression<'a> {
    // SAFETY: upheld by this function's own contract, here and below: the words are laid out like this.
    let [rank, count, instructions, slots] = unsafe { words.cast::<[u32; HEADER]>().read() }.map(|word| word as usize);
    let mut sizes = [0; MOST_AXES];
    let mut inputs = [Input { values: core::ptr::null(), strides: [0; MOST_AXES] }; MOST_INPUTS];
    let (sizes, inputs) = (&mut sizes[..rank], &mut inputs[..count]);
    // SAFETY: as above.
    let word = |index: usize| unsafe { *words.add(HEADER + index) as usize };
    for (axis, size) in sizes.iter_mut().enumerate() {
        *size = word(axis);
    }
    for (index, input) in inputs.iter_mut().enumerate() {
        let first = rank + index * (1 + rank);
        input.values = word(first) as *const f32;
        for (axis, stride) in input.strides[..rank].iter_mut().enumerate() {
            *stride = word(first + 1 + axis);
        }
    }
    let behind = HEADER + rank + count * (1 + rank);
    // SAFETY: as above; an instruction is five words, of any bits.
    let instructions = unsafe { from_raw_parts(words.add(behind).cast::<Instruction>(), instructions) };
    Expression::new(sizes, inputs, instructions, slots)
}

/// Bytes of workspace for [`evaluate`] and [`expression_axis_max`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `expression` is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn expression_workspace(expression: *const u32) -> usize {
    // SAFETY: upheld by this function's own contract.
    floats(unsafe { read(expression) }.workspace_floats())
}

/// Bytes of workspace for [`expression_row_sums`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `expression` is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn expression_row_sums_workspace(expression: *const u32, channels: usize) -> usize {
    // SAFETY: upheld by this function's own contract.
    unsafe { expression_workspace(expression) + floats(channels) }
}

/// Bytes of workspace for [`expression_axis_sums`].
///
/// # Safety
/// The contract of [`regions`](super::regions). `expression` is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn expression_axis_sums_workspace(expression: *const u32, inner: usize) -> usize {
    // SAFETY: upheld by this function's own contract.
    unsafe { expression_workspace(expression) + size_of::<f64>() * inner + floats(inner) }
}

/// A part of the values of an expression.
///
/// # Safety
/// The contract of [`regions`](super::regions). `expression` is one, its inputs have all values that their strides lead
/// to, and `y` has as many values as the product of its axes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evaluate(part: usize, parts: usize, workspace: *mut f32, expression: *const u32, y: *mut f32) {
    // SAFETY: upheld by this function's own contract: the workspace has the bytes asked for, and no other part writes
    // the values of this one.
    unsafe {
        let expression = read(expression);
        let workspace = from_raw_parts_mut(workspace, expression.workspace_floats());
        expression.evaluate(Part { index: part, count: parts }, y, workspace);
    }
}

/// A part's sums over the rows of an expression, seen as `[rows, channels]`. The parts are those of
/// [`row_sums_parts`](super::sums::row_sums_parts).
///
/// # Safety
/// The contract of [`regions`](super::regions). `expression` is one, its inputs have all values that their strides lead
/// to, and `sums` has `parts * channels` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn expression_row_sums(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    expression: *const u32,
    channels: usize,
    sums: *mut f64,
) {
    // SAFETY: upheld by this function's own contract: the workspace has the bytes asked for, and the sums of part
    // `part` are among those of all parts.
    unsafe {
        let expression = read(expression);
        let blocks = expression.workspace_floats();
        let rows = expression.size() / channels;
        reductions::row_sums(
            &mut Values::new(&expression, channels, from_raw_parts_mut(workspace, blocks)),
            Part { index: part, count: parts }.of(rows),
            rows,
            part_sums(sums, part, channels),
            from_raw_parts_mut(workspace.add(blocks), channels),
        );
    }
}

/// A part of `factor` times the sums along the middle axis of an expression, seen as `[outer, count, inner]`.
///
/// # Safety
/// The contract of [`regions`](super::regions). `expression` is one, its inputs have all values that their strides lead
/// to, and `out` has `outer * inner` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn expression_axis_sums(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    expression: *const u32,
    outer: usize,
    count: usize,
    inner: usize,
    factor: f64,
    out: *mut f32,
) {
    let part = Part { index: part, count: parts };
    let reduced = Reduced { outer, count, inner };
    // SAFETY: upheld by this function's own contract: these places of the outer axis are among those of `out`, no other
    // part writes them, and the workspace has blocks, whose bytes are a multiple of 8, behind them `inner` doubles, and
    // behind these as many `f32` values.
    unsafe {
        let expression = read(expression);
        let blocks = expression.workspace_floats();
        let totals = workspace.add(blocks).cast::<f64>();
        reductions::axis_sums(
            &mut Values::new(&expression, reduced.unit(), from_raw_parts_mut(workspace, blocks)),
            reduced,
            part,
            factor,
            rows_mut(out, &part.of(outer), inner),
            from_raw_parts_mut(totals, inner),
            from_raw_parts_mut(totals.add(inner).cast(), inner),
        );
    }
}

/// A part of the maxima along the middle axis of an expression, seen as `[outer, count, inner]`: NaN where there is one.
///
/// # Safety
/// As for [`expression_axis_sums`], with the workspace of [`expression_workspace`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn expression_axis_max(
    part: usize,
    parts: usize,
    workspace: *mut f32,
    expression: *const u32,
    outer: usize,
    count: usize,
    inner: usize,
    out: *mut f32,
) {
    let part = Part { index: part, count: parts };
    let reduced = Reduced { outer, count, inner };
    // SAFETY: upheld by this function's own contract: these places of the outer axis are among those of `out`, no other
    // part writes them, and the workspace has the bytes asked for.
    unsafe {
        let expression = read(expression);
        let workspace = from_raw_parts_mut(workspace, expression.workspace_floats());
        reductions::axis_max(
            &mut Values::new(&expression, reduced.unit(), workspace),
            reduced,
            part,
            rows_mut(out, &part.of(outer), inner),
        );
    }
}
