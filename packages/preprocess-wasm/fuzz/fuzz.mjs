// Runs both binaries on random cases: equal results, nothing but outputs written, and equal typed errors for misuse.
//
// A case is identified by its number: number ─▶ Random ─▶ cases.mjs, one in eight ─▶ misuse.mjs. Cases come in blocks
// of one output size and filter, with two preprocessors that are created for the block: a case finds in their memory
// what the cases before it left. So the cases of a block are always computed from its first on.

import { inspect } from "node:util";

import { drawCase, drawSize } from "./cases.mjs";
import { Memory, resetMemory } from "./memory.mjs";
import { misuse } from "./misuse.mjs";
import { Random } from "./random.mjs";

/**
 * @import { Case, Preprocessor } from "./cases.mjs"
 * @import { Filter, InstructionSet } from "../ts/index.ts"
 */

/**
 * The package, with both binaries initialized.
 *
 * @typedef {object} Api
 * @property {new (options: {
 *   width: number, height: number, filter: Filter, instructionSet: InstructionSet,
 * }) => Preprocessor} Preprocessor
 */

/** Cases of a block. */
const BLOCK = 100;

/** @type {readonly Filter[]} */
const FILTERS = ["box", "bilinear", "hamming", "bicubic", "lanczos3"];

/** A case with an unexpected outcome. */
export class FuzzFailure extends Error {
  /**
   * @param {number} seed
   * @param {number} number of the case
   * @param {string} what
   */
  constructor(seed, number, what) {
    super(
      `Case ${number} of seed ${seed}: ${what}\nAgain: ` +
        `node packages/preprocess-wasm/fuzz/main.mjs --seed ${seed} --first ${number} --cases 1`,
    );
    this.name = "FuzzFailure";
  }
}

/**
 * Computes cases `first` to `first + cases - 1` of `seed`.
 *
 * @param {Api} api
 * @param {{ readonly seed: number, readonly first?: number, readonly cases: number }} which
 * @yields {number} how many of them have passed, after each block
 * @throws {FuzzFailure}
 */
export function* fuzz(api, { seed, first = 0, cases }) {
  const end = first + cases;
  for (let block = Math.floor(first / BLOCK); block * BLOCK < end; block++) {
    const next = Math.min((block + 1) * BLOCK, end);
    computeBlock(api, seed, block, next);
    yield next - first;
  }
}

/**
 * @param {Api} api
 * @param {number} seed
 * @param {number} block
 * @param {number} end number after its last case
 */
function computeBlock({ Preprocessor }, seed, block, end) {
  resetMemory();
  const first = block * BLOCK;
  // Blocks have other streams than cases.
  const random = new Random(~seed, block);
  const target = drawSize(random);
  const filter = random.of(FILTERS);
  const simd128 = new Preprocessor({ ...target, filter, instructionSet: "simd128" });
  const scalar = new Preprocessor({ ...target, filter, instructionSet: "scalar" });
  for (let number = first; number < end; number++) {
    const fail = failing(seed, number, { ...target, filter });
    const caseRandom = new Random(seed, number);
    const memory = new Memory(caseRandom);
    const drawn = drawCase(caseRandom, memory, target);
    if (caseRandom.once(8)) {
      const { args, code } = misuse(caseRandom, drawn);
      checkRefusal([simd128, scalar], drawn.method, args, code, memory, (what) => fail(drawn.method, args, what));
    } else {
      // Occasionally, the scalar kernels get the pictures in awkward places.
      const [subject, oracle] = caseRandom.once(4) ? [scalar, simd128] : [simd128, scalar];
      const args = drawn.args.map(([, arg]) => arg);
      checkResult(subject, oracle, drawn, args, memory, (what) => fail(drawn.method, args, what));
    }
  }
}

/**
 * @param {number} seed
 * @param {number} number
 * @param {object} options of the preprocessors
 * @returns {(method: string, args: readonly unknown[], what: string) => never}
 */
function failing(seed, number, options) {
  return (method, args, what) => {
    const told = inspect(args, { maxArrayLength: 8, depth: 4 });
    throw new FuzzFailure(seed, number, `${method} ${what}\nby ${inspect(options)}\nwith ${told}`);
  };
}

/**
 * @param {Preprocessor} subject
 * @param {Preprocessor} oracle
 * @param {Case} drawn
 * @param {readonly unknown[]} args
 * @param {Memory} memory
 * @param {(what: string) => never} fail
 */
function checkResult(subject, oracle, { method, expect }, args, memory, fail) {
  const expected = outcomeOf(() => expect(oracle));
  if (!("value" in expected)) return fail(`threw ${inspect(expected.error)} on the ${oracle.instructionSet} kernels`);
  const copy = memory.copy();
  const outcome = outcomeOf(() => call(subject, method, args));
  if (!("value" in outcome)) return fail(`threw ${inspect(outcome.error)} on the ${subject.instructionSet} kernels`);
  const { result, outputs } = expected.value;
  if (!isSame(outcome.value, result)) {
    fail(
      `gave ${inspect(outcome.value)} on the ${subject.instructionSet} kernels, but ${inspect(result)} on the others`,
    );
  }
  const difference = memory.difference(copy, outputs);
  if (difference === undefined) return undefined;
  return fail(
    `left ${difference.received} at byte ${difference.address} of the case's memory on the ${subject.instructionSet} ` +
      `kernels, where ${difference.expected} was expected; outputs are at bytes ` +
      outputs.map(([{ byteOffset, length }]) => `${byteOffset} to ${byteOffset + length}`).join(", "),
  );
}

/**
 * @param {readonly Preprocessor[]} preprocessors
 * @param {Case["method"]} method
 * @param {readonly unknown[]} args
 * @param {string} code
 * @param {Memory} memory
 * @param {(what: string) => never} fail
 */
function checkRefusal(preprocessors, method, args, code, memory, fail) {
  const copy = memory.copy();
  const errors = preprocessors.map((preprocessor) => {
    const outcome = outcomeOf(() => call(preprocessor, method, args));
    const kernels = `the ${preprocessor.instructionSet} kernels`;
    if ("value" in outcome) return fail(`gave ${inspect(outcome.value)} on ${kernels}, where ${code} was expected`);
    const { error } = outcome;
    if (error instanceof Error && error.name === "PreprocessError" && "code" in error && error.code === code)
      return error;
    return fail(`threw ${inspect(error)} on ${kernels}, where ${code} was expected`);
  });
  const messages = new Set(errors.map(({ message }) => message));
  if (messages.size > 1) fail(`gave different messages: ${[...messages].join(" / ")}`);
  if (memory.difference(copy, []) !== undefined) fail("changed memory before it threw");
}

/**
 * @param {Preprocessor} preprocessor
 * @param {Case["method"]} method
 * @param {readonly unknown[]} args
 */
function call(preprocessor, method, args) {
  const methods = /** @type {Record<string, (...args: readonly unknown[]) => unknown>} */ (
    /** @type {unknown} */ (preprocessor)
  );
  return methods[method]?.(...args);
}

/**
 * @template T
 * @param {() => T} compute
 * @returns {{ readonly value: T } | { readonly error: unknown }}
 */
function outcomeOf(compute) {
  try {
    return { value: compute() };
  } catch (error) {
    return { error };
  }
}

/**
 * Compares numbers bit by bit, and arrays of them.
 *
 * @param {unknown} a
 * @param {unknown} b
 */
function isSame(a, b) {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((element, index) => Object.is(element, b[index]));
}
