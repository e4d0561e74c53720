// In a browser: computes with the package's inlined kernels, and with a pool of them.

import * as inline from "@silhouette/preprocess-wasm/inline";
import * as pool from "@silhouette/preprocess-wasm/pool";

import { answers, answersOfPool } from "./answers.js";

async function compute() {
  await inline.init();
  return { alone: answers(inline), pooled: await answersOfPool(pool) };
}

globalThis.answered = compute().catch((error) => ({ error: String(error) }));
