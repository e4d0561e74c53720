// Elementwise operations that follow each other, as one: an expression of tensors, which `src/expressions` evaluates
// block by block, so that only its result is written to memory.

import { util, type TensorInfo } from "@tensorflow/tfjs-core";

import { computationOf, type Computation, type TensorData } from "../deferred.ts";
import type { Heap } from "../heap.ts";
import { partsOfElements, type Kernels } from "../kernels.ts";
import { OPERATIONS } from "./operations.ts";

/** The code of an operation. */
export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS];

/** A tensor that an expression reads, with the stride of each of the expression's axes: 0 along those it broadcasts. */
interface Input {
  readonly data: TensorData;
  readonly strides: readonly number[];
}

/** Input `n` is `n`; the result of instruction `n` is `RESULTS + n`. */
type Operand = number;

interface Instruction {
  readonly operation: Operation;
  readonly a: Operand;
  readonly b: Operand;
  /** The value of the operand {@link CONSTANT}. */
  readonly constant: number;
}

const RESULTS = 1000;

/** The operand that stands for an instruction's constant: `CONSTANT` in `src/expressions`. */
const CONSTANT = 0xffff_ffff;

/** Most inputs: each takes a block of every thread's cache. */
const MOST_INPUTS = 8;

/** Most instructions. */
const MOST_INSTRUCTIONS = 32;

/** Operations that take longer than reading their results from memory. */
const COSTLY: ReadonlySet<Operation> = new Set([
  OPERATIONS.exp,
  OPERATIONS.log,
  OPERATIONS.sigmoid,
  OPERATIONS.tanh,
  OPERATIONS.erf,
  OPERATIONS.softplus,
  OPERATIONS.elu,
  OPERATIONS.selu,
  OPERATIONS.log1p,
  OPERATIONS.expm1,
]);

/** An operand of an operation. */
export type Argument = TensorInfo | Expression | number;

/** Values from which on a result is deferred: 64 KiB, which several threads compute faster than one. */
export const LEAST_DEFERRED = 16_384;

/** Kernels and heap that deferred tensors are computed with. */
export interface Evaluator {
  readonly heap: Heap;
  /** Replaced when the kernels are. */
  kernels: Kernels;
  /** {@link LEAST_DEFERRED}, except while a smaller batch stands for a larger one. */
  leastDeferred: number;
}

/** A new tensor of what `computation` computes: when it is read, or at once if it is small. */
export function deferred(
  { heap, leastDeferred }: Evaluator,
  shape: readonly number[],
  computation: Computation,
): TensorInfo {
  const y = heap.deferred(shape, computation);
  if (util.sizeFromShape(y.shape) < leastDeferred) void heap.address(y);
  return y;
}

/** An elementwise expression of float32 tensors. Immutable: others that include it copy its operations. */
export class Expression implements Computation {
  readonly shape: readonly number[];
  readonly #inputs: readonly Input[];
  readonly #instructions: readonly Instruction[];
  readonly #evaluator: Evaluator;
  /** Expressions that include this one. */
  #uses = 0;

  constructor(
    evaluator: Evaluator,
    shape: readonly number[],
    inputs: readonly Input[],
    instructions: readonly Instruction[],
  ) {
    this.#evaluator = evaluator;
    this.shape = shape;
    this.#inputs = inputs;
    this.#instructions = instructions;
  }

  /** The values of `x`, broadcast to `shape`. */
  static of(evaluator: Evaluator, x: TensorInfo, shape: readonly number[] = x.shape): Expression {
    const builder = new Builder(evaluator, shape);
    builder.operand(x);
    return builder.expression();
  }

