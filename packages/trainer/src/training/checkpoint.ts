// A checkpoint as bytes: a safetensors file with everything that a training needs to continue exactly where it stopped.
//
// Its arrays are named `weights/...`, `optimizer.<slot>/...`, `averages/...`, `best/...` and `order`. Its numbers are JSON in the metadata under `silhouette`.

import type { NamedValues } from "../network/weights.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import {
  count,
  jsonText,
  object,
  oneOf,
  parseJson,
  real,
  record,
  text,
  tuple,
  type Shape,
} from "../values/json-shape.ts";
import { decodeSafetensors, encodeSafetensors, type FileTensor } from "../values/safetensors.ts";
import type { Checkpoint } from "./state.ts";

/** Format version: incremented on incompatible changes. */
const FORMAT_VERSION = 4;

/** Start of the names of the optimizer's arrays, before the slot's name. */
const OPTIMIZER = "optimizer.";

/** Key of the numbers in the file's metadata. */
const STATE_KEY = "silhouette";

/** The numbers of a checkpoint, as JSON. */
type State = Pick<Checkpoint, "generator" | "epoch" | "history" | "batchesDone" | "sums"> & { readonly step: number };

const int32: Shape<number> = (value, where) => {
  const number = real(value, where);
  if ((number | 0) !== number) throw new Damage(`${where} is ${number} instead of a 32-bit integer`);
  return number;
};

const stateShape: Shape<State> = record<State>({
  step: count,
  generator: tuple(int32, int32, int32, int32),
  epoch: count,
  history: text,
  batchesDone: count,
  sums: record<State["sums"]>({ loss: real, correct: count, pictures: count, seconds: real }),
});

/**
 * Encodes a checkpoint as a file, in parts. The values are not copied: do not modify them until the parts are written.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` for a duplicate name, or a shape that does not match its values
 */
export function encodeCheckpoint(checkpoint: Checkpoint): readonly Uint8Array[] {
  const { weights, optimizer, averages, best, generator, epoch, history, order, batchesDone, sums } = checkpoint;
  const state: State = { step: optimizer.step, generator, epoch, history, batchesDone, sums };
  const named = (group: string, all: readonly NamedValues[]) =>
    all.map(({ name, shape, values }) => ({ name: `${group}/${name}`, shape, values }));
  return encodeSafetensors({
    tensors: [
      ...named("weights", weights),
      ...Object.entries(optimizer.slots).flatMap(([slot, values]) => named(`${OPTIMIZER}${slot}`, values)),
      ...named("averages", averages),
      ...named("best", best),
      { name: "order", shape: [order.length], values: order },
    ],
    metadata: new Map([[STATE_KEY, jsonText({ kind: "checkpoint", formatVersion: FORMAT_VERSION, ...state })]]),
  });
}

/**
 * Decodes a file of {@link encodeCheckpoint}: every number is the same, bit for bit.
 *
 * @param file name of the file, used in error messages
 * @throws {TrainerError} `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`
 */
export function decodeCheckpoint(bytes: Uint8Array, file = "the given bytes"): Checkpoint {
  return fromIntact(file, () => checkpointOf(bytes, file));
}

/**
 * Returns what `use` makes of a checkpoint.
 *
 * @param file name of the checkpoint, used in error messages
 * @throws {TrainerError} `CHECKPOINT_DAMAGED` if `use` finds {@link Damage}, or that it belongs to another training
 */
export function fromIntact<Result>(file: string, use: () => Result): Result {
  try {
    return use();
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    throw new TrainerError(
      "CHECKPOINT_DAMAGED",
      `Expected an intact checkpoint at ${file}, but ${cause.message}`,
      "Restore an intact copy, or train again in another folder.",
      { cause },
    );
  }
}

function checkpointOf(bytes: Uint8Array, file: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const json = object(parseJson(metadata.get(STATE_KEY) ?? "null"), STATE_KEY);
  record({ kind: oneOf("checkpoint") })(json, STATE_KEY);
  const { formatVersion } = record({ formatVersion: count })(json, STATE_KEY);
  if (formatVersion !== FORMAT_VERSION) {
    throw new TrainerError(
      "CHECKPOINT_VERSION",
      `Expected a checkpoint of format version ${FORMAT_VERSION} at ${file}, but it has version ${formatVersion}`,
      "Resume with the version of silhouette that wrote it, or train again in another folder.",
    );
  }
  const { step, ...state } = stateShape(json, STATE_KEY);
  const order = tensors.find(({ name }) => name === "order")?.values;
  if (!(order instanceof Int32Array)) throw new Damage("it has no order of pictures");
  if (!order.every((place) => place >= 0 && place < order.length)) {
    throw new Damage("its order of pictures has invalid indices");
  }
  const group = (name: string) => tensors.filter((each) => each.name.startsWith(`${name}/`)).map(namedValues);
  const groups = new Set(tensors.map(({ name }) => name.slice(0, name.indexOf("/"))));
  const ofOptimizer = [...groups].filter((name) => name.startsWith(OPTIMIZER));
  const slots = Object.fromEntries(ofOptimizer.map((name) => [name.slice(OPTIMIZER.length), group(name)]));
  const [weights, averages, best] = [group("weights"), group("averages"), group("best")];
  return { weights, optimizer: { step, slots }, averages, best, ...state, order };
}

/** An array of the file, named without its group. */
function namedValues({ name, shape, values }: FileTensor): NamedValues {
  if (!(values instanceof Float32Array)) throw new Damage(`${name} has integers`);
  return { name: name.slice(name.indexOf("/") + 1), shape, values };
}
