// The start of the fuzz target's long run (../fuzz/README.md), and what it finds in broken kernels.

import { beforeAll, describe, expect, it } from "vitest";

import { fuzz, FuzzFailure } from "../fuzz/fuzz.mjs";
import { init, Preprocessor } from "./index.ts";

const SEED = 20_261_125;

beforeAll(async () => {
  await init({ instructionSet: "simd128" });
  await init({ instructionSet: "scalar" });
});

/** Computes the cases, and tells how many hold. */
function holding(api: Parameters<typeof fuzz>[0], which: Parameters<typeof fuzz>[1]): number {
  let done = 0;
  for (done of fuzz(api, which)) continue;
  return done;
}

/** The first case that fails with `api`. */
function firstFailure(api: Parameters<typeof fuzz>[0]): FuzzFailure {
  let failure: unknown;
  try {
    holding(api, { seed: SEED, cases: 20_000 });
  } catch (error) {
    failure = error;
  }
  if (failure instanceof FuzzFailure) return failure;
  throw new Error("Expected a case to fail", { cause: failure });
}

describe("the fuzz target", () => {
  it("finds scalar and SIMD kernels equal, and misuse rejected, in 20,000 cases", () => {
    expect(holding({ Preprocessor }, { seed: SEED, cases: 20_000 })).toBe(20_000);
  });

  /** Preprocessors of which those with SIMD have something wrong. */
  class WrongByOne extends Preprocessor {
    override gray(...args: Parameters<Preprocessor["gray"]>): void {
      super.gray(...args);
      const [, levels] = args;
      if (this.instructionSet === "simd128") levels[levels.length - 1] = (levels.at(-1) ?? 0) ^ 1;
    }
  }

  class Overflowing extends Preprocessor {
    override packBits(...args: Parameters<Preprocessor["packBits"]>): void {
      super.packBits(...args);
      const [, { buffer, byteOffset, byteLength }] = args;
      new Uint8Array(buffer)[byteOffset + byteLength] = 99;
    }
  }

  class Careless extends Preprocessor {
    override unpackBits(...args: Parameters<Preprocessor["unpackBits"]>): void {
      const [bits, mask] = args;
      try {
        super.unpackBits(bits, mask);
      } catch (error) {
        if (ArrayBuffer.isView(mask)) for (let at = 0; at < mask.byteLength; at++) mask[at] = 0;
        throw error;
      }
    }
  }

  it.each([
    ["a wrong level", WrongByOne, /gray left \d+ at byte \d+ of the case's memory on the \w+ kernels/],
    ["a byte behind an output", Overflowing, /packBits left 99 at byte \d+/],
    ["an output that misuse has changed", Careless, /unpackBits changed memory before it threw/],
  ])("finds %s, and tells how to see the case again", (_, WrongPreprocessor, message) => {
    const api = { Preprocessor: WrongPreprocessor };
    const failure = firstFailure(api);
    expect(failure.message).toMatch(message);
    const [, seed, first] = /--seed (\d+) --first (\d+) --cases 1$/.exec(failure.message) ?? [];
    const again = { seed: Number(seed), first: Number(first), cases: 1 };
    expect(() => holding(api, again)).toThrow(failure.message);
    expect(holding({ Preprocessor }, again)).toBe(1);
  });
});
