//! Elementwise expressions of tensors that broadcast, computed in one pass over memory: block by block, every operation
//! on a block that is still in the cache.

use core::ops::Range;

pub mod functions;
pub mod operations;
pub mod reductions;

use operations::{Operand, Operation};

/// Most axes of an expression.
pub const MOST_AXES: usize = 8;
/// Most inputs of an expression.
pub const MOST_INPUTS: usize = 16;

/// Numbers of a block: what an operation computes at a time.
pub const BLOCK: usize = 512;

/// The operand that is an instruction's constant.
const CONSTANT: u32 = u32::MAX;

/// A tensor that an expression reads.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// The first number.
    pub values: *const f32,
    /// From one number to the next along each axis, in numbers: 0 where the tensor broadcasts.
    pub strides: [usize; MOST_AXES],
}

/// One operation on blocks.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    /// The code of an [`Operation`].
    pub operation: u32,
    /// Index of the slot that it writes.
    pub slot: u32,
    /// What it reads: an input, a slot behind the inputs, or [`u32::MAX`], the constant.
    pub a: u32,
    /// As `a`.
    pub b: u32,
    /// The constant.
    pub constant: f32,
}

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expression<'a> {
    rank: usize,
    sizes: [usize; MOST_AXES],
    inputs: [Input; MOST_INPUTS],
    count: usize,
    instructions: &'a [Instruction],
    slots: usize,
}

impl<'a> Expression<'a> {
    /// An expression with axes of these sizes, whose result is that of the last instruction, or the only input. Axes that
    /// no tensor tells apart become one.
    ///
    /// # Panics
    /// If there are too many axes or inputs, or an instruction has an operand or a slot that does not exist.
    pub fn new(sizes: &[usize], inputs: &[Input], instructions: &'a [Instruction], slots: usize) -> Self {
        assert!(sizes.len() <= MOST_AXES && inputs.len() <= MOST_INPUTS);
        let operands = (inputs.len() + slots) as u32;
        for instruction in instructions {
            let is_operand = |operand: u32| operand == CONSTANT || operand < operands;
            assert!((instruction.slot as usize) < slots && is_operand(instruction.a) && is_operand(instruction.b));
        }
        assert!(!instructions.is_empty() || inputs.len() == 1);
        let none = Input { values: core::ptr::null(), strides: [0; MOST_AXES] };
        let mut all = Self {
            rank: 0,
            sizes: [1; MOST_AXES],
            inputs: [none; MOST_INPUTS],
            count: inputs.len(),
            instructions,
            slots,
        };
        for (all, input) in all.inputs.iter_mut().zip(inputs) {
            all.values = input.values;
        }
        for (axis, &size) in sizes.iter().enumerate().filter(|&(_, &size)| size != 1) {
            let at = all.rank;
            let continues = |kept: &Input, input: &Input| at > 0 && kept.strides[at - 1] == input.strides[axis] * size;
            if at > 0 && all.inputs.iter().zip(inputs).all(|(kept, input)| continues(kept, input)) {
                all.sizes[at - 1] *= size;
                for (kept, input) in all.inputs.iter_mut().zip(inputs) {
                    kept.strides[at - 1] = input.strides[axis];
                }
            } else {
                all.sizes[at] = size;
                for (kept, input) in all.inputs.iter_mut().zip(inputs) {
                    kept.strides[at] = input.strides[axis];
                }
                all.rank += 1;
            }
        }
        all
    }

    /// How many numbers it has.
    pub fn size(&self) -> usize {
        self.sizes[..self.rank].iter().product()
    }

    /// Length of the last axis.
    fn last(&self) -> usize {
        if self.rank == 0 { 1 } else { self.sizes[self.rank - 1] }
    }

    /// Numbers of workspace for [`Values`].
    pub fn workspace_floats(&self) -> usize {
        (self.count + self.slots) * BLOCK
    }

    /// How a block of an input is read.
    fn access(&self, input: &Input) -> Access {
        let (sizes, strides) = (&self.sizes[..self.rank], &input.strides[..self.rank]);
        let mut size = 1;
        let is_contiguous = sizes.iter().zip(strides).rev().all(|(&axis, &stride)| {
            let is_next = stride == size;
            size *= axis;
            is_next
        });
        if is_contiguous {
            return Access::Contiguous;
        }
        let first = strides.iter().position(|&stride| stride != 0).unwrap_or(self.rank);
        let period: usize = sizes[first..].iter().product();
        if period <= BLOCK && first > 0 {
            return Access::Periodic(period);
        }
        if strides[self.rank - 1] == 1 { Access::Rows } else { Access::Strided }
    }

