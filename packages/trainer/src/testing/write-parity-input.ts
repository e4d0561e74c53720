// Run by hand: writes a case and our results for golden/make_parity.py. golden/README.md has the commands.
//
//   node write-parity-input.js FILE [SIDE [BATCH [SEED]]]

import { startBackend } from "../node/backends/start.ts";
import { writeTensorFile } from "../node/files/tensor-file.ts";
import { GOLDEN_CASE, parityCase, trainOn } from "./parity-case.ts";

const [path, side, batch, seed] = process.argv.slice(2);
if (path === undefined) throw new Error("Expected the path of the file to write");

const backend = await startBackend("wasm");
const seeds = {
  ...GOLDEN_CASE,
  ...(side !== undefined && { side: Number(side) }),
  ...(batch !== undefined && { batch: Number(batch) }),
  ...(seed !== undefined && { seed: Number(seed) }),
};
const parity = parityCase(seeds);
const { gradients, losses } = trainOn(parity, backend);
await writeTensorFile(path, "the input of make_parity.py", {
  tensors: [...parity.given, ...gradients],
  metadata: new Map([
    ["case", JSON.stringify(seeds)],
    ["losses", JSON.stringify(losses)],
  ]),
});
console.log(`${path}: ${JSON.stringify(seeds)}`);
