// An Arrow IPC file, read a record batch at a time. Every place and length that the file's footer gives is checked against
// the file before it is used: Arrow's own file reader trusts them, and waits for ever for bytes before the file's beginning.
//
//   magic, dictionaries and record batches in any order, footer with the schema and the places of all blocks, its length, magic
//
// In: a source of bytes. Out: the schema, and record batches as Arrow reads them from a stream of one batch.

import "./bounded-flatbuffers.ts";

import { RecordBatchReader, RecordBatchStreamWriter, type RecordBatch, type Schema, type TypeMap } from "apache-arrow";
import { Footer, type FileBlock } from "apache-arrow/ipc/metadata/file";

import { joined } from "../values/checksum.ts";
import { Damage } from "../values/errors.ts";
import { readAll, type ByteSource } from "./byte-source.ts";

/** An Arrow IPC file begins and ends with these bytes. */
const ARROW_MAGIC = "ARROW1";

/** Bytes of it. */
export const MAGIC_BYTES = ARROW_MAGIC.length;

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

/** The parts of an Arrow IPC file. The source stays the caller's. */
export class ArrowFile<Columns extends TypeMap> {
  /** Columns and metadata. */
  readonly schema: Schema<Columns>;
  readonly #source: ByteSource;
  /** Schema and dictionaries, as they begin a stream. */
  readonly #prefix: Uint8Array;
  readonly #batches: readonly Place[];

  private constructor(schema: Schema<Columns>, source: ByteSource, prefix: Uint8Array, batches: readonly Place[]) {
    this.schema = schema;
    this.#source = source;
    this.#prefix = prefix;
    this.#batches = batches;
  }

  /**
   * Reads footer, schema and dictionaries.
   *
   * @throws {Damage} if they are not what Arrow writes
   */
  static async open<Columns extends TypeMap>(source: ByteSource): Promise<ArrowFile<Columns>> {
    const { size } = source;
    const tail = await readAll(source, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
    const footerLength = size >= FEWEST_BYTES ? new DataView(tail.buffer, tail.byteOffset).getInt32(0, true) : 0;
    const end = size - TAIL_BYTES - footerLength;
    if (!isMagic(tail.subarray(4)) || footerLength <= 0 || end < HEAD_BYTES) {
      throw new Damage("its end is missing");
    }
    const footerBytes = await readAll(source, end, footerLength);
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
    for (const { offset, length } of dictionaries) prefix.push(await readAll(source, offset, length));
    return new ArrowFile(schema, source, joined(prefix), batches);
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
    const stream = joined([this.#prefix, await readAll(this.#source, place.offset, place.length)]);
    const batch = understood("it", () => RecordBatchReader.from<Columns>(stream).next());
    if (batch.done === true) throw new Damage("it is empty");
    return batch.value;
  }
}

/** The beginning of a stream with `schema`. */
function schemaMessage(schema: Schema): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  writer.finish();
  return writer.toUint8Array(true).subarray(0, -END_OF_STREAM_BYTES);
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

/** Whether `bytes` are those that an Arrow IPC file begins and ends with. */
export function isMagic(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes) === ARROW_MAGIC;
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
