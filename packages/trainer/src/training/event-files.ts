// A run's history for TensorBoard: two event files, of training and of validation, whose scalars have the names that Keras gives them.
//
// In: the time when the run was created, and its epochs. Out: TFRecords, each a protobuf `Event` (tensorflow/core/util/event.proto)
// between its length and checksums (tensorflow/core/lib/io/record_writer.h). The bytes follow from the input alone: an event's time is
// that of the creation plus the seconds of the epochs so far, so pauses between a stop and its resumption do not count.

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import crc32c from "crc-32/crc32c.js";

import type { RunConfig } from "./run-config.ts";
import type { EpochRecord } from "./state.ts";
import { joined, littleEndian } from "../values/checksum.ts";

/** Content of the first event of every file. */
const FILE_VERSION = "brain.Event:2";

/** Added to a rotated CRC, so that checksums of data that contains checksums differ from them. */
const MASK_DELTA = 0xa282ead8;

/** Field numbers. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;

/** A number of an epoch, by its name in TensorBoard. */
type Scalar = readonly [tag: string, value: number];

/** The event files of a run, as bytes. */
export interface EventFiles {
  /** `epoch_loss`, `epoch_accuracy` and `epoch_learning_rate`, a step per epoch, counted from 1. */
  readonly train: Uint8Array;
  /** `epoch_loss` and `epoch_accuracy` of the epochs that were validated; undefined if none were. */
  readonly validation: Uint8Array | undefined;
}

/** Encodes a history. One that is longer has the bytes of the shorter one at its start. */
export function encodeEvents({ created }: Pick<RunConfig, "created">, history: readonly EpochRecord[]): EventFiles {
  const begin = Date.parse(created) / 1000;
  const train = [versionRecord(begin)];
  const validation = [versionRecord(begin)];
  let wallTime = begin;
  for (const { epoch, loss, accuracy, valLoss, valAccuracy, learningRate, seconds } of history) {
    wallTime += seconds;
    train.push(
      scalarsRecord(wallTime, epoch, [
        ["epoch_loss", loss],
        ["epoch_accuracy", accuracy],
        ["epoch_learning_rate", learningRate],
      ]),
    );
    if (valLoss === null || valAccuracy === null) continue;
    validation.push(
      scalarsRecord(wallTime, epoch, [
        ["epoch_loss", valLoss],
        ["epoch_accuracy", valAccuracy],
      ]),
    );
  }
  return { train: joined(train), validation: validation.length > 1 ? joined(validation) : undefined };
}

function versionRecord(wallTime: number): Uint8Array {
  const event = eventAt(wallTime).tag(EVENT.fileVersion, WireType.LengthDelimited).string(FILE_VERSION);
  return recordOf(event.finish());
}

function scalarsRecord(wallTime: number, step: number, scalars: readonly Scalar[]): Uint8Array {
  const event = eventAt(wallTime).tag(EVENT.step, WireType.Varint).int64(step);
  event.tag(EVENT.summary, WireType.LengthDelimited).fork();
  for (const [tag, value] of scalars) {
    event.tag(SUMMARY.value, WireType.LengthDelimited).fork();
    event.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
    event.tag(VALUE.simpleValue, WireType.Bit32).float(value);
    event.join();
  }
  return recordOf(event.join().finish());
}

/** @param wallTime seconds since 1970, UTC */
function eventAt(wallTime: number): BinaryWriter {
  return new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(wallTime);
}

function recordOf(data: Uint8Array): Uint8Array {
  // The length has 64 bits.
  const length = littleEndian([data.length, 0]);
  return joined([length, littleEndian([maskedCrc(length)]), data, littleEndian([maskedCrc(data)])]);
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
