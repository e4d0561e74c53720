// Like ./program.js, with the inlined kernels: for bundlers that copy no files.

import * as inlined from "@silhouette/preprocess-wasm/inline";
import * as pool from "@silhouette/preprocess-wasm/pool";

import { answers, answersOfPool } from "./answers.js";

await inlined.init();
console.log(JSON.stringify({ alone: answers(inlined), pooled: await answersOfPool(pool) }));
