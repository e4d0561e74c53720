// The environment in which the specs run: bundled with them, so that there is one copy of TensorFlow.js.

import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { ENGINE } from "@tensorflow/tfjs-core/dist/engine";
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-core/dist/register_all_gradients";

import { enableTraining } from "../ts/index.ts";

/** Some specs put others in their places, and leave them there. */
const own = { URL: globalThis.URL, Blob: globalThis.Blob, fetch: globalThis.fetch };

/**
 * @param {"stock" | "ours"} variant
 * @param {string} wasmPath
 */
export function prepare(variant, wasmPath) {
  setTestEnvs([{ name: "wasm", backendName: "wasm", isDataSync: true }]);
  setWasmPaths(wasmPath);
  if (variant === "stock") return;
  const setBackend = ENGINE.setBackend.bind(ENGINE);
  let isEnabling = false;
  ENGINE.setBackend = async (name) => {
    if (name !== "wasm" || isEnabling) return setBackend(name);
    isEnabling = true;
    const faked = { URL: globalThis.URL, Blob: globalThis.Blob, fetch: globalThis.fetch };
    Object.assign(globalThis, own);
    try {
      await enableTraining({ threads: 1 });
    } finally {
      isEnabling = false;
      Object.assign(globalThis, faked);
    }
    return true;
  };
}
