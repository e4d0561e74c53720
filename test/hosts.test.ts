// The packed training-wasm with the whole of TensorFlow.js in programs, bundles, tests and servers of other projects: each trains,
// and what runs in Node.js uses files, too.

import { createReadStream, cpSync, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { extname, join } from "node:path";

import { build as bundle } from "esbuild";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack from "webpack";

import { BROWSERS, launch } from "./launch.ts";
import { newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { hasWritten, npm, outputOf, REPOSITORY, run, start } from "./programs.ts";

/** Installed beside the packed package, as its users would. */
const OTHERS = [
  "@tensorflow/tfjs@4.22.0",
  "sharp@0.35.5",
  "jest@30.5.2",
  "@babel/plugin-transform-dynamic-import@8.0.1",
  "@babel/plugin-transform-modules-commonjs@8.1.2",
  "next@16.4.6",
  "react@19.3.1",
  "react-dom@19.3.1",
];

const TRAINED = { hasLearned: true, threads: availableParallelism(), oneThreadBecause: null };
const WITH_FILES = { ...TRAINED, isSame: true, pixels: [1, 2, 3, 4], logs: ["train"] };

/** A project folder with the packed package and {@link OTHERS} in its node_modules. */
let app: string;
let tarball: string;
const folders: string[] = [];
const anotherFolder = (): string => {
  const folder = newFolder();
  folders.push(folder);
  return folder;
};

beforeAll(async () => {
  app = newFolder();
  const packages = anotherFolder();
  const packed = await npm(
    REPOSITORY,
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    packages,
    "./packages/training-wasm",
  );
  const [{ filename } = { filename: "" }] = JSON.parse(packed) as { filename: string }[];
  tarball = join(packages, filename);
  cpSync(join(REPOSITORY, "test", "hosts"), app, { recursive: true });
  writeFiles(app, { "package.json": JSON.stringify({ name: "app", private: true, type: "module" }) });
  await npm(app, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", tarball, ...OTHERS);
});

afterAll(() => {
  for (const folder of [app, ...folders]) removeFolder(folder);
});

/** What a program prints last, as JSON; it gets a folder for its files. */
async function answerOf(...args: readonly string[]): Promise<unknown> {
  const printed = await outputOf(process.execPath, [...args, anotherFolder()], { cwd: app });
  return JSON.parse(printed.trim().split("\n").at(-1) ?? "") as unknown;
}

describe("in Node.js, with the whole of TensorFlow.js", () => {
  it("ES modules train and use files", async () => {
    expect(await answerOf("program.js")).toEqual(WITH_FILES);
  });

  it("CommonJS programs do, by require", async () => {
    expect(await answerOf("program.cjs")).toEqual({ ...TRAINED, layers: 4, pixels: [1, 2, 3, 4] });
  });

  it("tf.data and graph models read file:// addresses, and fitDataset trains on generators, too", async () => {
    expect(await answerOf("data.js")).toEqual({ rows: 4, hasLearned: true, epochs: 2, products: [32, 32] });
  });
});

describe("bundled for Node.js, but for sharp, whose native part no bundler takes", () => {
  it("by esbuild", async () => {
    const outfile = join(app, "built", "esbuild", "program.mjs");
    await bundle({
      absWorkingDir: app,
      entryPoints: ["bundled.js"],
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["sharp"],
      // TensorFlow.js' own use of require.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
      outfile,
    });
    expect(await answerOf(outfile)).toEqual(WITH_FILES);
  });

  it("by webpack", async () => {
    const path = join(app, "built", "webpack");
    await webpacked({
      target: "node",
      entry: "./bundled.js",
      externals: { sharp: "commonjs sharp" },
      output: { path, filename: "program.cjs" },
    });
    expect(await answerOf(join(path, "program.cjs"))).toEqual(WITH_FILES);
  });

  it("by Vite for servers", async () => {
    await build({
      root: app,
      logLevel: "error",
      ssr: { noExternal: true, external: ["sharp"] },
      build: { ssr: "bundled.js", outDir: "built/vite", emptyOutDir: true },
    });
    expect(await answerOf(join(app, "built", "vite", "bundled.js"))).toEqual(WITH_FILES);
  });
});

async function webpacked(configuration: webpack.Configuration): Promise<void> {
  const errors = await new Promise<string>((resolve, reject) => {
    webpack(
      { context: app, mode: "production", optimization: { minimize: false }, ...configuration },
      (error, stats) => {
        if (stats === undefined) reject(error ?? new Error("Expected webpack to end with statistics"));
        else resolve(stats.toString({ all: false, errors: true }));
      },
    );
  });
  expect(errors).toBe("");
}

// browsers.test.ts has a page by Vite.
describe.skipIf(!BROWSERS.includes("chromium"))("on a page in Chromium", () => {
  let server: Server;
  beforeAll(() => (server = serve(join(app, "built"))));
  afterAll(() => server.close());

  it("bundled by webpack", async () => {
    await webpacked({
      target: "web",
      entry: "./page.js",
      output: { path: join(app, "built"), filename: "webpack-page.js" },
    });
    expect(await answerOfPage(`${addressOf(server)}/webpack-page.js`)).toEqual(TRAINED);
  });

  it("bundled by esbuild", async () => {
    const outfile = join(app, "built", "esbuild-page.js");
    await bundle({ absWorkingDir: app, entryPoints: ["page.js"], bundle: true, outfile });
    expect(await answerOfPage(`${addressOf(server)}/esbuild-page.js`)).toEqual(TRAINED);
  });
});

describe("in Jest", () => {
  const jest = async (config: string, ...options: readonly string[]): Promise<unknown> => {
    const args = [...options, join("node_modules", "jest", "bin", "jest.js"), "--config", config, "--verbose=false"];
    const { code, stdout, stderr } = await run(process.execPath, args, {
      cwd: app,
      env: { ...process.env, FOLDER: anotherFolder() },
    });
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(/^\s*(\{.*\})$/m.exec(stdout + stderr)?.[1] ?? "") as unknown;
  };

  it("ES modules train and use files", async () => {
    expect(await jest("jest/modules.config.cjs", "--experimental-vm-modules")).toEqual(WITH_FILES);
  });

  it("modules that are transformed to CommonJS do, with those of @silhouette", async () => {
    expect(await jest("jest/transformed.config.cjs")).toEqual(WITH_FILES);
  });
});

it("in Next.js, a route of the server trains and uses files, and a page trains", async () => {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", FOLDER: anotherFolder() };
  const next = join("node_modules", "next", "dist", "bin", "next");
  await outputOf(process.execPath, [next, "build"], { cwd: app, env });
  const { child, ended } = start(process.execPath, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], {
    cwd: app,
    env,
  });
  try {
    const told = await hasWritten(child.stdout, "Ready");
    const [, address = ""] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(told) ?? [];
    expect(await (await fetch(`${address}/train`)).json()).toEqual(WITH_FILES);
    if (BROWSERS.includes("chromium")) {
      const oneThreadBecause = expect.stringContaining("Cross-Origin-Opener-Policy") as string;
      expect(await answerOfPage(address)).toEqual({ ...TRAINED, threads: 1, oneThreadBecause });
    }
  } finally {
    child.kill();
  }
  expect((await ended).stderr).toBe("");
}, 240_000);

/** What a page's `window.trained` becomes: of an address, or of a script alone. */
async function answerOfPage(address: string): Promise<unknown> {
  const browser = await launch("chromium");
  try {
    const page = await browser.newPage();
    await page.goto(address.endsWith(".js") ? address.replace(/\.js$/, ".html") : address);
    await page.waitForFunction("window.trained !== undefined");
    return await page.evaluate("window.trained");
  } finally {
    await browser.close();
  }
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The scripts of a folder, and a page for each, with headers that let threads share memory. */
function serve(folder: string): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
    if (extname(pathname) === ".html") {
      response.writeHead(200, { ...headers, "content-type": "text/html" });
      response.end(`<!doctype html><script src="${pathname.replace(".html", ".js")}"></script>`);
    } else if (existsSync(join(folder, pathname))) {
      response.writeHead(200, { ...headers, "content-type": "text/javascript" });
      createReadStream(join(folder, pathname)).pipe(response);
    } else {
      response.writeHead(404, headers).end();
    }
  }).listen(0, "127.0.0.1");
}

describe("the tarball", () => {
  const tool = (...path: string[]): string => join(REPOSITORY, "node_modules", ...path);

  it("has a package.json without problems according to publint", async () => {
    const output = await outputOf(process.execPath, [tool("publint", "src", "cli.js"), "run", tarball, "--strict"]);
    expect(output).toContain("All good!");
  });

  it("has types that TypeScript resolves from ES modules and from bundlers", async () => {
    const cli = tool("@arethetypeswrong", "cli", "dist", "index.js");
    // It exits with another code if they are wrong.
    const output = await outputOf(process.execPath, [cli, tarball, "--profile", "esm-only", "--format", "ascii"]);
    for (const entry of ["", "/node", "/event-file"]) expect(output).toContain(`"@silhouette/training-wasm${entry}"`);
  });
});
