// Loaded before a program of Node.js, by --import: writes what the process has used when it ends. In: a file, as the parameter of this module's
// URL. Out: JSON in it.

import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

import { processorMilliseconds } from "./processor-time.ts";

const file = new URL(import.meta.url).searchParams.get("file");
// Threads load it, too.
if (isMainThread && file !== null) {
  process.once("exit", () => {
    const usage = { processorMilliseconds: processorMilliseconds(), peakBytes: 1024 * process.resourceUsage().maxRSS };
    writeFileSync(file, JSON.stringify(usage));
  });
}
