// The environment in which the specs run: bundled with them, so that there is one copy of TensorFlow.js.

import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { ENGINE } from "@tensorflow/tfjs-core/dist/engine";
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-core/dist/register_all_gradients";

import { enableTraining } from "../ts/index.ts";

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
    const isSet = await setBackend(name);
    if (name !== "wasm" || isEnabling) return isSet;
    isEnabling = true;
    try {
      await enableTraining();
    } finally {
      isEnabling = false;
    }
    return isSet;
  };
}
