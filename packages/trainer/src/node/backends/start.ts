// Which backend computes. The only file that knows backends by their names.

import { setBackend } from "@tensorflow/tfjs-core";

import { BACKEND_NAMES, type BackendChoice, type BackendName } from "../../backend/names.ts";
import type { Backend } from "../../backend/operations.ts";
import { startWasm } from "../../backend/wasm.ts";
import { TrainerError } from "../../values/errors.ts";
import { totalMemory } from "./machine-memory.ts";
import { tensorflowNodeOperations } from "./tensorflow-node-operations.ts";
import { loadTensorflowNode, type TensorflowNode } from "./tensorflow-node.ts";

/**
 * Starts a backend. Of `auto`, the reason tells what was taken and why; a backend that was named and cannot run is an error.
 *
 * @param choice what is asked for
 * @param recorded what a run began with: `auto` takes it, and WebAssembly the same kernels, if they can run
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`
 */
export async function startBackend(
  choice: BackendChoice,
  recorded?: { readonly backend: BackendName; readonly kernelSet: string },
): Promise<Backend> {
  const kernelSet = recorded?.kernelSet;
  if (choice !== "auto") return STARTERS[choice]("as it was asked for", kernelSet);
  const [first, second] = recorded?.backend === "node" ? (["node", "wasm"] as const) : BACKEND_NAMES;
  const why = recorded === undefined ? "which runs on every machine" : "as the run began with it";
  try {
    return await STARTERS[first](why, kernelSet);
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    // If the other cannot run either, what is wrong with the first is what people have to know.
    return STARTERS[second](`since the other backend cannot run here: ${error.message}`, kernelSet).catch(() => {
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
