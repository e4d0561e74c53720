// Loads @tensorflow/tfjs-node, an optional peer dependency: native TensorFlow as a backend of TensorFlow.js.

import { constants } from "node:os";
import util from "node:util";

import { findBackend, findBackendFactory } from "@tensorflow/tfjs-core";

/** The name under which tfjs-node registers its backend. */
const BACKEND_NAME = "tensorflow";

/** A loaded tfjs-node. */
export interface TensorflowNode {
  readonly backendName: typeof BACKEND_NAME;
  /** Version of the native library, such as `2.21.0`. */
  readonly tensorflowVersion: string;
}

/**
 * Loads tfjs-node. If it is the first backend to be loaded, TensorFlow.js makes it the current one.
 *
 * @throws {Error} if it is not installed, its native library is missing, or it depends on another copy of TensorFlow.js
 */
export async function loadTensorflowNode(): Promise<TensorflowNode> {
  restoreUtil();
  // Otherwise TensorFlow prints to stderr which CPU instructions it was not built for.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  await neverUnloaded(async () => import("@tensorflow/tfjs-node"));
  // Despite its type, null if tfjs-node registered itself with a copy of its own.
  if ((findBackendFactory(BACKEND_NAME) as unknown) === null) {
    throw new Error("it uses another copy of @tensorflow/tfjs-core");
  }
  return { backendName: BACKEND_NAME, tensorflowVersion: nativeVersion() };
}

/** `RTLD_NODELETE`, which Node.js does not export. */
const NEVER_UNLOAD = process.platform === "darwin" ? 0x80 : 0x1000;

/**
 * Keeps the native code loaded by `load` in memory until the process ends. Node.js would unload it with the thread that
 * loaded it, and TensorFlow's own threads, which keep running, would crash.
 */
async function neverUnloaded(load: () => Promise<unknown>): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(process, "dlopen");
  const open = process.dlopen.bind(process);
  process.dlopen = (module: object, file: string, flags = constants.dlopen.RTLD_LAZY) =>
    open(module, file, flags | NEVER_UNLOAD);
  try {
    await load();
  } finally {
    if (before === undefined) Reflect.deleteProperty(process, "dlopen");
    else Object.defineProperty(process, "dlopen", before);
  }
}

/**
 * Restores two functions that Node.js 23 removed from `util` and that tfjs-node 4.22.0, its latest release, still calls
 * (tensorflow/tfjs #8609). Nothing else patches `util`.
 */
function restoreUtil(): void {
  const lacking: Readonly<Record<string, (value: unknown) => boolean>> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: (value) => Array.isArray(value),
  };
  for (const [name, is] of Object.entries(lacking)) if (!(name in util)) Object.assign(util, { [name]: is });
}

function nativeVersion(): string {
  // A field that is missing in the backend's types.
  const { binding } = findBackend(BACKEND_NAME) as unknown as { readonly binding: { readonly TF_Version: string } };
  return binding.TF_Version;
}
