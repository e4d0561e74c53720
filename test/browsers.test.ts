// @silhouette/training-wasm and @silhouette/trainer/browser in browsers: bundled by Vite and unbundled, on pages with and
// without cross-origin isolation.

import { createReadStream, existsSync, readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

import { loadModel, prepare, train, type Calibration } from "@silhouette/trainer";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BROWSERS, launch } from "./launch.ts";
import { carsAndBuses, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";

/** The result of browser-page/train.js. */
interface Trained {
  readonly kernelSet: string;
  readonly threads: number;
  readonly oneThreadBecause: string | null;
  readonly losses: readonly number[];
  readonly backends: readonly string[];
}

/** The result of browser-page/learn.js. */
interface Learned {
  readonly kernelSet: string;
  readonly reason: string;
  readonly weightsName: string;
  readonly calibration: Calibration | null;
  readonly test: { readonly loss: number; readonly restoredLoss: number };
}

const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

/** Two headers enable shared memory in a page. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** The import map for a browser without a bundler; Node.js modules are empty. */
const IMPORTS = {
  "@silhouette/training-wasm": "/packages/training-wasm/dist/index.js",
  "@tensorflow/tfjs-core": "/node_modules/@tensorflow/tfjs-core/dist/tf-core.fesm.js",
  "@tensorflow/tfjs-layers": "/node_modules/@tensorflow/tfjs-layers/dist/tf-layers.fesm.js",
  "@tensorflow/tfjs-backend-wasm": "/node_modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.fesm.js",
  ...Object.fromEntries(
    ["fs", "path", "os", "perf_hooks"].map((name) => [name, "data:text/javascript,export default {}"]),
  ),
};

const pageWith = (script: string): string =>
  `<!doctype html><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">import { train } from "${script}";
window.trained = train().catch((error) => ({ error: String(error) }));</script>`;

/** A page whose worker trains on the dataset. */
const pageWithWorker = (script: string): string =>
  `<!doctype html><script type="module">
const worker = new Worker("${script}", { type: "module" });
window.learned = new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => resolve({ error: message });
});
worker.postMessage(new Uint8Array(await (await fetch("/dataset.arrow")).arrayBuffer()));</script>`;

let bundle: string;
let servers: { readonly plain: Server; readonly isolated: Server };
let dataset: string;
let fromNode: Trained;
let learnedInNode: Learned;

beforeAll(async () => {
  if (BROWSERS.length === 0) return;
  bundle = newFolder();
  const entry = join(REPOSITORY, "test", "browser-page", "train.js");
  await build({
    root: REPOSITORY,
    logLevel: "error",
    build: { outDir: bundle, lib: { entry, formats: ["es"], fileName: "bundled" }, minify: true },
  });
  await build({
    root: REPOSITORY,
    logLevel: "error",
    build: {
      outDir: bundle,
      emptyOutDir: false,
      target: "es2023",
      lib: {
        entry: join(REPOSITORY, "test", "browser-page", "learn-worker.js"),
        formats: ["es"],
        fileName: "learn-worker",
      },
      minify: true,
    },
  });
  dataset = join(bundle, "dataset.arrow");
  writeFiles(join(bundle, "photos"), await carsAndBuses(100));
  await prepare({ folder: join(bundle, "photos"), out: dataset, size: { width: 48, height: 48 } });
  servers = { plain: serve({}), isolated: serve(ISOLATED) };
  fromNode = (await inNode(`const { train } = await import(${JSON.stringify(entry)}); tell(await train())`)) as Trained;
  learnedInNode = (await inNode(
    `const { learn } = await import(${JSON.stringify(join(REPOSITORY, "test", "browser-page", "learn.js"))});
    const { readFileSync } = await import("node:fs");
    tell(await learn(await import("@silhouette/trainer/browser"), readFileSync(${JSON.stringify(dataset)})))`,
  )) as Learned;
});

/** The output of `script` in a process of its own. */
async function inNode(script: string): Promise<unknown> {
  const tell = "const tell = (value) => console.log(JSON.stringify(value));";
  const args = ["--input-type=module", "--eval", `${tell} ${script}`];
  return JSON.parse(await outputOf(process.execPath, args, { cwd: join(REPOSITORY, "test") }));
}

afterAll(() => {
  if (BROWSERS.length === 0) return;
  for (const server of Object.values(servers)) server.close();
  removeFolder(bundle);
});

describe.each(["chromium", "firefox"] as const)("%s", (name) => {
  let browser: Browser;

  beforeAll(async () => {
    if (!BROWSERS.includes(name)) return;
    browser = await launch(name);
  });

  afterAll(async () => browser?.close());

  it.runIf(BROWSERS.includes(name)).each([
    ["bundled", "isolated"],
    ["bundled", "not isolated"],
    ["unbundled", "isolated"],
    ["unbundled", "not isolated"],
  ])("trains %s, on a page that is %s, with the losses of Node.js", async (kind, isolation) => {
    const page = await browser.newPage();
    const server = isolation === "isolated" ? servers.isolated : servers.plain;
    const { port } = server.address() as AddressInfo;
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(`http://127.0.0.1:${port}/${kind}.html`);
    const trained = await page.evaluate<Trained>("window.trained");
    await page.close();
    expect(trained).toMatchObject({ kernelSet: "simd128", backends: ["wasm"] });
    expect(trained.losses).toEqual(fromNode.losses);
    if (isolation === "isolated") {
      expect(trained.threads).toBeGreaterThan(1);
      expect(trained.oneThreadBecause).toBeNull();
    } else {
      expect(trained.threads).toBe(1);
      expect(trained.oneThreadBecause).toContain("Cross-Origin-Opener-Policy");
    }
    const elsewhere = requests.filter((url) => !/^(blob:|data:|http:\/\/127\.0\.0\.1:)/.test(url));
    expect(elsewhere).toEqual([]);
    expect(requests.filter((url) => url.endsWith(".wasm"))).toEqual([]);
  });

  it.runIf(BROWSERS.includes(name)).each([
    ["bundled", "isolated"],
    ["unbundled", "not isolated"],
  ])(
    "learns a dataset in a worker, %s, on a page that is %s, with the weights and the calibration of Node.js, byte for byte",
    // In Firefox once more if its worker is blocked: see launch.ts.
    { timeout: 60_000, retry: name === "firefox" ? 2 : 0 },
    async (kind, isolation) => {
      const page = await browser.newPage();
      const server = isolation === "isolated" ? servers.isolated : servers.plain;
      const { port } = server.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/learn-${kind}.html`);
      const { reason, ...learned } = await page.evaluate<Learned>("window.learned");
      await page.close();
      const { reason: _reason, ...expected } = learnedInNode;
      expect(learned).toEqual(expected);
      expect(reason).toMatch(isolation === "isolated" ? /on \d+ threads/ : /on 1 thread /);
    },
  );
});

it.runIf(BROWSERS.length > 0)(
  "the browser entry gives the same weights and calibration as train(), in Node.js",
  async () => {
    const run = join(bundle, "run");
    const { config, metrics } = await train({ source: dataset, run, epochs: 2, batch: 8, seed: 3 });
    expect(learnedInNode.kernelSet).toBe(config.kernelSet);
    expect(readdirSync(join(run, "model"))).toContain(learnedInNode.weightsName);
    const { network, description } = await loadModel(join(run, "model"));
    network.dispose();
    expect(learnedInNode.calibration?.noneBeyond).toBeGreaterThan(0);
    expect(learnedInNode.calibration).toEqual(description.calibration);
    expect(learnedInNode.test).toMatchObject({ loss: metrics.loss, confusion: metrics.confusion });
    expect(learnedInNode.test.restoredLoss).toBe(metrics.loss);
  },
);

/** Serves the repository's files, the bundle, and a page for each. */
function serve(headers: Readonly<Record<string, string>>): Server {
  const pages: Readonly<Record<string, string>> = {
    "/bundled.html": pageWith("/bundle/bundled.js"),
    "/unbundled.html": pageWith("/test/browser-page/train.js"),
    "/learn-bundled.html": pageWithWorker("/bundle/learn-worker.js"),
    "/learn-unbundled.html": pageWithWorker("/test/browser-page/learn-worker-unbundled.js"),
  };
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const page = pages[pathname];
    if (page !== undefined) {
      response.writeHead(200, { "content-type": "text/html", ...headers }).end(page);
      return;
    }
    const name = pathname === "/dataset.arrow" ? "/bundle/dataset.arrow" : pathname;
    const file = name.startsWith("/bundle/") ? join(bundle, name.slice(8)) : join(REPOSITORY, name);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cross-origin-resource-policy": "same-origin", ...headers });
    createReadStream(file).pipe(response);
  }).listen(0, "127.0.0.1");
}
