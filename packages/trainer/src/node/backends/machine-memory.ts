// How much memory there is, for this process on this machine.

import { freemem, totalmem } from "node:os";

/** Bytes that this process may have: a container's limit, if there is one. */
export function totalMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Bytes that nobody uses now, of those that this process may have. */
export function availableMemory(): number {
  return Math.min(process.availableMemory(), freemem());
}