    /// Writes a part of the expression's numbers to `y`, which leads to all of them.
    ///
    /// # Safety
    /// The contract of [`Values::new`], and `y` leads to as many writable numbers as the expression has; none of them is
    /// read or written by anything else.
    pub unsafe fn evaluate(&self, part: crate::parts::Part, y: *mut f32, workspace: &mut [f32]) {
        let (size, unit) = (self.size(), self.last());
        // SAFETY: upheld by this function's own contract.
        let mut values = unsafe { Values::new(self, unit, workspace) };
        // Shares of whole units, or of blocks of what is one unit.
        let share = if unit <= BLOCK { BLOCK / unit * unit } else { BLOCK };
        let shares = part.of(size.div_ceil(share));
        let (mut at, end) = (shares.start * share, (shares.end * share).min(size));
        while at < end {
            let length = values.length(at, end);
            // SAFETY: upheld by this function's own contract, since these numbers are among those of the part.
            unsafe { values.compute(at, length, y.add(at)) };
            at += length;
        }
    }
}

/// How blocks of an input are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Where they are.
    Contiguous,
    /// Where they are if they are within one row, the run of the last axis.
    Rows,
    /// From a copy of numbers that come again after so many.
    Periodic(usize),
    /// From a copy.
    Strided,
}

/// The numbers of an expression, a block at a time.
pub struct Values<'a> {
    expression: &'a Expression<'a>,
    access: [Access; MOST_INPUTS],
    /// What the copy of each periodic input begins with, and how long it is.
    copies: [(usize, usize); MOST_INPUTS],
    /// Numbers that blocks have multiples of, or that they divide.
    unit: usize,
    /// A block per input, and per slot.
    blocks: *mut f32,
    /// The numbers that were computed last, and where they are.
    window: Range<usize>,
    computed: *const f32,
    life: core::marker::PhantomData<&'a mut [f32]>,
}

impl<'a> Values<'a> {
    /// Computes in blocks that have multiples of `unit` numbers, or are parts of so many, if they begin with a multiple.
    ///
    /// # Safety
    /// For `'a`, every number that the strides of an input lead to is readable, and nothing writes to it.
    ///
    /// # Panics
    /// If the workspace has fewer than [`Expression::workspace_floats`] numbers.
    pub unsafe fn new(expression: &'a Expression<'a>, unit: usize, workspace: &'a mut [f32]) -> Self {
        assert!(workspace.len() >= expression.workspace_floats());
        let mut access = [Access::Contiguous; MOST_INPUTS];
        for (access, input) in access.iter_mut().zip(&expression.inputs[..expression.count]) {
            *access = expression.access(input);
        }
        Self {
            expression,
            access,
            copies: [(0, 0); MOST_INPUTS],
            unit,
            blocks: workspace.as_mut_ptr(),
            window: 0..0,
            computed: core::ptr::null(),
            life: core::marker::PhantomData,
        }
    }

    /// How many of the numbers `at..end` are a block.
    fn length(&self, at: usize, end: usize) -> usize {
        let most = if self.unit <= BLOCK {
            BLOCK / self.unit * self.unit
        } else {
            // The rest of the unit.
            BLOCK.min(self.unit - at % self.unit)
        };
        most.min(end - at)
    }

    /// Some of the numbers `at..end`, from the first on. What is computed ahead ends with `limit`.
    pub fn from(&mut self, at: usize, end: usize, limit: usize) -> &[f32] {
        if !self.window.contains(&at) {
            let length = self.length(at, limit);
            // SAFETY: the result is a block of the workspace.
            self.computed = unsafe { self.compute(at, length, core::ptr::null_mut()) };
            self.window = at..at + length;
        }
        let length = self.window.end.min(end) - at;
        // SAFETY: the window is what `compute` computed, or a part of an input; both live as long as `self`.
        unsafe { core::slice::from_raw_parts(self.computed.add(at - self.window.start), length) }
    }

