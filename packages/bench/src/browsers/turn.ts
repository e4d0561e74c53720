// One turn of an engine, in a process of its own: a Node.js process, or a browser with one page. In: a job. Out: its message.
//
// node-turn.ts is the process, page-worker.ts the page's worker.

import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import type * as playwright from "playwright-core";

import { BenchError, notMeasured } from "../measure/errors.ts";
import { loadPackage } from "../measure/installed-package.ts";
import { runTurnProcess, type Message } from "../measure/turn-process.ts";
import type { Engine } from "./engines.ts";
import type { WorkerMessage } from "./page-worker.ts";
import type { StepJob, StepResult } from "./step-turn.ts";

/** What an engine did, and its versions by name. */
export type EngineMessage<Result extends StepResult = StepResult> = Result & {
  readonly versions: Readonly<Record<string, string>>;
};

/**
 * Runs a job to its end.
 *
 * @param input safetensors file of the `weights/...`, `pictures` and `labels`
 * @throws {BenchError} `NOT_INSTALLED`, with the reason as its message; `OUT_OF_MEMORY`; `NOT_MEASURED`; and the signal's reason
 */
export async function runTurn<Result extends StepResult>(
  engine: Engine,
  job: StepJob,
  input: string,
  signal?: AbortSignal,
): Promise<EngineMessage<Result>> {
  if (engine.kind !== "node") return inBrowser(engine, job, input, signal);
  const script = fileURLToPath(new URL("./node-turn.js", import.meta.url));
  const args = [script, JSON.stringify({ ...job, input })];
  return runTurnProcess<EngineMessage<Result> & Message>(
    { command: engine.program, args, peer: engine.name, threads: job.threads },
    signal,
  );
}

async function inBrowser<Result extends StepResult>(
  { name, kind, program }: Engine,
  job: StepJob,
  input: string,
  signal: AbortSignal | undefined,
): Promise<EngineMessage<Result>> {
  signal?.throwIfAborted();
  if (!existsSync(program)) {
    // The program has the name of its package.
    const hint = `On Debian, run: sudo apt-get install ${basename(program)}`;
    throw new BenchError("NOT_INSTALLED", `There is no ${program}`, hint);
  }
  const { chromium, firefox } = loadPackage("playwright-core") as typeof playwright;
  // Our signal stops a turn: playwright-core would end this process.
  const options = { executablePath: program, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const browser =
    kind === "chromium"
      ? await chromium.launch({ ...options, args: ["--no-sandbox"] })
      : await firefox.launch({ ...options, channel: "moz-firefox" });
  const server = isolatedServer(input);
  const stop = (): void => void browser.close();
  signal?.addEventListener("abort", stop);
  let message: WorkerMessage<Result>;
  try {
    signal?.throwIfAborted();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    // The worker sends exactly what the job wants.
    message = (await page.evaluate(inPage, job)) as WorkerMessage<Result>;
  } catch (cause) {
    signal?.throwIfAborted();
    throw notMeasured(`Expected ${name} to finish, but it failed: ${String(cause)}`, cause);
  } finally {
    signal?.removeEventListener("abort", stop);
    server.close();
    await browser.close();
  }
  if ("failure" in message) throw notMeasured(`Expected ${name} to finish, but it failed: ${message.failure}`);
  return { ...message.result, versions: { [name]: browser.version() } };
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
