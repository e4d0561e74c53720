// In Node.js, Deno and Bun: prints the results of the package's files, its pool, and its inlined kernels.

import * as files from "@silhouette/preprocess-wasm";
import * as pool from "@silhouette/preprocess-wasm/pool";

import { answers, answersOfPool } from "./answers.js";

await files.init();
console.log(JSON.stringify({ alone: answers(files), pooled: await answersOfPool(pool) }));
