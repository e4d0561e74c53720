// Names of the backends. Loads no library: code that only lists them must not wait for TensorFlow.js.

/** Names of the backends. */
export const BACKEND_NAMES = ["wasm", "node"] as const;

/** `wasm`: WebAssembly. `node`: the native TensorFlow of `@tensorflow/tfjs-node`. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/** Choices for an option: a backend, or `auto`. */
export const BACKEND_CHOICES = ["auto", ...BACKEND_NAMES] as const;

/** A backend, or `auto`: the backend that a run started with, otherwise WebAssembly if it is available. */
export type BackendChoice = (typeof BACKEND_CHOICES)[number];
