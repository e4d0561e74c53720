// For tests: memory that is still in use, whenever V8 collects.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees all memory that nothing refers to: what is left does not depend on when V8 collects. */
function collectGarbage(): void {
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

/** Bytes of array buffers that something in this process refers to, also of tests that ran before. */
export function arrayBufferBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
