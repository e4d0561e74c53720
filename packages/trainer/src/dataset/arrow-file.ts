// Reads an Arrow IPC file one record batch at a time. Every offset and length in the file's footer is checked against the file
// before it is used: Arrow's own file reader trusts them, and waits forever for bytes before the beginning of the file.
//
//   magic, dictionaries and record batches in any order, footer with schema and block offsets, footer length, magic
//
// In: a source of bytes. Out: the schema, record batches as Arrow parses them from a stream with one batch, and where the buffers
// of a record batch are, from which single values can be read.

import "./bounded-flatbuffers.ts";

import {
  DataType,
  Footer,
  Message,
  RecordBatchReader,
  RecordBatchStreamWriter,
  type FileBlock,
  type MessageHeader,
  type RecordBatch,
  type Schema,
  type TypeMap,
} from "./arrow.ts";
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

/** First four bytes of a message's header; the next four are the length of the rest. */
const CONTINUATION = 0xffffffff;

/** Size of a record batch's header: enough for many times the columns that a dataset has. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Location of bytes in the file. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Location of a message: its header, and its body after it. */
interface MessagePlace {
  readonly header: Place;
  readonly body: Place;
}

/**
 * Where the buffers of a record batch are, by column: of strings and binary values the offsets and the values, of others the values
 * alone.
 */
export interface BatchPlaces {
  /** Number of rows. */
  readonly rows: number;
  readonly buffers: ReadonlyMap<string, readonly Place[]>;
}

/** An open Arrow IPC file. The caller closes the source. */
export class ArrowFile<Columns extends TypeMap> {
  /** Columns and metadata. */
  readonly schema: Schema<Columns>;
  readonly #source: ByteSource;
  /** Schema and dictionaries, as the beginning of a stream. */
  readonly #prefix: Uint8Array;
  readonly #batches: readonly MessagePlace[];

  private constructor(
    schema: Schema<Columns>,
    source: ByteSource,
    prefix: Uint8Array,
    batches: readonly MessagePlace[],
  ) {
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
    const total = dictionaries.reduce((sum, each) => sum + wholeOf(each).length, 0);
    if (total > MAX_DICTIONARY_BYTES) throw new Damage(`its dictionaries have ${total} bytes`);
    const prefix = [parsed("its schema", () => schemaMessage(schema))];
    for (const each of dictionaries) prefix.push(await readPlace(source, wholeOf(each)));
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
    const place = wholeOf(this.#place(index));
    if (place.length > maxBytes) throw new Damage(`it has ${place.length} bytes`);
    const stream = joined([this.#prefix, await readPlace(this.#source, place)]);
    const batch = parsed("it", () => RecordBatchReader.from<Columns>(stream).next());
    if (batch.done === true) throw new Damage("it is empty");
    return batch.value;
  }

  /**
   * Finds the buffers of record batch `index` from its header alone. All of them are in the batch.
   *
   * @param index 0 to `batches - 1`
   * @throws {Damage} if the header is not valid, or the batch is compressed or has nulls
   */
  async placesIn(index: number): Promise<BatchPlaces> {
    const { header, body } = this.#place(index);
    if (header.length > MAX_HEADER_BYTES) throw new Damage(`its header has ${header.length} bytes`);
    const bytes = await readPlace(this.#source, header);
    return parsed("its header", () => placesOf(recordBatchIn(bytes), this.schema, body));
  }

  /** Reads bytes of the file. @throws {Damage} if it is shorter */
  async read(place: Place): Promise<Uint8Array> {
    return readPlace(this.#source, place);
  }

  #place(index: number): MessagePlace {
    const place = this.#batches[index];
    if (place === undefined) throw new Damage("it is missing");
    return place;
  }
}

/** A message from its first byte to its last. */
function wholeOf({ header, body }: MessagePlace): Place {
  return { offset: header.offset, length: header.length + body.length };
}

async function readPlace(source: ByteSource, { offset, length }: Place): Promise<Uint8Array> {
  return readAll(source, offset, length);
}

/** The record batch that a header describes. @throws {Damage} */
function recordBatchIn(bytes: Uint8Array): MessageRecordBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? -1 : view.getInt32(4, true);
  if (length < 0 || length > bytes.length - 8 || view.getUint32(0, true) !== CONTINUATION) {
    throw new Damage("its header has another length than the footer says");
  }
  const message = Message.decode(bytes.subarray(8, 8 + length));
  if (!message.isRecordBatch()) throw new Damage("it is another message");
  const batch: MessageRecordBatch = message.header();
  if (batch.compression !== null) throw new Damage("it is compressed");
  return batch;
}

type MessageRecordBatch = ReturnType<Message<MessageHeader.RecordBatch>["header"]>;

/** @param body where the batch's buffers are */
function placesOf({ length, nodes, buffers }: MessageRecordBatch, { fields }: Schema, body: Place): BatchPlaces {
  if (nodes.length !== fields.length || nodes.some((node) => node.length !== length || node.nullCount !== 0)) {
    throw new Damage("its columns differ in length, or have nulls");
  }
  const found = new Map<string, readonly Place[]>();
  let next = 0;
  for (const { name, type } of fields) {
    // The first buffer tells which values are null.
    const count = DataType.isUtf8(type) || DataType.isBinary(type) ? 3 : 2;
    const places = buffers.slice(next + 1, next + count).map((buffer) => {
      const isInside = buffer.offset >= 0 && buffer.length >= 0 && buffer.offset + buffer.length <= body.length;
      if (!isInside) throw new Damage(`its column ${name} cannot be at ${buffer.offset} of ${body.length}`);
      return { offset: body.offset + buffer.offset, length: buffer.length };
    });
    found.set(name, places);
    next += count;
  }
  if (buffers.length !== next) throw new Damage(`it has ${buffers.length} buffers instead of ${next}`);
  return { rows: length, buffers: found };
}

/** The beginning of a stream with `schema`. */
function schemaMessage(schema: Schema): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  writer.finish();
  return writer.toUint8Array(true).subarray(0, -END_OF_STREAM_BYTES);
}

/** Location of a block of the footer, which must be before `end`. */
function placeOf({ offset, metaDataLength, bodyLength }: FileBlock, end: number): MessagePlace {
  const bodyOffset = offset + metaDataLength;
  const isAligned = [offset, metaDataLength, bodyLength].every((each) => each % 8 === 0);
  if (!isAligned || offset < HEAD_BYTES || metaDataLength <= 0 || bodyLength < 0 || bodyOffset + bodyLength > end) {
    throw new Damage(`a block of ${metaDataLength} and ${bodyLength} bytes cannot be at ${offset} of ${end}`);
  }
  return { header: { offset, length: metaDataLength }, body: { offset: bodyOffset, length: bodyLength } };
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
