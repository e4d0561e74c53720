// The process of one turn of a peer that runs in Node.js, started by turn.ts. In: a job, as JSON. Out: a line of JSON.

import { crc32 } from "node:zlib";

import { Generator, openDataset } from "@silhouette/trainer";
import {
  Classifier,
  drawView,
  PictureSet,
  type LoadedPictures,
  readTensorFile,
  startBackend,
  withBatch,
  type BackendName,
} from "@silhouette/trainer/step";
import { enableTraining } from "@silhouette/training-wasm";
import * as tf from "@tensorflow/tfjs-core";

import { timeTurn, type RoundSettings } from "../measure/rounds.ts";
import { tileThreads } from "../measure/tile-peak.ts";
import { startTensorflow, type TensorflowPeer } from "../measure/tensorflow-backends.ts";
import type { TimesMessage } from "../measure/turn-process.ts";
import { runTurnProgram } from "../measure/turn-program.ts";
import { BUILT_IN_NETWORKS } from "./built-in-networks.ts";
import { AUGMENTATION, REGISTER_TILE } from "./peers.ts";
import { batchOf, networkOf, ourSteps, tfLayersSteps, type CheckedCall } from "./steps.ts";
import type { Job, Profile, AnswerMessage } from "./turn.ts";

/** The work of a peer. */
interface Work extends CheckedCall {
  readonly versions: Readonly<Record<string, string>>;
}

const WORKERS: Readonly<Record<string, (job: Job) => Promise<Work>>> = {
  silhouette: (job) => silhouette("wasm", job),
  "silhouette on tfjs-node": (job) => silhouette("node", job),
  "tf.layers on silhouette's WASM": tfLayersOn("tf.layers on silhouette's WASM"),
  "tf.layers on tfjs-node": tfLayersOn("tf.layers on tfjs-node"),
  "tf.layers on stock WASM": tfLayersOn("tf.layers on stock WASM"),
  [REGISTER_TILE.name]: async ({ threads }) => {
    const { compute } = await tileThreads(threads);
    return { versions: {}, call: compute, answer: async () => [] };
  },
  [AUGMENTATION.name]: augmentation,
};

/** Silhouette, on one of its backends. */
async function silhouette(name: BackendName, job: Job): Promise<Work> {
  // startBackend uses the backend that is already running.
  if (name === "wasm") await enableTraining({ threads: job.threads });
  const backend = await startBackend(name);
  const versions = { kernels: backend.kernelSet };
  if (job.suite === "load") {
    const loaded = await loadedPictures(job);
    return {
      versions,
      // To floating-point numbers, as the other peers' tensors are. Nothing is read back.
      call: () => withBatch(loaded, ({ pictures }) => tf.tidy(() => void tf.cast(pictures, "float32"))),
      answer: async () =>
        withBatch(loaded, ({ pictures }) =>
          tf.tidy(() => [crc32(bytesOf(tf.cast(pictures, "float32").dataSync<"float32">()))]),
        ),
    };
  }
  const { tensors } = await readTensorFile(job.input);
  if (job.suite === "predict") {
    const classifier = new Classifier(networkOf(job, tensors), backend);
    const { pictures } = batchOf(tensors);
    const call = () => classifier.probabilities(pictures);
    return { versions, call, answer: async () => [...call()] };
  }
  return { versions, ...ourSteps(job, tensors, backend) };
}

/** As most TensorFlow.js programs work. */
function tfLayersOn(peer: TensorflowPeer) {
  return async (job: Job): Promise<Work> => {
    const versions = await startTensorflow(peer, job.threads);
    const { tensors } = await readTensorFile(job.input);
    if (job.suite !== "predict") return { versions, ...tfLayersSteps(job, tensors) };
    const network = networkOf(job, tensors);
    const { pictures } = batchOf(tensors);
    const call = () => tf.tidy(() => (network.predict(pictures) as tf.Tensor).dataSync());
    return { versions, call, answer: async () => [...call()] };
  };
}

/** New views of a batch of pictures, to the bytes that a step's tensor is made of. */
async function augmentation(job: Job): Promise<Work> {
  const changes = BUILT_IN_NETWORKS[job.network].augmentation;
  if (changes === null) throw new RangeError(`Expected a network of augmented pictures, not ${job.network}`);
  const loaded = await loadedPictures(job);
  const generator = Generator.ofSeed(0);
  const call = (): Uint8Array => loaded.pixels(() => drawView(changes, generator));
  return { versions: {}, call, answer: async () => [] };
}

/** A batch, in memory. */
async function loadedPictures({ dataset, batch }: Job): Promise<LoadedPictures> {
  const opened = await openDataset(dataset);
  try {
    const set = await PictureSet.load(opened, "train");
    return await set.load(Int32Array.from({ length: batch }, (_, index) => index % set.size));
  } finally {
    await opened.close();
  }
}

/** Untimed steps before a profile, at least: an engine compiles its loops while they run, and the first steps wait for it. */
const LEAST_PROFILE_WARMUPS = 3;

/** Steps that are profiled; the one of median time is kept. */
const PROFILED_STEPS = 3;

/** Where the time of a warmed-up step goes, by the kernels that TensorFlow.js' profiler sees. */
async function profileOf(call: () => unknown, settings: RoundSettings): Promise<Profile> {
  const leastWarmups = Math.max(settings.leastWarmups, LEAST_PROFILE_WARMUPS);
  await timeTurn(call, true, { ...settings, leastWarmups, measureMilliseconds: 0, leastSamples: 1 });
  const profiles: Profile[] = [];
  for (let step = 0; step < PROFILED_STEPS; step++) profiles.push(await profiledStep(call));
  const median = profiles.toSorted((one, other) => one.milliseconds - other.milliseconds)[PROFILED_STEPS >> 1];
  return median ?? { milliseconds: Number.NaN, operations: [] };
}

async function profiledStep(call: () => unknown): Promise<Profile> {
  const times = new Map<string, number>();
  let milliseconds = Number.NaN;
  const { kernels } = await tf.profile(async () => {
    const begin = performance.now();
    await call();
    milliseconds = performance.now() - begin;
    return [];
  });
  for (const { name, kernelTimeMs } of kernels) {
    // Functions composed of kernels are listed too.
    if ((tf.getKernel(name, tf.getBackend()) as unknown) === undefined) continue;
    times.set(name, (times.get(name) ?? 0) + Number(await kernelTimeMs));
  }
  return { milliseconds, operations: [...times].map(([name, time]) => ({ name, milliseconds: time })) };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

await runTurnProgram(async (given): Promise<Omit<AnswerMessage, "peakBytes"> | Omit<TimesMessage, "peakBytes">> => {
  // turn.ts sends exactly this.
  const job = given as Job;
  const start = WORKERS[job.peer];
  if (start === undefined) throw new RangeError(`Expected a peer of this process, not ${job.peer}`);
  const { versions, call, answer } = await start(job);
  if (job.want === "times") return { versions, ...(await timeTurn(call, true, job.settings)) };
  const values = await answer();
  return { versions, values, ...(job.suite === "train" && { profile: await profileOf(call, job.settings) }) };
});
