// Makes flatbuffers, with which Arrow parses a file's headers, reject what no intact header contains: a vector longer than its
// buffer, and tables that refer to each other endlessly.
//
// Without this, one flipped bit in a length makes Arrow decode 16 million elements that do not exist: a minute, and gigabytes,
// before it reports that the file is damaged. Imported for its side effect; intact files are parsed as before.

import { ByteBuffer } from "flatbuffers";

/**
 * Number of steps from one table or vector to another so far, by buffer. An intact header takes far fewer than it has bytes.
 */
const stepsOf = new WeakMap<ByteBuffer, number>();

/* oxlint-disable typescript/unbound-method -- called with their `this` below */
const {
  __vector_len: unboundedLength,
  __vector: unboundedVector,
  __indirect: unboundedIndirect,
} = ByteBuffer.prototype;
/* oxlint-enable typescript/unbound-method */

ByteBuffer.prototype.__vector_len = function (this: ByteBuffer, offset: number): number {
  const length = unboundedLength.call(this, offset);
  if (length < 0 || length > this.capacity()) {
    throw new RangeError(`a vector claims ${length} elements in a buffer of ${this.capacity()} bytes`);
  }
  return length;
};

ByteBuffer.prototype.__vector = function (this: ByteBuffer, offset: number): number {
  countStep(this);
  return unboundedVector.call(this, offset);
};

ByteBuffer.prototype.__indirect = function (this: ByteBuffer, offset: number): number {
  countStep(this);
  return unboundedIndirect.call(this, offset);
};

function countStep(buffer: ByteBuffer): void {
  const steps = (stepsOf.get(buffer) ?? 0) + 1;
  if (steps > buffer.capacity()) {
    throw new RangeError(`its tables refer to each other more often than its ${buffer.capacity()} bytes allow`);
  }
  stepsOf.set(buffer, steps);
}
