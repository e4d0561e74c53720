// An Arrow IPC file, read a record batch at a time. Every place and length that the file's footer gives is checked against
// the file before it is used: Arrow's own file reader trusts them, and waits for ever for bytes before the file's beginning.
//
//   magic, dictionaries and record batches in any order, footer with the schema and the places of all blocks, its length, magic
//
// In: an open file. Out: the schema, and record batches as Arrow reads them from a stream of one batch.

import type { FileHandle } from "node:fs/promises";

import "./bounded-flatbuffers.ts";

import { RecordBatchReader, RecordBatchStreamWriter, type RecordBatch, type Schema, type TypeMap } from "apache-arrow";
import { Footer, type FileBlock } from "apache-arrow/ipc/metadata/file";

import { Damage } from "../values/errors.ts";

/** An Arrow IPC file begins and ends with these bytes. */
export const ARROW_MAGIC = "ARROW1";

/** Magic and padding. */
const HEAD_BYTES = 8;

/** Footer length and magic. */
const TAIL_BYTES = 4 + ARROW_MAGIC.length;

/** Without any row: magic and padding, end of stream, footer length, magic. */
const FEWEST_BYTES = HEAD_BYTES + 8 + TAIL_BYTES;

/** A stream ends with these: a continuation, and the length 0. */
const END_OF_STREAM_BYTES = 8;

/** Most bytes of all dictionaries: of the longest names of the most classes that anybody has. */
const MOST_DICTIONARY_BYTES = 64 * 1024 * 1024;

/** Where a message with its body lies. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

/** The parts of an Arrow IPC file. The file handle stays the caller's. */
export class ArrowFile<Columns extends TypeMap> {
  /** Columns and metadata. */
  readonly schema: Schema<Columns>;
  readonly #file: FileHandle;
  /** Schema and dictionaries, as they begin a stream. */
  readonly #prefix: Buffer;
  readonly #batches: readonly Place[];

  private constructor(schema: Schema<Columns>, file: FileHandle, prefix: Buffer, batches: readonly Place[]) {
    this.schema = schema;
    this.#file = file;
    this.#prefix = prefix;
    this.#batches = batches;
  }

  /**
   * Reads footer, schema and dictionaries.
   *
   * @throws {Damage} if they are not what Arrow writes
   */
  static async open<Columns extends TypeMap>(file: FileHandle): Promise<ArrowFile<Columns>> {
    const { size } = await file.stat();
    const tail = await read(file, { offset: Math.max(0, size - TAIL_BYTES), length: Math.min(size, TAIL_BYTES) });
    const footerLength = size >= FEWEST_BYTES ? tail.readInt32LE(0) : 0;
    const end = size - TAIL_BYTES - footerLength;
    if (tail.toString("latin1", 4) !== ARROW_MAGIC || footerLength <= 0 || end < HEAD_BYTES) {
      throw new Damage("its end is missing");
    }
    const footerBytes = await read(file, { offset: end, length: footerLength });
    const { schema, batches, dictionaries } = understood("its footer", () => {
      const footer = Footer.decode(footerBytes);
      return {
        schema: footer.schema as Schema<Columns>,
        batches: Array.from(footer.recordBatches(), (block) => placeOf(block, end)),
        dictionaries: Array.from(footer.dictionaryBatches(), (block) => placeOf(block, end)),
      };
    });
    const total = dictionaries.reduce((sum, { length }) => sum + length, 0);
    if (total > MOST_DICTIONARY_BYTES) throw new Damage(`its dictionaries have ${total} bytes`);
    const prefix = [understood("its schema", () => schemaMessage(schema))];
    for (const place of dictionaries) prefix.push(await read(file, place));
    return new ArrowFile(schema, file, Buffer.concat(prefix), batches);
  }

  /** Number of record batches. */
  get batches(): number {
    return this.#batches.length;
  }

  /**
   * Record batch `index`.
   *
   * @param index 0 to `batches - 1`
   * @param mostBytes that the batch may have
   * @throws {Damage} if it has more, or is not what Arrow writes
   */
  async readBatch(index: number, mostBytes: number): Promise<RecordBatch<Columns>> {
    const place = this.#batches[index];
    if (place === undefined) throw new Damage("it is not there");
    if (place.length > mostBytes) throw new Damage(`it has ${place.length} bytes`);
    const stream = Buffer.alloc(this.#prefix.length + place.length);
    this.#prefix.copy(stream);
    await readInto(this.#file, place, stream.subarray(this.#prefix.length));
    const batch = understood("it", () => RecordBatchReader.from<Columns>(stream).next());
    if (batch.done === true) throw new Damage("it is empty");
    return batch.value;
  }
}

/** The beginning of a stream with `schema`. */
function schemaMessage(schema: Schema): Buffer {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  writer.finish();
  return Buffer.from(writer.toUint8Array(true)).subarray(0, -END_OF_STREAM_BYTES);
}

/** Where a block of the footer lies, if that is before `end`. */
function placeOf({ offset, metaDataLength, bodyLength }: FileBlock, end: number): Place {
  const length = metaDataLength + bodyLength;
  const isAligned = [offset, metaDataLength, bodyLength].every((each) => each % 8 === 0);
  if (!isAligned || offset < HEAD_BYTES || metaDataLength <= 0 || bodyLength < 0 || offset + length > end) {
    throw new Damage(`a block of ${metaDataLength} and ${bodyLength} bytes cannot be at ${offset} of ${end}`);
  }
  return { offset, length };
}

async function read(file: FileHandle, place: Place): Promise<Buffer> {
  const bytes = Buffer.alloc(place.length);
  await readInto(file, place, bytes);
  return bytes;
}

async function readInto(file: FileHandle, { offset, length }: Place, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new Damage(`it ends at byte ${offset + done}`);
    done += bytesRead;
  }
}

/** What Arrow makes of bytes. */
function understood<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof Damage) throw cause;
    throw new Damage(`${what} cannot be read (${String(cause)})`, { cause });
  }
}
