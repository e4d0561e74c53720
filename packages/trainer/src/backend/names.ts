// The backends by name. Loads no library: what only lists them must not wait for TensorFlow.js.

/** The backends, as people name them. */
export const BACKEND_NAMES = ["wasm", "node"] as const;

/** `wasm`: WebAssembly. `node`: the native TensorFlow of `@tensorflow/tfjs-node`. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/** What may be asked for: a backend, or `auto`. */
export const BACKEND_CHOICES = ["auto", ...BACKEND_NAMES] as const;

/** A backend, or `auto`, which takes the one that a run began with, and otherwise WebAssembly where it runs. */
export type BackendChoice = (typeof BACKEND_CHOICES)[number];
