// In a browser: computes with the package's files, and with its pool.

import * as files from "@silhouette/preprocess-wasm";
import * as pool from "@silhouette/preprocess-wasm/pool";

import { answers, answersOfPool } from "./answers.js";

async function compute() {
  await files.init();
  return { alone: answers(files), pooled: await answersOfPool(pool) };
}

globalThis.answered = compute().catch((error) => ({ error: String(error) }));
