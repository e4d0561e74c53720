// TensorFlow.js' own WASM backend: made the current one, from a binary of this package that threads can share.

import { BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import {
  backend,
  engine,
  env,
  findBackendFactory,
  getBackend,
  registerBackend,
  setBackend,
} from "@tensorflow/tfjs-core";

import { isDisposed } from "./disposal.ts";
import { backendBinary, GIBIBYTE, largestSharedMemory, type Gibibytes } from "./engine.ts";
import { TrainingWasmError } from "./errors.ts";
import { keepProcessListeners } from "./process-listeners.ts";

/** TensorFlow.js' factory, for when the backend has been removed; null if another copy of TensorFlow.js has it. */
const factory = findBackendFactory("wasm") as ReturnType<typeof findBackendFactory> | null;

/** What the memory of the served binary may grow to; undefined until {@link serveBinary}. */
let served: Gibibytes | undefined;

/** Bytes that the memory of the served binary may grow to. */
export function memoryLimit(): number {
  return (served ?? 4) * GIBIBYTE;
}

/**
 * Makes the `wasm` backend the current one: the backend that runs, or a new one, with memory that threads share if the
 * engine has it.
 *
 * @throws {TrainingWasmError} `OUT_OF_MEMORY`, `BACKEND_UNAVAILABLE`
 */
export async function startBackend(): Promise<BackendWasm> {
  checkAddressSpace();
  // Null, despite its type, if there is none: if another copy of TensorFlow.js has it.
  const isKnown =
    (findBackendFactory("wasm") as unknown) !== null || (factory !== null && registerBackend("wasm", factory));
  // Not by findBackend, which would start it.
  const { registry } = engine();
  // A backend that was disposed of stays in the registry, as if it were running.
  if (registry["wasm"] instanceof BackendWasm && isDisposed(registry["wasm"])) delete registry["wasm"];
  const isRunning = "wasm" in registry;
  let isSet = false;
  if (isRunning) {
    isSet = await setBackend("wasm");
  } else if (isKnown) {
    // Its own threads run stock kernels only; ours run the kernels that training spends its time in.
    env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    env().set("WASM_HAS_SIMD_SUPPORT", true);
    const putBackListeners = keepProcessListeners();
    await serveBinary();
    const removeDirname = provideDirname();
    isSet = await setBackend("wasm");
    removeDirname();
    putBackListeners();
  }
  const current = isSet ? backend() : undefined;
  if (!(current instanceof BackendWasm)) {
    throw new TrainingWasmError(
      "BACKEND_UNAVAILABLE",
      `Expected TensorFlow.js' wasm backend to start, but the backend is ${isSet ? getBackend() : "none"}. Is there only one ` +
        "copy of @tensorflow/tfjs-core, and does the page's content policy allow 'wasm-unsafe-eval'?",
    );
  }
  return current;
}

/**
 * Engines reserve some 10 GB of addresses for each WebAssembly memory. If they cannot, TensorFlow.js ends the process
 * as it starts the backend, instead of failing: so this fails first.
 *
 * @throws {TrainingWasmError} `OUT_OF_MEMORY`
 */
function checkAddressSpace(): void {
  try {
    Reflect.construct(WebAssembly.Memory, [{ initial: 1 }]);
  } catch (cause) {
    throw new TrainingWasmError(
      "OUT_OF_MEMORY",
      `Expected address space for WebAssembly's memory, but there is none left (${String(cause)}). Raise the limit of ` +
        "memory (ulimit -v), or close other programs.",
      { cause },
    );
  }
}

/**
 * Gives TensorFlow.js a `__dirname` in Node.js, which it reads as its backend starts, but which ES modules do not have: those that
 * esbuild and Vite make of it. It does not use what it reads, since it is given the URL of its binary.
 *
 * @returns removes it
 */
function provideDirname(): () => void {
  if ("__dirname" in globalThis) return () => undefined;
  Object.defineProperty(globalThis, "__dirname", { value: "", configurable: true });
  return () => Reflect.deleteProperty(globalThis, "__dirname");
}

/**
 * Gives TensorFlow.js the URL of its binary: a blob, which it fetches each time that it starts the backend.
 *
 * @throws {TrainingWasmError} `BACKEND_UNAVAILABLE` if a blob cannot be fetched, for which TensorFlow.js would wait forever
 */
async function serveBinary(): Promise<void> {
  // After a backend has crashed, TensorFlow.js accepts no other paths.
  if (served !== undefined) return;
  const shared = largestSharedMemory();
  const gibibytes = shared ?? 4;
  const binary = backendBinary(shared !== undefined, gibibytes);
  const url = URL.createObjectURL(new Blob([binary], { type: "application/wasm" }));
  try {
    await fetch(url);
  } catch (cause) {
    throw new TrainingWasmError(
      "BACKEND_UNAVAILABLE",
      `Expected to fetch a blob of this page's own, but that failed (${String(cause)}). Does the page's content policy allow ` +
        "blob: in connect-src?",
      { cause },
    );
  }
  const files = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];
  setWasmPaths(Object.fromEntries(files.map((file) => [file, url])), true);
  served = gibibytes;
}
