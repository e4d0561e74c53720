// The backends of TensorFlow.js on which unchanged code of tf.layers is measured, by the names of their peers.

import { startBackend } from "@silhouette/trainer/step";
import { enableTraining } from "@silhouette/training-wasm";
import { setBackend, version_core as version } from "@tensorflow/tfjs-core";

/** Versions of what computes, by name. */
type Versions = Readonly<Record<string, string>>;

/** Each selects its backend, which may use as many threads. @throws {TrainerError} `BACKEND_UNAVAILABLE` */
const STARTERS = {
  "tf.layers on silhouette's WASM": async (threads: number): Promise<string> =>
    (await enableTraining({ threads })).kernelSet,
  // turn-process.ts sets its threads.
  "tf.layers on tfjs-node": async (): Promise<string> => (await startBackend("node")).kernelSet,
  // In Node.js, it uses one thread.
  "tf.layers on stock WASM": async (): Promise<string> => {
    await import("@tensorflow/tfjs-backend-wasm");
    return select("wasm", "stock");
  },
  "tf.layers on cpu": async (): Promise<string> => {
    await import("@tensorflow/tfjs-backend-cpu");
    return select("cpu", "JavaScript");
  },
} as const;

/** A peer by its name. */
export type TensorflowPeer = keyof typeof STARTERS;

/** Starts the backend of `peer`, and returns what computes. @throws {TrainerError} `BACKEND_UNAVAILABLE` */
export async function startTensorflow(peer: TensorflowPeer, threads: number): Promise<Versions> {
  return { "@tensorflow/tfjs-layers": version, kernels: await STARTERS[peer](threads) };
}

async function select(backend: string, kernels: string): Promise<string> {
  if (await setBackend(backend)) return kernels;
  throw new Error(`Expected TensorFlow.js' ${backend} backend to start`);
}
