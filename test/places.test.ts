// The packed preprocessor in every supported environment: each gives the same bits as OpenCV and Pillow for the same pictures.

import { createReadStream, cpSync, existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, extname, join } from "node:path";
import { gzipSync } from "node:zlib";

import { Preprocessor, init } from "@silhouette/preprocess-wasm";
import { build as bundle } from "esbuild";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack from "webpack";

import { BROWSERS, launch } from "./launch.ts";
import { newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { hasWritten, npm, outputOf, REPOSITORY, start, type Running } from "./programs.ts";

/** Environments, with the reason why CI may lack them. Elsewhere, all but the running Node.js may be missing. */
const MAY_BE_MISSING: Readonly<Record<string, string>> = {};

const {
  CI,
  SILHOUETTE_NODES: otherNodes = "",
  SILHOUETTE_DENO: deno,
  SILHOUETTE_BUN: bun,
  SILHOUETTE_WORKERD: workerd,
  SILHOUETTE_WASMTIME: wasmtime,
} = process.env;

interface Golden {
  readonly binarize: readonly { readonly threshold: number; readonly target: { readonly bits: string } }[];
}

/** The results of an environment, see places/answers.js. */
interface Answers {
  readonly alone: readonly string[];
  /** Missing if there are no workers. */
  readonly pooled?: readonly string[];
}

const PLACES = join(REPOSITORY, "test", "places");
const EXAMPLES = join(REPOSITORY, "examples");
const golden = JSON.parse(
  readFileSync(join(REPOSITORY, "packages", "preprocess-wasm", "golden", "golden.json"), "utf8"),
) as Golden;
const expected = golden.binarize.map(({ threshold, target }) => `${threshold} ${target.bits}`);
const allExpected: Answers = { alone: expected, pooled: Array.from({ length: 100 }, () => expected[0] ?? "") };

/** A project folder with only the packed package in its node_modules. */
let app: string;
let tarball: string;
const installed = (...path: string[]): string => join(app, "node_modules", "@silhouette", "preprocess-wasm", ...path);

beforeAll(async () => {
  app = newFolder();
  const packages = newFolder();
  const folder = "./packages/preprocess-wasm";
  const packed = await npm(REPOSITORY, "pack", "--json", "--ignore-scripts", "--pack-destination", packages, folder);
  const [{ filename } = { filename: "" }] = JSON.parse(packed) as { filename: string }[];
  tarball = join(packages, filename);
  cpSync(PLACES, app, { recursive: true });
  writeFiles(app, {
    "package.json": JSON.stringify({ name: "app", private: true, type: "module" }),
    "pictures.json": JSON.stringify(golden.binarize),
    "pictures.js": `export default ${JSON.stringify(golden.binarize)};`,
  });
  await npm(app, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline", tarball);
});

afterAll(() => {
  removeFolder(app);
  removeFolder(join(tarball, ".."));
});

/** Whether an environment is skipped: never in CI, unless it is on the list. */
function isLeftOut(name: string, program: unknown): boolean {
  return !program && (CI === undefined || name in MAY_BE_MISSING);
}

/** The program of an environment, which setup must have found. */
function found<Program>(program: Program | undefined): Program {
  if (program !== undefined) return program;
  throw new Error("Expected setup to have found this environment, since CI must not skip it");
}

describe("the same pictures give the same bits", () => {
  const nodes = otherNodes.split(delimiter).filter((program) => program !== "");
  const nodeOf = (major: number): string | undefined =>
    process.version.startsWith(`v${major}.`)
      ? process.execPath
      : nodes.find((program) => program.includes(`node-${major}.`));
  const node22 = nodeOf(22);
  const node24 = nodeOf(24);

  it("in the running Node.js", async () => {
    expect(await answersOf(process.execPath, "program.js")).toEqual(allExpected);
  });

  it.skipIf(isLeftOut("Node 22", node22))("in Node 22", async () => {
    expect(await answersOf(node22, "program.js")).toEqual(allExpected);
  });

  it.skipIf(isLeftOut("Node 24", node24))("in Node 24", async () => {
    expect(await answersOf(node24, "program.js")).toEqual(allExpected);
  });

  it.skipIf(isLeftOut("Deno", deno))("in Deno", async () => {
    const options = ["--no-prompt", "--allow-read=.", "--cached-only", "--node-modules-dir=manual"];
    expect(await answersOf(deno, "run", ...options, "program.js")).toEqual(allExpected);
  });

  it.skipIf(isLeftOut("Bun", bun))("in Bun", async () => {
    expect(await answersOf(bun, "run", "--no-install", "program.js")).toEqual(allExpected);
  });

  it.skipIf(isLeftOut("Wasmtime", wasmtime))("in Wasmtime, from Python with plain addresses", async () => {
    for (const kernels of ["simd128", "scalar"]) {
      const binary = installed("wasm", `preprocess.${kernels}.wasm`);
      const program = join(PLACES, "in_wasmtime.py");
      expect(await answersOf(wasmtime, program, binary, "pictures.json")).toEqual({ alone: expected });
    }
  });
});

/** The output of a program in the app's folder. */
async function answersOf(program: string | undefined, ...args: string[]): Promise<Answers> {
  return JSON.parse(await outputOf(found(program), args, { cwd: app })) as Answers;
}

describe("the same pictures give the same bits in Node.js, bundled into a folder without the package", () => {
  let folder: string;
  beforeAll(() => (folder = newFolder()));
  afterAll(() => removeFolder(folder));

  const expectAnswersOf = async (...path: string[]): Promise<void> => {
    expect(JSON.parse(await outputOf(process.execPath, [join(folder, ...path)], { cwd: folder }))).toEqual(allExpected);
  };

  it("by webpack, which copies the kernels", async () => {
    const errors = await new Promise<string>((resolve, reject) => {
      const output = { path: join(folder, "webpack"), filename: "program.cjs" };
      webpack({ context: app, mode: "production", target: "node", entry: "./program.js", output }, (error, stats) => {
        if (stats === undefined) reject(error ?? new Error("Expected webpack to end with statistics"));
        else resolve(stats.toString({ all: false, errors: true, warnings: true }));
      });
    });
    expect(errors).toBe("");
    await expectAnswersOf("webpack", "program.cjs");
  });

  it("by esbuild, which copies no files, with the inlined kernels", async () => {
    await bundle({
      absWorkingDir: app,
      entryPoints: ["inline-program.js"],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: join(folder, "esbuild", "program.mjs"),
    });
    await expectAnswersOf("esbuild", "program.mjs");
  });

  it("by Vite for servers, with the inlined kernels", async () => {
    await build({
      root: app,
      logLevel: "error",
      ssr: { noExternal: true },
      build: { ssr: "inline-program.js", outDir: join(folder, "vite"), emptyOutDir: true },
    });
    writeFiles(join(folder, "vite"), { "package.json": JSON.stringify({ type: "module" }) });
    await expectAnswersOf("vite", "inline-program.js");
  });
});

describe("the same pictures give the same bits at the edge", () => {
  let server: Running | undefined;
  /** By socket. */
  const ports = new Map<string, number>();

  beforeAll(async () => {
    if (workerd === undefined) return;
    await bundle({
      absWorkingDir: app,
      entryPoints: { worker: "worker.js", example: join(EXAMPLES, "edge-function.ts") },
      bundle: true,
      format: "esm",
      conditions: ["workerd"],
      external: ["*.wasm"],
      nodePaths: [join(app, "node_modules")],
      outdir: "edge",
    });
    cpSync(installed("wasm", "preprocess.simd128.wasm"), join(app, "edge", "kernels.wasm"));
    server = start(workerd, ["serve", "edge.capnp", "--control-fd=1"], { cwd: app });
    const told = await hasWritten(server.child.stdout, '"example"');
    for (const line of told.split("\n").filter((each) => each !== "")) {
      const { socket, port } = JSON.parse(line) as { socket: string; port: number };
      ports.set(socket, port);
    }
  });
  afterAll(() => server?.child.kill());

  const edgeAddress = (socket: string): string => `http://127.0.0.1:${found(ports.get(socket))}/`;

  it.skipIf(isLeftOut("workerd", workerd))("in workerd", async () => {
    const response = await fetch(edgeAddress("answers"));
    expect(await response.json()).toEqual({ alone: expected });
  });

  it.skipIf(isLeftOut("workerd", workerd))("in the edge function of the examples", async () => {
    await init();
    const preprocessor = new Preprocessor({ width: 300, height: 300 });
    const data = Uint8Array.from({ length: 40 * 30 * 4 }, (_, index) => (index * index) % 251);
    const mask = new Uint8Array(preprocessor.packedBytes);
    const threshold = preprocessor.binarize({ data, width: 40, height: 30, channels: 4 }, mask);
    const post = (query: string): Promise<Response> =>
      fetch(edgeAddress("example") + query, { method: "POST", body: data });
    const answer = await post("?width=40&height=30");
    expect(answer.headers.get("x-threshold")).toBe(String(threshold));
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(mask);
    const refusal = await post("?width=41&height=30");
    expect(refusal.status).toBe(400);
    expect(await refusal.text()).toContain("Expected 4920 elements");
  });
});

describe("the same pictures give the same bits in browsers", () => {
  let server: Server | undefined;

  beforeAll(async () => {
    if (BROWSERS.length === 0) return;
    const page = (script: string, imports = {}): string =>
      `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>
      <script type="module" src="${script}"></script>`;
    const folder = "/node_modules/@silhouette/preprocess-wasm/dist";
    const entries = {
      "@silhouette/preprocess-wasm": `${folder}/index.js`,
      "@silhouette/preprocess-wasm/pool": `${folder}/pool/pool.js`,
      "@silhouette/preprocess-wasm/inline": `${folder}/inline.js`,
    };
    writeFiles(app, {
      "page.html": page("./page.js"),
      "inline-page.html": page("./inline-page.js"),
      "unbundled.html": page("/page.js", entries),
      "unbundled-inline.html": page("/inline-page.js", entries),
    });
    const input = ["page", "inline-page"].map((name) => join(app, `${name}.html`));
    await build({ root: app, base: "./", logLevel: "error", build: { outDir: "built", rollupOptions: { input } } });
    server = serve();
  });
  afterAll(() => server?.close());

  it.skipIf(isLeftOut("Chromium", BROWSERS.includes("chromium")))("in Chromium", async () => {
    await expectAnswersOnPages(await launch("chromium"), found(server));
  });

  it.skipIf(isLeftOut("Firefox", BROWSERS.includes("firefox")))("in Firefox", async () => {
    await expectAnswersOnPages(await launch("firefox"), found(server));
  });
});

/** The package's files and its inlined kernels, with and without a bundler. */
async function expectAnswersOnPages(browser: Browser, server: Server): Promise<void> {
  try {
    for (const path of ["unbundled", "unbundled-inline", "built/page", "built/inline-page"]) {
      const { answers, wasmFiles } = await answersOfPage(browser, server, path);
      expect(answers).toEqual(allExpected);
      expect(wasmFiles).toBe(path.includes("inline") ? 0 : 1);
    }
  } finally {
    await browser.close();
  }
}

async function answersOfPage(
  browser: Browser,
  server: Server,
  path: string,
): Promise<{ answers: Answers; wasmFiles: number }> {
  const page = await browser.newPage();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(`${addressOf(server)}/${path}.html`);
  const answers = await page.evaluate<Answers>("window.answered");
  await page.close();
  return { answers, wasmFiles: requests.filter((url) => url.endsWith(".wasm")).length };
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The app's files. */
function serve(): Server {
  const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };
  return createServer((request, response) => {
    const file = join(app, new URL(request.url ?? "/", "http://localhost").pathname);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  }).listen(0, "127.0.0.1");
}

describe("the tarball", () => {
  it.each([
    ["preprocess", 44, 20],
    ["jpeg", 25, 11],
    ["thumbnail", 38, 16],
  ])("has kernels %s of at most %i KB, or %i KB compressed", (name, most, mostCompressed) => {
    for (const set of ["simd128", "scalar"]) {
      const binary = readFileSync(installed("wasm", `${name}.${set}.wasm`));
      expect(binary.length).toBeLessThanOrEqual(most * 1024);
      expect(gzipSync(binary).length).toBeLessThanOrEqual(mostCompressed * 1024);
    }
  });
});
