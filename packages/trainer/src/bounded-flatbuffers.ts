// Makes flatbuffers, with which Arrow reads a file's headers, refuse a vector that is longer than the buffer it lies in.
//
// Without this, one flipped bit in a length has Arrow decode 16 million elements that are not there: a minute, and
// gigabytes, before it says that the file is damaged. Imported for its effect; it changes nothing for intact files.

import { ByteBuffer } from "flatbuffers";

// oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
const unboundedLength = ByteBuffer.prototype.__vector_len;

ByteBuffer.prototype.__vector_len = function (this: ByteBuffer, offset: number): number {
  const length = unboundedLength.call(this, offset);
  if (length < 0 || length > this.capacity()) {
    throw new RangeError(`a vector says it has ${length} elements in a buffer of ${this.capacity()} bytes`);
  }
  return length;
};
