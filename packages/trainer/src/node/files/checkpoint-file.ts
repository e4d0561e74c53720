// Everything that training needs to go on exactly where it stood, as one tensor file.
//
// In and out: a `Checkpoint`. Its arrays are named `weights/...`, `adam.m/...`, `adam.v/...` and `order`; its numbers are
// JSON in the metadata under `silhouette`.

import { dirname } from "node:path";

import { Damage, systemErrorCode, TrainerError } from "../../values/errors.ts";
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
} from "../../values/json-shape.ts";
import { readTensorFile, writeTensorFile } from "./tensor-file.ts";
import type { FileTensor, TensorFile } from "../../values/safetensors.ts";
import { makeFolder } from "./whole-file.ts";

/** Grows when a file of the new kind cannot be read as one of the old. */
const FORMAT_VERSION = 1;

/** Key of the numbers in the file's metadata. */
const STATE_KEY = "silhouette";

/** What a checkpoint is called in errors. */
const WHAT = "the checkpoint";

/** An array of 32-bit floats, row-major. */
export interface NamedValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The state of a training. */
export interface Checkpoint {
  /** All weights of the network, in the order of its layers. */
  readonly weights: readonly NamedValues[];
  /** Adam's steps so far, and its first and second moments. */
  readonly adam: { readonly step: number; readonly m: readonly NamedValues[]; readonly v: readonly NamedValues[] };
  /** `Generator.state`. */
  readonly generator: readonly number[];
  /** Epochs that are complete. */
  readonly epoch: number;
  /** `historyChecksum` of the epochs that are complete. Checkpoints of version 0.1 have none. */
  readonly history?: string | undefined;
  /** Order of this epoch's pictures; empty between epochs. */
  readonly order: Int32Array;
  /** Batches of this epoch that are done. */
  readonly batchesDone: number;
  /** Of this epoch so far. */
  readonly sums: {
    /** Sum of the pictures' losses. */
    readonly loss: number;
    /** Right answers. */
    readonly correct: number;
    readonly pictures: number;
    readonly seconds: number;
  };
}

/** The numbers of a checkpoint, as JSON. */
type State = Pick<Checkpoint, "generator" | "epoch" | "history" | "batchesDone" | "sums"> & { readonly step: number };

const int32: Shape<number> = (value, where) => {
  const number = real(value, where);
  if ((number | 0) !== number) throw new Damage(`${where} is ${number} instead of a whole number of 32 bits`);
  return number;
};

const stateShape: Shape<State> = record<State>({
  step: count,
  generator: tuple(int32, int32, int32, int32),
  epoch: count,
  history: (value, where) => (value === undefined ? undefined : text(value, where)),
  batchesDone: count,
  sums: record<State["sums"]>({ loss: real, correct: count, pictures: count, seconds: real }),
});

/**
 * Writes `path` whole, or not at all; its folder is made. The values are not copied: leave them alone until it is done.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; `INVALID_ARGUMENT` for a name that comes twice, or a shape that does not fit
 * its values
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { weights, adam, generator, epoch, history, order, batchesDone, sums } = checkpoint;
  const state: State = { step: adam.step, generator, epoch, history, batchesDone, sums };
  const named = (group: string, all: readonly NamedValues[]) =>
    all.map(({ name, shape, values }) => ({ name: `${group}/${name}`, shape, values }));
  await makeFolder(dirname(path), WHAT);
  await writeTensorFile(path, WHAT, {
    tensors: [
      ...named("weights", weights),
      ...named("adam.m", adam.m),
      ...named("adam.v", adam.v),
      { name: "order", shape: [order.length], values: order },
    ],
    metadata: new Map([[STATE_KEY, jsonText({ kind: "checkpoint", formatVersion: FORMAT_VERSION, ...state })]]),
  });
}

/**
 * Reads what {@link writeCheckpoint} wrote: every number is the same, bit for bit.
 *
 * @throws {TrainerError} `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  try {
    return checkpointOf(path, await readTensorFile(path));
  } catch (cause) {
    if (cause instanceof Damage) {
      throw new TrainerError(
        "CHECKPOINT_DAMAGED",
        `Expected an intact checkpoint at ${path}, but ${cause.message}`,
        "Copy it again from where it is intact, or train anew into another folder.",
        { cause },
      );
    }
    const code = systemErrorCode(cause);
    if (code === undefined || cause instanceof TrainerError) throw cause;
    throw new TrainerError(
      "CHECKPOINT_NOT_FOUND",
      `Expected a checkpoint at ${path}, but it cannot be opened (${code})`,
      "Resume a run that has written one, or train anew into another folder.",
      { cause },
    );
  }
}

function checkpointOf(path: string, { tensors, metadata }: TensorFile): Checkpoint {
  const json = object(parseJson(metadata.get(STATE_KEY) ?? "null"), STATE_KEY);
  record({ kind: oneOf("checkpoint") })(json, STATE_KEY);
  const { formatVersion } = record({ formatVersion: count })(json, STATE_KEY);
  if (formatVersion !== FORMAT_VERSION) {
    throw new TrainerError(
      "CHECKPOINT_VERSION",
      `Expected a checkpoint of format version ${FORMAT_VERSION} at ${path}, but it has version ${formatVersion}`,
      "Resume with the version of silhouette that wrote it, or train anew into another folder.",
    );
  }
  const { step, ...state } = stateShape(json, STATE_KEY);
  const order = tensors.find(({ name }) => name === "order")?.values;
  if (!(order instanceof Int32Array)) throw new Damage("it has no order of pictures");
  const places = new Set(order);
  if (places.size < order.length || !order.every((place) => place >= 0 && place < order.length)) {
    throw new Damage("its order of pictures names some twice, or others");
  }
  const group = (name: string) => tensors.filter((each) => each.name.startsWith(`${name}/`)).map(namedValues);
  return { weights: group("weights"), adam: { step, m: group("adam.m"), v: group("adam.v") }, ...state, order };
}

/** An array of the file under the name that it has without its group. */
function namedValues({ name, shape, values }: FileTensor): NamedValues {
  if (!(values instanceof Float32Array)) throw new Damage(`${name} has whole numbers`);
  return { name: name.slice(name.indexOf("/") + 1), shape, values };
}
