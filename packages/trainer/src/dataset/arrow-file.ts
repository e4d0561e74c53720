// Reads an Arrow IPC file one record batch at a time. Every offset and length in the file's footer is checked against the file
// before it is used: Arrow's own file reader trusts them, and waits forever for bytes before the beginning of the file.
//
//   magic, dictionaries and record batches in any order, footer with schema and block offsets, footer length, magic
//
// In: a source of bytes. Out: the schema, and record batches as Arrow parses them from a stream with one batch.

import "./bounded-flatbuffers.ts";

import { RecordBatchReader, RecordBatchStreamWriter, type RecordBatch, type Schema, type TypeMap } from "apache-arrow";
import { Footer, type FileBlock } from "apache-arrow/ipc/metadata/file";

import { joined } from "../values/checksum.ts";
import { Damage } from "../values/errors.ts";
import { readAll, type ByteSource } from "./byte-source.ts";

/** First and last bytes of an Arrow IPC file. */
const ARROW_MAGIC = "ARROW1";

/** Length of the magic in bytes. */
export const MAGIC_BYTES = ARROW_MAGIC.length;

/** Magic and padding. */
const HEAD_BYTES = 8;

/** Footer length and magic. */
const TAIL_BYTES = 4 + ARROW_MAGIC.length;

/** Size of a file without rows: magic and padding, end of stream, footer length, magic. */
const MIN_BYTES = HEAD_BYTES + 8 + TAIL_BYTES;

/** End of a stream: a continuation marker, and the length 0. */
const END_OF_STREAM_BYTES = 8;

/** Size of all dictionaries: enough for the longest names of the largest number of classes in practice. */
const MAX_DICTIONARY_BYTES = 64 * 1024 * 1024;

/** Location of a message and its body. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

/** An open Arrow IPC file. The caller closes the source. */
export class ArrowFile<Columns extends TypeMap> {
  /** Columns and metadata. */
  readonly schema: Schema<Columns>;
  readonly #source: ByteSource;
  /** Schema and dictionaries, as the beginning of a stream. */
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
   * @throws {Damage} if they are not valid
   */
  static async open<Columns extends TypeMap>(source: ByteSource): Promise<ArrowFile<Columns>> {
    const { size } = source;
    const tail = await readAll(source, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
    const footerLength = size >= MIN_BYTES ? new DataView(tail.buffer, tail.byteOffset).getInt32(0, true) : 0;
    const end = size - TAIL_BYTES - footerLength;
    if (!isMagic(tail.subarray(4)) || footerLength <= 0 || end < HEAD_BYTES) {
      throw new Damage("its end is missing");
    }
    const footerBytes = await readAll(source, end, footerLength);
    const { schema, batches, dictionaries } = parsed("its footer", () => {
      const footer = Footer.decode(footerBytes);
      return {
        schema: footer.schema as Schema<Columns>,
        batches: Array.from(footer.recordBatches(), (block) => placeOf(block, end)),
        dictionaries: Array.from(footer.dictionaryBatches(), (block) => placeOf(block, end)),
      };
    });
    const total = dictionaries.reduce((sum, { length }) => sum + length, 0);
    if (total > MAX_DICTIONARY_BYTES) throw new Damage(`its dictionaries have ${total} bytes`);
    const prefix = [parsed("its schema", () => schemaMessage(schema))];
    for (const { offset, length } of dictionaries) prefix.push(await readAll(source, offset, length));
    return new ArrowFile(schema, source, joined(prefix), batches);
  }

  /** Number of record batches. */
  get batches(): number {
    return this.#batches.length;
  }

  /**
   * Reads record batch `index`.
   *
   * @param index 0 to `batches - 1`
   * @param maxBytes maximum size of the batch
   * @throws {Damage} if it is larger, or not valid
   */
  async readBatch(index: number, maxBytes: number): Promise<RecordBatch<Columns>> {
    const place = this.#batches[index];
    if (place === undefined) throw new Damage("it is missing");
    if (place.length > maxBytes) throw new Damage(`it has ${place.length} bytes`);
    const stream = joined([this.#prefix, await readAll(this.#source, place.offset, place.length)]);
    const batch = parsed("it", () => RecordBatchReader.from<Columns>(stream).next());
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

/** Location of a block of the footer, which must be before `end`. */
function placeOf({ offset, metaDataLength, bodyLength }: FileBlock, end: number): Place {
  const length = metaDataLength + bodyLength;
  const isAligned = [offset, metaDataLength, bodyLength].every((each) => each % 8 === 0);
  if (!isAligned || offset < HEAD_BYTES || metaDataLength <= 0 || bodyLength < 0 || offset + length > end) {
    throw new Damage(`a block of ${metaDataLength} and ${bodyLength} bytes cannot be at ${offset} of ${end}`);
  }
  return { offset, length };
}

/** Whether `bytes` are the magic of an Arrow IPC file. */
export function isMagic(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes) === ARROW_MAGIC;
}

/** Returns the result of `parse`; turns its errors into {@link Damage}. */
function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof Damage) throw cause;
    throw new Damage(`${what} cannot be read (${String(cause)})`, { cause });
  }
}
