// The end of a backend: TensorFlow.js disposes of it, and its kernels stop.

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

import { TrainingWasmError } from "./errors.ts";
import { keepProcessListeners } from "./process-listeners.ts";

const disposed = new WeakSet<BackendWasm>();

/** Whether a backend that {@link onDisposal} watches was disposed of. */
export function isDisposed(wasm: BackendWasm): boolean {
  return disposed.has(wasm);
}

/** Calls `stop` when the backend is disposed of, and leaves the process its own listeners. */
export function onDisposal(wasm: BackendWasm, stop: () => void): void {
  const dispose = wasm.dispose.bind(wasm);
  wasm.dispose = () => {
    if (disposed.has(wasm)) return;
    const putBackListeners = keepProcessListeners();
    stop();
    disposed.add(wasm);
    dispose();
    wasm.wasm = gone();
    putBackListeners();
  };
}

/** The module of a backend that was disposed of. TensorFlow.js leaves null, whose properties kernels would read. */
function gone(): BackendWasm["wasm"] {
  return new Proxy({} as BackendWasm["wasm"], {
    get: () => {
      throw new TrainingWasmError(
        "BACKEND_UNAVAILABLE",
        "Expected a wasm backend that runs, but it was disposed of. Call enableTraining() again, and create tensors " +
          "and models anew.",
      );
    },
  });
}
