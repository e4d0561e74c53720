// The process of one turn in a browser, started by turn.ts: it opens a page, whose worker does the job. A signal that ends it ends
// the browser, too, at any moment: playwright-core sees to that.

import { createReadStream } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import type * as playwright from "playwright-core";

import { BenchError } from "../measure/errors.ts";
import { loadPackage } from "../measure/installed-package.ts";
import { runTurnProgram } from "../measure/turn-program.ts";
import type { Engine } from "./engines.ts";
import type { WorkerMessage } from "./page-worker.ts";
import type { StepJob } from "./step-turn.ts";
import type { EngineMessage } from "./turn.ts";

/** What turn.ts sends. */
export interface BrowserJob extends StepJob {
  readonly engine: Engine;
  /** See `runTurn`. */
  readonly input: string;
}

await runTurnProgram(async (given) => {
  try {
    return await takeBrowserTurn(given as BrowserJob);
  } catch (cause) {
    // playwright-core adds its logs.
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw cause instanceof BenchError ? cause : new Error(reason, { cause });
  }
});

async function takeBrowserTurn({ engine, input, ...job }: BrowserJob): Promise<EngineMessage> {
  const { chromium, firefox } = loadPackage("playwright-core") as typeof playwright;
  const options = { executablePath: engine.program };
  const browser =
    engine.kind === "chromium"
      ? await chromium.launch({ ...options, args: ["--no-sandbox"] })
      : await firefox.launch({ ...options, channel: "moz-firefox" });
  const server = isolatedServer(input);
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const message = await page.evaluate(inPage, job);
    if ("failure" in message) throw new Error(message.failure);
    return { ...message.result, versions: { [engine.name]: browser.version() } };
  } finally {
    server.close();
    await browser.close();
  }
}

/** In the page: a worker does the job. */
async function inPage(job: StepJob): Promise<WorkerMessage> {
  const worker = new Worker("/worker.js", { type: "module" });
  return new Promise((resolve) => {
    worker.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => resolve(data));
    worker.addEventListener("error", ({ message }) => resolve({ failure: message || "the worker did not start" }));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the rule is about windows
    worker.postMessage(job);
  });
}

/** Serves an empty page, its worker and the input. Two headers enable shared memory. */
function isolatedServer(input: string): Server {
  const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  const files: Readonly<Record<string, readonly [type: string, path: string]>> = {
    "/worker.js": ["text/javascript", fileURLToPath(new URL("./page-worker.bundle.js", import.meta.url))],
    "/input": ["application/octet-stream", input],
  };
  return createServer(({ url = "/" }, response) => {
    const [type, path] = files[url] ?? [];
    if (path !== undefined) {
      response.writeHead(200, { "content-type": type, ...headers });
      createReadStream(path).pipe(response);
    } else {
      const page = url === "/";
      response.writeHead(page ? 200 : 404, { "content-type": "text/html", ...headers });
      response.end(page ? "<!doctype html><title>A training step</title>" : "");
    }
  }).listen(0, "127.0.0.1");
}
