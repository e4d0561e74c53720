// Records of TensorBoard's event files: when and at which step of a training its scalars and histograms had which values.
//
// A record is a TFRecord: a protobuf `Event` (tensorflow/core/util/event.proto) between its length and checksums
// (tensorflow/core/lib/io/record_writer.h). A file is a start and events, in any number; it may grow while TensorBoard reads it.

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import crc32c from "crc-32/crc32c.js";

/** Content of the first event of every file. */
const FILE_VERSION = "brain.Event:2";

/** Added to a rotated CRC, so that checksums of data that contains checksums differ from them. */
const MASK_DELTA = 0xa282ead8;

/** Field numbers. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2, histogram: 5 } as const;
const HISTOGRAM = { min: 1, max: 2, num: 3, sum: 4, sumOfSquares: 5, limits: 6, counts: 7 } as const;

/** A number by its name in TensorBoard. */
export type NamedScalar = readonly [tag: string, value: number];

/** When an event happened. */
export interface EventTime {
  /** Seconds since 1970, UTC. */
  readonly wallTime: number;
  /** Epochs or batches so far, as the writer counts them: a whole number. */
  readonly step: number;
}

/** How often values occur, by buckets. */
export interface Histogram {
  /** The least value. */
  readonly min: number;
  /** The greatest value. */
  readonly max: number;
  /** The sum of all values. */
  readonly sum: number;
  /** The sum of the squares of all values. */
  readonly sumOfSquares: number;
  /** Right edges of the buckets, ascending; the last is `max`. */
  readonly limits: readonly number[];
  /** Number of values in each bucket. */
  readonly counts: readonly number[];
}

/**
 * The first record of every event file.
 *
 * @param wallTime seconds since 1970, UTC
 */
export function eventFileStart(wallTime: number): Uint8Array<ArrayBuffer> {
  const event = new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(wallTime);
  return recordOf(event.tag(EVENT.fileVersion, WireType.LengthDelimited).string(FILE_VERSION).finish());
}

/** A record of scalars, which TensorBoard draws as a curve for each tag. */
export function scalarsEvent(time: EventTime, scalars: readonly NamedScalar[]): Uint8Array<ArrayBuffer> {
  const event = summaryAt(time);
  for (const [tag, value] of scalars) {
    event.tag(SUMMARY.value, WireType.LengthDelimited).fork();
    event.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
    event.tag(VALUE.simpleValue, WireType.Bit32).float(value);
    event.join();
  }
  return recordOf(event.join().finish());
}

/** A record of a histogram. */
export function histogramEvent(time: EventTime, tag: string, histogram: Histogram): Uint8Array<ArrayBuffer> {
  const event = summaryAt(time);
  event.tag(SUMMARY.value, WireType.LengthDelimited).fork();
  event.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
  event.tag(VALUE.histogram, WireType.LengthDelimited).fork();
  const { min, max, sum, sumOfSquares, limits, counts } = histogram;
  const num = counts.reduce((total, count) => total + count, 0);
  for (const [field, value] of Object.entries({ min, max, num, sum, sumOfSquares }) as [
    keyof typeof HISTOGRAM,
    number,
  ][])
    event.tag(HISTOGRAM[field], WireType.Bit64).double(value);
  for (const [field, values] of [
    [HISTOGRAM.limits, limits],
    [HISTOGRAM.counts, counts],
  ] as const) {
    event.tag(field, WireType.LengthDelimited).fork();
    for (const value of values) event.double(value);
    event.join();
  }
  return recordOf(event.join().join().join().finish());
}

/** An event whose summary is open: join it. */
function summaryAt({ wallTime, step }: EventTime): BinaryWriter {
  const event = new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(wallTime);
  event.tag(EVENT.step, WireType.Varint).int64(step);
  return event.tag(EVENT.summary, WireType.LengthDelimited).fork();
}

/** The length has 64 bits and a checksum of its own. */
function recordOf(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const [lengthBytes, checksumBytes] = [8, 4];
  const record = new Uint8Array(lengthBytes + checksumBytes + data.length + checksumBytes);
  const view = new DataView(record.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(lengthBytes, maskedCrc(record.subarray(0, lengthBytes)), true);
  record.set(data, lengthBytes + checksumBytes);
  view.setUint32(record.length - checksumBytes, maskedCrc(data), true);
  return record;
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