    /// Computes the `length` numbers from `at` on, and returns where they are: in `y`, unless it is null.
    ///
    /// # Safety
    /// A `y` that is not null leads to `length` writable numbers, which no input has. These are at most [`BLOCK`], and
    /// the expression has them.
    unsafe fn compute(&mut self, at: usize, length: usize, y: *mut f32) -> *const f32 {
        let Expression { count, instructions, inputs, .. } = self.expression;
        let mut places = [0; MOST_AXES];
        if self.access[..*count].iter().any(|access| matches!(access, Access::Rows | Access::Strided)) {
            self.expression.place(at, &mut places);
        }
        let mut operands = [core::ptr::null(); MOST_INPUTS];
        for (index, input) in inputs[..*count].iter().enumerate() {
            // SAFETY: the workspace has a block per input.
            let copy = if instructions.is_empty() && !y.is_null() { y } else { unsafe { self.block(index) } };
            // SAFETY: upheld by the contracts of this function and `new`: what is read is among an input's numbers.
            operands[index] = unsafe { self.read(index, input, at, length, &mut places, copy) };
        }
        let Some(last) = instructions.len().checked_sub(1) else {
            if !y.is_null() && operands[0] != y.cast_const() {
                // SAFETY: upheld by this function's own contract.
                unsafe { core::ptr::copy_nonoverlapping(operands[0], y, length) };
            }
            return operands[0];
        };
        let mut target = y;
        for (index, instruction) in instructions.iter().enumerate() {
            let constant = [instruction.constant; 4];
            let operand = |operand: u32| match operand as usize {
                _ if operand == CONSTANT => Operand { first: constant.as_ptr(), step: 0 },
                input if input < *count => Operand { first: operands[input], step: 4 },
                // SAFETY: `Expression::new` has asserted that there is such a slot.
                slot => Operand { first: unsafe { self.block(slot) }, step: 4 },
            };
            if index < last || y.is_null() {
                // SAFETY: as above.
                target = unsafe { self.block(count + instruction.slot as usize) };
            } else {
                target = y;
            }
            let [a, b] = [instruction.a, instruction.b].map(operand);
            // SAFETY: blocks have room for `length` numbers, and so has `y`; an operand is an input, a constant or a
            // slot, which may be the target, but does not overlap it otherwise.
            unsafe { Operation::of(instruction.operation).apply(a, b, target, length) };
        }
        target
    }

    /// Block `index` of the workspace.
    ///
    /// # Safety
    /// There is one.
    unsafe fn block(&self, index: usize) -> *mut f32 {
        // SAFETY: upheld by this function's own contract.
        unsafe { self.blocks.add(index * BLOCK) }
    }

    /// Where the `length` numbers of an input from `at` on are, which is at `places`: in `copy`, unless they can be read
    /// where they are.
    ///
    /// # Safety
    /// The numbers exist, and `copy` leads to as many writable ones, and to a block if it is of the workspace.
    unsafe fn read(
        &mut self,
        index: usize,
        input: &Input,
        at: usize,
        length: usize,
        places: &mut [usize; MOST_AXES],
        copy: *mut f32,
    ) -> *const f32 {
        let expression = self.expression;
        match self.access[index] {
            // SAFETY: the numbers exist.
            Access::Contiguous => unsafe { input.values.add(at) },
            Access::Rows if places[expression.rank - 1] + length <= expression.last() => {
                let offset: usize = places.iter().zip(input.strides).map(|(place, stride)| place * stride).sum();
                // SAFETY: the numbers exist, and follow each other.
                unsafe { input.values.add(offset) }
            }
            Access::Periodic(period) => {
                let phase = at % period;
                // SAFETY: the workspace has a block per input.
                let block = unsafe { self.block(index) };
                let (begin, filled) = self.copies[index];
                if begin != phase || filled < length || copy != block {
                    expression.place(at, places);
                    // SAFETY: upheld by this function's own contract.
                    unsafe { expression.fill(input, places, copy, length) };
                    self.copies[index] = if copy == block { (phase, length) } else { (0, 0) };
                }
                copy
            }
            _ => {
                // SAFETY: upheld by this function's own contract.
                unsafe { expression.fill(input, places, copy, length) };
                copy
            }
        }
    }
}

