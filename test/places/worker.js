// In workerd: computes with a module that workerd has compiled.

import * as files from "@silhouette/preprocess-wasm";
import kernels from "@silhouette/preprocess-wasm/simd128.wasm";

import { answers } from "./answers.js";

export default {
  async fetch() {
    await files.init({ module: kernels });
    return Response.json({ alone: answers(files) });
  },
};
