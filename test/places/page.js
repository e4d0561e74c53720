// In a browser: the answers by the package's files, and by its pool.

import * as files from "@silhouette/preprocess-wasm";
import * as pool from "@silhouette/preprocess-wasm/pool";

import { answers, answersOfPool } from "./answers.js";

async function compute() {
  await files.init();
  return { alone: answers(files), pooled: await answersOfPool(pool) };
}

globalThis.answered = compute().catch((error) => ({ error: String(error) }));