impl Expression<'_> {
    /// The index along each axis of number `at`.
    fn place(&self, at: usize, places: &mut [usize; MOST_AXES]) {
        let mut rest = at;
        for (place, size) in places.iter_mut().zip(self.sizes).take(self.rank).rev() {
            *place = rest % size;
            rest /= size;
        }
    }

    /// Copies the `length` numbers of an input from `places` on to `copy`.
    ///
    /// # Safety
    /// The numbers exist, and `copy` leads to as many writable ones.
    unsafe fn fill(&self, input: &Input, places: &[usize; MOST_AXES], copy: *mut f32, length: usize) {
        let mut places = *places;
        let mut from: usize = places.iter().zip(input.strides).map(|(place, stride)| place * stride).sum();
        if self.rank == 0 {
            // SAFETY: there is one number.
            unsafe { *copy = *input.values };
            return;
        }
        let last = self.rank - 1;
        let stride = input.strides[last];
        let mut filled = 0;
        while filled < length {
            let run = (self.sizes[last] - places[last]).min(length - filled);
            // SAFETY: the run is among the numbers of the input, and of the copy.
            unsafe {
                let (source, target) = (input.values.add(from), copy.add(filled));
                match stride {
                    0 => core::slice::from_raw_parts_mut(target, run).fill(*source),
                    1 => core::ptr::copy_nonoverlapping(source, target, run),
                    _ => (0..run).for_each(|index| *target.add(index) = *source.add(index * stride)),
                }
            }
            filled += run;
            from += run * stride;
            places[last] += run;
            let mut axis = last;
            while axis > 0 && places[axis] == self.sizes[axis] {
                places[axis] = 0;
                places[axis - 1] += 1;
                from += input.strides[axis - 1];
                from -= self.sizes[axis] * input.strides[axis];
                axis -= 1;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::naive::{self, Fenced, Numbers};

    const ADD: u32 = Operation::Add as u32;
    const MULTIPLY: u32 = Operation::Multiply as u32;
    const MAXIMUM: u32 = Operation::Maximum as u32;

    fn instruction(operation: u32, slot: u32, [a, b]: [u32; 2], constant: f32) -> Instruction {
        Instruction { operation, slot, a, b, constant }
    }

    /// `relu(x * y + z)`.
    pub(crate) fn program() -> Vec<Instruction> {
        vec![
            instruction(MULTIPLY, 0, [0, 1], 0.0),
            instruction(ADD, 0, [3, 2], 0.0),
            instruction(MAXIMUM, 1, [3, CONSTANT], 0.0),
        ]
    }

    /// The number of an input at each index of the expression.
    pub(crate) fn broadcast(sizes: &[usize], strides: &[usize], x: &[f32]) -> Vec<f32> {
        (0..sizes.iter().product())
            .map(|at| {
                let (mut rest, mut offset) = (at, 0);
                for (size, stride) in sizes.iter().zip(strides).rev() {
                    offset += rest % size * stride;
                    rest /= size;
                }
                x[offset]
            })
            .collect()
    }

    /// Strides of a tensor that has the axes `mask` says, in the order `order`.
    fn strides(sizes: &[usize], mask: usize, is_transposed: bool) -> (Vec<usize>, usize) {
        let mut strides = vec![0; sizes.len()];
        let mut size = 1;
        let mut axes: Vec<usize> = (0..sizes.len()).rev().collect();
        if is_transposed {
            axes.reverse();
        }
        for axis in axes.into_iter().filter(|axis| mask >> axis & 1 == 1) {
            strides[axis] = size;
            size *= sizes[axis];
        }
        (strides, size)
    }

    /// Three inputs of an expression with these axes: of each, whether it has each axis, and is transposed.
    pub(crate) struct Tensors {
        sizes: Vec<usize>,
        strides: Vec<Vec<usize>>,
        values: Vec<Fenced>,
    }

    impl Tensors {
        pub(crate) fn new(numbers: &mut Numbers, sizes: &[usize]) -> Self {
            let mut tensors = Self { sizes: sizes.to_vec(), strides: Vec::new(), values: Vec::new() };
            for _ in 0..3 {
                let mask = [usize::MAX, usize::MAX, 0, 1 << sizes.len() >> 1, numbers.below(32)][numbers.below(5)];
                let (strides, size) = strides(sizes, mask, numbers.below(4) == 0);
                tensors.strides.push(strides);
                tensors.values.push(Fenced::holding(&numbers.floats(size)));
            }
            tensors
        }

        pub(crate) fn inputs(&self) -> Vec<Input> {
            let input = |(values, all): (&Fenced, &Vec<usize>)| {
                let mut strides = [0; MOST_AXES];
                strides[..all.len()].copy_from_slice(all);
                Input { values: values.inside().as_ptr(), strides }
            };
            self.values.iter().zip(&self.strides).map(input).collect()
        }

        pub(crate) fn broadcast(&self, index: usize) -> Vec<f32> {
            broadcast(&self.sizes, &self.strides[index], self.values[index].inside())
        }

        /// What [`program`] makes of them.
        pub(crate) fn expected(&self) -> Vec<f32> {
            let [x, y, z] = [0, 1, 2].map(|index| self.broadcast(index));
            x.iter().zip(&y).zip(&z).map(|((x, y), z)| (x * y + z).max(0.0)).collect()
        }
    }

    /// Shapes of all ranks, with sizes around those of vectors and blocks.
    pub(crate) fn shapes() -> Vec<Vec<usize>> {
        let mut shapes = vec![vec![]];
        shapes.extend([1, 3, 4, 511, 512, 513, 1024, 5000].map(|size| vec![size]));
        for last in [1, 2, 3, 5, 16, 255, 256, 257, 300, 511, 512, 513, 700, 1025] {
            shapes.push(vec![7, last]);
            shapes.push(vec![2, 3, last]);
        }
        shapes.extend([vec![600, 3], vec![2, 1, 5, 1], vec![3, 4, 5, 6], vec![2, 3, 2, 3, 7], vec![2, 9, 31, 4]]);
        shapes
    }

    fn evaluate(expression: &Expression, parts: usize) -> Vec<f32> {
        let mut y = Fenced::unset(expression.size());
        for part in naive::parts(parts) {
            let mut workspace = Fenced::unset(expression.workspace_floats());
            // SAFETY: the inputs and `y` have all numbers.
            unsafe { expression.evaluate(part, y.inside_mut().as_mut_ptr(), workspace.inside_mut()) };
            workspace.check();
        }
        y.check().to_vec()
    }

    #[test]
    fn expressions_are_what_their_operations_say_of_all_shapes_in_any_parts() {
        let mut numbers = Numbers::seeded(20_261_128);
        let program = program();
        for sizes in shapes() {
            for _ in 0..12 {
                let tensors = Tensors::new(&mut numbers, &sizes);
                let expression = Expression::new(&sizes, &tensors.inputs(), &program, 2);
                for parts in [1, 2, 7] {
                    assert_eq!(evaluate(&expression, parts), tensors.expected(), "{sizes:?} {:?}", tensors.strides);
                }
            }
        }
    }

    #[test]
    fn without_operations_an_expression_is_a_broadcast_copy() {
        let mut numbers = Numbers::seeded(20_261_129);
        for sizes in shapes() {
            for _ in 0..6 {
                let tensors = Tensors::new(&mut numbers, &sizes);
                let expression = Expression::new(&sizes, &tensors.inputs()[..1], &[], 0);
                for parts in [1, 3] {
                    assert_eq!(evaluate(&expression, parts), tensors.broadcast(0), "{sizes:?} {:?}", tensors.strides);
                }
            }
        }
    }

    #[test]
    fn axes_that_no_tensor_tells_apart_become_one() {
        let input = |strides: [usize; 4]| {
            let mut all = [0; MOST_AXES];
            all[..4].copy_from_slice(&strides);
            Input { values: core::ptr::null(), strides: all }
        };
        let program = [instruction(ADD, 0, [0, 1], 0.0)];
        let of = |second| Expression::new(&[2, 3, 1, 5], &[input([15, 5, 5, 1]), input(second)], &program, 1);
        assert_eq!(of([15, 5, 5, 1]).sizes[..1], [30]);
        assert_eq!(of([0, 0, 0, 0]).sizes[..1], [30]);
        assert_eq!(of([0, 0, 0, 1]).sizes[..2], [6, 5]);
        assert_eq!(of([1, 2, 0, 6]).rank, 3);
    }
}
