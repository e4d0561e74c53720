// The environment of the specs: the stock WASM backend, or ours. Part of the bundle.

import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { ENGINE } from "@tensorflow/tfjs-core/dist/engine.js";
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util.js";
// oxlint-disable-next-line import/no-unassigned-import -- the specs call operations as methods
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
// oxlint-disable-next-line import/no-unassigned-import -- the core registers none by itself
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";

import { enableTraining } from "../ts/index.ts";

/** Some specs replace these, and do not restore them. */
const { URL, Blob, fetch } = globalThis;

/**
 * Prepares the backend, before the specs are loaded.
 *
 * @param {"stock" | "ours"} variant
 * @param {string} binaries folder of the stock backend's
 */
export function prepare(variant, binaries) {
  setTestEnvs([{ name: "wasm", backendName: "wasm", isDataSync: true }]);
  if (variant === "stock") {
    setWasmPaths(binaries);
    return;
  }
  const setBackend = ENGINE.setBackend.bind(ENGINE);
  let isEnabling = false;
  // Each group of specs resets the engine, and sets the backend.
  ENGINE.setBackend = async (name) => {
    if (name !== "wasm" || isEnabling) return setBackend(name);
    isEnabling = true;
    const current = { URL: globalThis.URL, Blob: globalThis.Blob, fetch: globalThis.fetch };
    Object.assign(globalThis, { URL, Blob, fetch });
    try {
      await enableTraining({ threads: 1 });
    } finally {
      isEnabling = false;
      Object.assign(globalThis, current);
    }
    return true;
  };
}
