// The memory that this process can use on this machine.

import { freemem, totalmem } from "node:os";

/** Memory available to this process, in bytes: the container's limit if there is one, otherwise the machine's memory. */
export function totalMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** The part of {@link totalMemory} that is currently free, in bytes. */
export function availableMemory(): number {
  return Math.min(process.availableMemory(), freemem());
}
