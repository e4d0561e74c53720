// The ABI is written twice, in src/abi and as the interfaces of kernels.ts, whose arguments no compiler compares.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { canRun, KERNEL_SETS, kernelsBinary } from "./engine.ts";

/** What the binaries export for benchmarks alone. */
const FOR_BENCHMARKS = "tile_products";

/** Arguments of a kernel that say which part of its work is done. */
const PART_ARGUMENTS = 3;

/** How many arguments kernels.ts gives to each function. */
function declared(): Map<string, number> {
  const source = readFileSync(new URL("kernels.ts", import.meta.url), "utf8");
  const interfaces = [...source.matchAll(/^interface (\w+) \{\n(.*?)^\}/gms)];
  const functions = interfaces.flatMap(([, name, members = ""]) =>
    [...members.matchAll(/^ {2}(\w+)\(([^)]*)\)/gm)].map(([, member = "", parameters = ""]): [string, number] => [
      member,
      parameters.split(":").length - 1 + (name === "PartFunctions" ? PART_ARGUMENTS : 0),
    ]),
  );
  return new Map(functions);
}

describe.each(KERNEL_SETS.filter(canRun))("the binary of the %s kernels", (set) => {
  it.each([false, true])(
    "exports what kernels.ts declares, with as many arguments; shared memory: %s",
    async (isShared) => {
      const module = await WebAssembly.compile(kernelsBinary(set, isShared));
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_536, shared: isShared });
      const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
      const exported = Object.entries(exports).flatMap(([name, value]): [string, number][] =>
        typeof value !== "function" || name === FOR_BENCHMARKS ? [] : [[name, value.length]],
      );
      expect(Object.fromEntries(exported)).toEqual(Object.fromEntries(declared()));
    },
  );
});
