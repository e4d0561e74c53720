// Loads @tensorflow/tfjs-node, an optional peer dependency: native TensorFlow as a backend of TensorFlow.js.

import { constants } from "node:os";
import util from "node:util";

import { findBackend, findBackendFactory } from "@tensorflow/tfjs-core";

/** What TensorFlow.js calls its backend. */
const BACKEND_NAME = "tensorflow";

/** tfjs-node, loaded. */
export interface TensorflowNode {
  readonly backendName: typeof BACKEND_NAME;
  /** Of the native library, like `2.21.0`. */
  readonly tensorflowVersion: string;
}

/**
 * Loads it; TensorFlow.js makes it the current backend when it is loaded first.
 *
 * @throws {Error} if it is not installed, lacks its native part, or came with another copy of TensorFlow.js
 */
export async function loadTensorflowNode(): Promise<TensorflowNode> {
  restoreUtil();
  // Otherwise TensorFlow tells on stderr which instructions it was not built for.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  await neverUnloaded(async () => import("@tensorflow/tfjs-node"));
  // Null, against its type, where tfjs-node registered itself with a copy of its own.
  if ((findBackendFactory(BACKEND_NAME) as unknown) === null) {
    throw new Error("it came with another copy of @tensorflow/tfjs-core");
  }
  return { backendName: BACKEND_NAME, tensorflowVersion: nativeVersion() };
}

/** `RTLD_NODELETE`, which Node.js has no name for. */
const NEVER_UNLOAD = process.platform === "darwin" ? 0x80 : 0x1000;

/**
 * Has the native code that `load` loads stay until the process ends. Node.js unloads it with the thread that it was loaded in:
 * TensorFlow's own threads, which go on, would crash.
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
 * tfjs-node 4.22.0, the last release, calls two functions that Node.js 23 took out of `util` (tensorflow/tfjs #8609). This
 * is the one place where they are put back.
 */
function restoreUtil(): void {
  const lacking: Readonly<Record<string, (value: unknown) => boolean>> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: (value) => Array.isArray(value),
  };
  for (const [name, is] of Object.entries(lacking)) if (!(name in util)) Object.assign(util, { [name]: is });
}

function nativeVersion(): string {
  // A field that the backend's types do not show.
  const { binding } = findBackend(BACKEND_NAME) as unknown as { readonly binding: { readonly TF_Version: string } };
  return binding.TF_Version;
}
