// Selects and starts a backend. The only file that maps backend names to implementations.

import { setBackend } from "@tensorflow/tfjs-core";

import { BACKEND_NAMES, type BackendChoice, type BackendName } from "../../backend/names.ts";
import type { Backend } from "../../backend/operations.ts";
import { startWasm } from "../../backend/wasm.ts";
import { TrainerError } from "../../values/errors.ts";
import { totalMemory } from "./machine-memory.ts";
import { tensorflowNodeOperations } from "./tensorflow-node-operations.ts";
import { loadTensorflowNode, type TensorflowNode } from "./tensorflow-node.ts";

/**
 * Starts a backend. With `auto`, the returned reason states which backend was chosen and why; naming a backend that cannot
 * run is an error.
 *
 * @param choice the requested backend
 * @param recorded what a run started on: `auto` prefers that backend, and WebAssembly the same kernels, if they can run here
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`
 */
export async function startBackend(
  choice: BackendChoice,
  recorded?: { readonly backend: BackendName; readonly kernelSet: string },
): Promise<Backend> {
  const kernelSet = recorded?.kernelSet;
  if (choice !== "auto") return STARTERS[choice]("as requested", kernelSet);
  const [first, second] = recorded?.backend === "node" ? (["node", "wasm"] as const) : BACKEND_NAMES;
  const why = recorded === undefined ? "which runs on every machine" : "because the run started on it";
  try {
    return await STARTERS[first](why, kernelSet);
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    // If the other backend cannot run either, the first one's error is the useful one.
    return STARTERS[second](`because the other backend cannot run here: ${error.message}`, kernelSet).catch(() => {
      throw error;
    });
  }
}

const STARTERS: Readonly<Record<BackendName, (why: string, kernelSet?: string) => Promise<Backend>>> = {
  wasm: (why, kernelSet) => startWasm({ why, kernelSet, memoryBytes: totalMemory() }),
  node: startNode,
};

async function startNode(why: string): Promise<Backend> {
  let native: TensorflowNode;
  try {
    native = await loadTensorflowNode();
  } catch (cause) {
    throw new TrainerError(
      "BACKEND_UNAVAILABLE",
      `Expected @tensorflow/tfjs-node to load, but it did not (${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)})`,
      "In a clone run: npm run setup -- --backend node; elsewhere: npm install @tensorflow/tfjs-node@4.22.0",
      { cause },
    );
  }
  await setBackend(native.backendName);
  return {
    name: "node",
    kernelSet: `tensorflow-${native.tensorflowVersion}`,
    reason: `tfjs-node with TensorFlow ${native.tensorflowVersion}, ${why}.`,
    memoryLimitBytes: totalMemory(),
    baseBytes: 512 * 2 ** 20,
    operations: tensorflowNodeOperations,
  };
}