  /** `operation` of two arguments, or of one, broadcast to `shape`. Their own expressions become part of this one. */
  static apply(
    evaluator: Evaluator,
    shape: readonly number[],
    operation: Operation,
    a: Argument,
    b: Argument = 0,
  ): Expression {
    const builder = new Builder(evaluator, shape);
    builder.apply(operation, a, b);
    const isDeferred = (each: Argument): each is TensorInfo => {
      return (
        typeof each === "object" && "dataId" in each && computationOf(evaluator.heap.data(each)) instanceof Expression
      );
    };
    const uncomputed = [a, b].filter(isDeferred);
    if (!builder.isTooLarge || uncomputed.length === 0) return builder.expression();
    for (const each of uncomputed) void evaluator.heap.address(each);
    return Expression.apply(evaluator, shape, operation, a, b);
  }

  get inputs(): readonly TensorData[] {
    return this.#inputs.map(({ data }) => data);
  }

  /** Inputs with their strides. */
  get operands(): readonly Input[] {
    return this.#inputs;
  }

  get instructions(): readonly Instruction[] {
    return this.#instructions;
  }

  /**
   * Whether to evaluate the expression rather than to include it in another one: if it was included before, and takes
   * longer than reading its values.
   */
  use(): boolean {
    this.#uses++;
    if (this.#uses === 1) return false;
    const size = util.sizeFromShape([...this.shape]);
    const whole = this.#inputs.filter(({ data }) => util.sizeFromShape([...data.shape]) === size);
    return whole.length > 1 || this.#instructions.some(({ operation }) => COSTLY.has(operation));
  }

  /** The tensor of which this is 1 where it is positive, and 0 elsewhere; undefined if it is anything else. */
  get steppedInput(): TensorData | undefined {
    const [first, ...others] = this.#instructions;
    const isStep = others.length === 0 && first?.operation === OPERATIONS.step && first.b === CONSTANT;
    return isStep && first.constant === 0 ? this.#inputs[0]?.data : undefined;
  }

  compute(address: number): void {
    const { kernels } = this.#evaluator;
    this.lendWords((words, size) => {
      kernels.run("evaluate", partsOfElements(size), kernels.functions.expression_workspace(words), words, address);
    });
  }

  /** Lends the words that `src/expressions` reads, with the number of values. */
  lendWords<Result>(use: (words: number, size: number) => Result): Result {
    // First: they may have to be computed.
    const addresses = this.#inputs.map(({ data }) => data.memoryOffset);
    const { slots, count } = slotsOf(this.#instructions);
    const operand = (value: Operand): number => {
      return value === CONSTANT || value < RESULTS ? value : this.#inputs.length + (slots[value - RESULTS] ?? 0);
    };
    const bits = new DataView(new ArrayBuffer(4));
    const words = [
      this.shape.length,
      this.#inputs.length,
      this.#instructions.length,
      count,
      ...this.shape,
      ...addresses.flatMap((address, index) => [address, ...(this.#inputs[index]?.strides ?? [])]),
      ...this.#instructions.flatMap(({ operation, a, b, constant }, index) => {
        bits.setFloat32(0, constant);
        return [operation, slots[index] ?? 0, operand(a), operand(b), bits.getUint32(0)];
      }),
    ];
    return this.#evaluator.heap.lendWords(words, (at) => use(at, util.sizeFromShape([...this.shape])));
  }
}

/** Collects the inputs and instructions of an expression. */
class Builder {
  readonly #evaluator: Evaluator;
  readonly #shape: readonly number[];
  readonly #inputs: Input[] = [];
  readonly #instructions: Instruction[] = [];
  /** Tensors whose expressions are a part of this one, by their results. */
  readonly #results = new Map<TensorData, Operand>();

  constructor(evaluator: Evaluator, shape: readonly number[]) {
    this.#evaluator = evaluator;
    this.#shape = shape;
  }

  get isTooLarge(): boolean {
    return this.#inputs.length > MOST_INPUTS || this.#instructions.length > MOST_INSTRUCTIONS;
  }

  expression(): Expression {
    return new Expression(this.#evaluator, this.#shape, this.#inputs, this.#instructions);
  }

  apply(operation: Operation, a: Argument, b: Argument): void {
    const [first, firstConstant] = this.#argument(a);
    const [second, secondConstant] = this.#argument(b);
    this.#instruction({
      operation,
      a: first,
      b: second,
      constant: first === CONSTANT ? firstConstant : secondConstant,
    });
  }

  operand(x: TensorInfo): Operand {
    const { heap } = this.#evaluator;
    const data = heap.data(x);
    const computation = computationOf(data);
    if (computation instanceof Expression) {
      // Not computed now: what it reads, and this expression too, would be freed.
      const known = this.#results.get(data);
      if (known !== undefined) return known;
      const isSame = util.arraysEqual(x.shape, [...this.#shape]) && util.arraysEqual(x.shape, [...computation.shape]);
      if (isSame && !computation.use()) {
        const result = this.#included(computation);
        this.#results.set(data, result);
        return result;
      }
      void data.memoryOffset;
    }
    return this.#input({ data, strides: broadcastStrides(x.shape, this.#shape) });
  }

  #argument(argument: Argument): readonly [operand: Operand, constant: number] {
    if (typeof argument === "number") return [CONSTANT, argument];
    if (argument instanceof Expression) return [this.#included(argument), 0];
    const { heap } = this.#evaluator;
    const isScalar = util.sizeFromShape(argument.shape) === 1 && util.sizeFromShape([...this.#shape]) > 1;
    if (!isScalar) return [this.operand(argument), 0];
    return [CONSTANT, heap.backend.typedArrayFromHeap(argument)[0] ?? 0];
  }

  #input(input: Input): Operand {
    const same = this.#inputs.findIndex(
      ({ data, strides }) => data === input.data && util.arraysEqual([...strides], [...input.strides]),
    );
    return same >= 0 ? same : this.#inputs.push(input) - 1;
  }

  #included({ operands, instructions }: Expression): Operand {
    const inputs = operands.map((input) => this.#input(input));
    const results: Operand[] = [];
    const renumbered = (operand: Operand): Operand => {
      if (operand === CONSTANT) return CONSTANT;
      return (operand < RESULTS ? inputs[operand] : results[operand - RESULTS]) ?? 0;
    };
    for (const { a, b, ...others } of instructions)
      results.push(this.#instruction({ a: renumbered(a), b: renumbered(b), ...others }));
    return results.at(-1) ?? inputs[0] ?? 0;
  }

  #instruction(next: Instruction): Operand {
    const same = this.#instructions.findIndex(({ operation, a, b, constant }) => {
      return operation === next.operation && a === next.a && b === next.b && Object.is(constant, next.constant);
    });
    return RESULTS + (same >= 0 ? same : this.#instructions.push(next) - 1);
  }
}

/** The strides of a tensor of `shape` along the axes of `broadcast`: 0 where it has one place. */
export function broadcastStrides(shape: readonly number[], broadcast: readonly number[]): readonly number[] {
  const missing = broadcast.length - shape.length;
  return broadcast.map((_, axis) => {
    const size = shape[axis - missing] ?? 1;
    return size === 1 ? 0 : util.sizeFromShape(shape.slice(axis - missing + 1));
  });
}

/** The block of memory that each instruction's result takes, of as few as possible. */
function slotsOf(instructions: readonly Instruction[]): { readonly slots: readonly number[]; readonly count: number } {
  const lastUses = new Map<Operand, number>();
  for (const [index, { a, b }] of instructions.entries()) for (const each of [a, b]) lastUses.set(each, index);
  const slots: number[] = [];
  const free: number[] = [];
  let count = 0;
  for (const [index, { a, b }] of instructions.entries()) {
    for (const each of new Set([a, b]))
      if (each >= RESULTS && each !== CONSTANT && lastUses.get(each) === index) free.push(slots[each - RESULTS] ?? 0);
    slots.push(free.pop() ?? count++);
  }
  return { slots, count };
}
