// For tests: memory that is still in use, whenever V8 collects.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees all memory that nothing refers to: what is left does not depend on when V8 collects. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  // Array buffers are freed beside other work: this waits for them.
  collect();
}

/** Bytes of objects and array buffers that something refers to. */
export function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
