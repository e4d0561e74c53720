// TensorFlow.js' WASM backend as it is published, beside ours in one process: its kernels keep what they call in module
// variables, so it is a second instance of the module, registered under another name.

import { createRequire } from "node:module";

import {
  copyRegisteredKernels,
  findBackendFactory,
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
  unregisterKernel,
} from "@tensorflow/tfjs-core";

/** Its name among the backends. */
export const STOCK = "stock-wasm";

/** Starts it, unless it runs. To be called before `enableTraining`, which replaces kernels of the first instance. */
export async function startStockBackend(): Promise<void> {
  // Null if there is none, despite its type.
  if ((findBackendFactory(STOCK) as BackendFactory | null) !== null) return;
  const takeOut = (): {
    readonly kernels: ReturnType<typeof getKernelsForBackend>;
    readonly factory: BackendFactory;
  } => {
    const taken = { kernels: getKernelsForBackend("wasm"), factory: findBackendFactory("wasm") };
    for (const { kernelName } of taken.kernels) unregisterKernel(kernelName, "wasm");
    removeBackend("wasm");
    return taken;
  };
  const first = takeOut();
  const require = createRequire(import.meta.url);
  const file = require.resolve("@tensorflow/tfjs-backend-wasm");
  const cached = require.cache[file];
  delete require.cache[file];
  require(file);
  require.cache[file] = cached;
  copyRegisteredKernels("wasm", STOCK);
  registerBackend(STOCK, takeOut().factory);
  for (const kernel of first.kernels) registerKernel(kernel);
  registerBackend("wasm", first.factory);
  await setBackend(STOCK);
}

type BackendFactory = ReturnType<typeof findBackendFactory>;
