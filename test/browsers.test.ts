// @silhouette/training-wasm in browsers: bundled by Vite and not, on pages that are cross-origin isolated and that are not.

import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

import { chromium, firefox, type Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { newFolder, removeFolder } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";

/** What browser-page/train.js gives. */
interface Trained {
  readonly kernelSet: string;
  readonly threads: number;
  readonly oneThreadBecause: string | null;
  readonly losses: readonly number[];
  readonly backends: readonly string[];
}

/** Debian's browsers, where set-up found or installed them. */
const BROWSERS = (process.env["SILHOUETTE_BROWSERS"] ?? "").split(",").filter((name) => name !== "");

const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

/** Two headers give a page memory that threads share. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Where a browser without a bundler finds the packages; those of Node.js are empty. */
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

let bundle: string;
let servers: { readonly plain: Server; readonly isolated: Server };
let fromNode: Trained;

beforeAll(async () => {
  if (BROWSERS.length === 0) return;
  bundle = newFolder();
  const entry = join(REPOSITORY, "test", "browser-page", "train.js");
  await build({
    root: REPOSITORY,
    logLevel: "error",
    build: { outDir: bundle, lib: { entry, formats: ["es"], fileName: "bundled" }, minify: true },
  });
  servers = { plain: serve({}), isolated: serve(ISOLATED) };
  fromNode = JSON.parse(
    await outputOf(process.execPath, [
      "--input-type=module",
      "--eval",
      `const { train } = await import(${JSON.stringify(entry)}); console.log(JSON.stringify(await train()))`,
    ]),
  ) as Trained;
});

afterAll(() => {
  if (BROWSERS.length === 0) return;
  for (const server of Object.values(servers)) server.close();
  removeFolder(bundle);
});

describe.each(["chromium", "firefox"] as const)("%s", (name) => {
  let browser: Browser;

  beforeAll(async () => {
    if (!BROWSERS.includes(name)) return;
    browser =
      name === "chromium"
        ? await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
        : await firefox.launch({ channel: "moz-firefox", executablePath: "/usr/bin/firefox-esr" });
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
});

/** The repository's files, the bundle, and a page for each. */
function serve(headers: Readonly<Record<string, string>>): Server {
  const pages: Readonly<Record<string, string>> = {
    "/bundled.html": pageWith("/bundle/bundled.js"),
    "/unbundled.html": pageWith("/test/browser-page/train.js"),
  };
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const page = pages[pathname];
    if (page !== undefined) {
      response.writeHead(200, { "content-type": "text/html", ...headers }).end(page);
      return;
    }
    const file = pathname.startsWith("/bundle/") ? join(bundle, pathname.slice(8)) : join(REPOSITORY, pathname);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cross-origin-resource-policy": "same-origin", ...headers });
    createReadStream(file).pipe(response);
  }).listen(0, "127.0.0.1");
}
