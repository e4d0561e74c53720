// The packages as published by npm: packed, installed into an empty folder, and used by another project there.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { USES } from "../scripts/release/uses.mjs";
import { readDataset } from "./datasets.ts";
import { carsAndBuses, DRAWN, newFolder, removeFolder, silhouetteOf, writeFiles } from "./pictures.ts";
import { npm, outputOf, REPOSITORY, run } from "./programs.ts";
import { linesOf } from "./silhouette.ts";

/** Folders of the packages that are published. */
const PUBLISHED = ["preprocess-wasm", "training-wasm", "trainer", "report", "studio", "cli", "bench"] as const;

/** Other versions of Node.js. */
const NODES = (process.env["SILHOUETTE_NODES"] ?? "").split(delimiter).filter((program) => program !== "");

/** The output of `npm pack --json` for a tarball. */
interface Tarball {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** The fields of package.json that these tests read. */
interface Manifest {
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: unknown;
}

let tarballFolder: string;
/** The project that uses the packages. */
let app: string;
let tarballs: readonly Tarball[];

beforeAll(async () => {
  tarballFolder = newFolder();
  app = newFolder();
  const folders = PUBLISHED.map((name) => `./packages/${name}`);
  const packed = await npm(
    REPOSITORY,
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    tarballFolder,
    ...folders,
  );
  tarballs = JSON.parse(packed) as Tarball[];
  writeFiles(app, { "package.json": JSON.stringify({ name: "app", private: true, type: "module" }) });
  const files = tarballs.map(({ filename }) => join(tarballFolder, filename));
  await npm(app, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...files);
});

afterAll(() => {
  removeFolder(tarballFolder);
  removeFolder(app);
});

/** A program in this repository's node_modules. */
function tool(...path: string[]): string {
  return join(REPOSITORY, "node_modules", ...path);
}

/** The path of a package's tarball. */
function tarballOf(name: string): string {
  return join(tarballFolder, tarballs.find((each) => each.name === name)?.filename ?? "none");
}

describe.each(PUBLISHED)("the tarball of %s", (published) => {
  const name = `@silhouette/${published}`;
  const installed = (...path: string[]): string => join(app, "node_modules", "@silhouette", published, ...path);
  const pathsLike = (pattern: RegExp): readonly string[] =>
    tarballs
      .flatMap((each) => (each.name === name ? each.files : []))
      .flatMap(({ path }) => path.match(pattern)?.input ?? []);

  it("contains no tests and nothing that is only for tests", () => {
    expect(pathsLike(/\.test\.|(^|\/)(testing|tests?|golden|fuzz)\//)).toEqual([]);
  });

  it("contains no Rust, no caches and no settings of this repository", () => {
    expect(pathsLike(/\.rs$|Cargo|(^|\/)(target|\.turbo|node_modules)\/|tsconfig|turbo\.json/)).toEqual([]);
  });

  it("contains the text of the licence, which the Apache licence requires", () => {
    expect(pathsLike(/^LICENSE$/)).toEqual(["LICENSE"]);
  });

  it("contains every file that its exports and commands name", () => {
    const manifest = JSON.parse(readFileSync(installed("package.json"), "utf8")) as Manifest;
    const named = [...pathsIn(manifest.exports), ...Object.values(manifest.bin ?? {})];
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((path) => !statSync(installed(path), { throwIfNoEntry: false })?.isFile())).toEqual([]);
  });

  it("has a package.json without problems according to publint", async () => {
    const output = await outputOf(process.execPath, [
      tool("publint", "src", "cli.js"),
      "run",
      tarballOf(name),
      "--strict",
    ]);
    expect(output).toContain("All good!");
  });

  it("has types that TypeScript resolves from ES modules and from bundlers", async () => {
    const cli = tool("@arethetypeswrong", "cli", "dist", "index.js");
    // A style sheet has no types.
    const options = ["--profile", "esm-only", "--format", "ascii", "--exclude-entrypoints", "./views.css"];
    // It exits with another code if they are wrong.
    const output = await outputOf(process.execPath, [cli, tarballOf(name), ...options]);
    const { exports } = JSON.parse(readFileSync(installed("package.json"), "utf8")) as { exports: object };
    for (const entry of Object.keys(exports).filter((each) => !each.endsWith(".css"))) {
      expect(output).toContain(`"${name}${entry.slice(1)}"`);
    }
  });

  it("contains the TypeScript that its source maps name, so that debuggers can show it", () => {
    const maps = readdirSync(installed(), { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".map"),
    );
    expect(maps.length).toBeGreaterThan(0);
    const named = maps.flatMap((path) => {
      const { sources } = JSON.parse(readFileSync(installed(path), "utf8")) as { sources: string[] };
      return sources.map((source) => installed(dirname(path), source));
    });
    expect(named.filter((source) => !existsSync(source))).toEqual([]);
  });
});

describe("the installed packages", () => {
  it("binarize a picture from plain JavaScript", async () => {
    writeFiles(app, {
      "binarize.js": `
        import { init, Preprocessor } from "@silhouette/preprocess-wasm";

        const [width, height] = [48, 36];
        const data = new Uint8Array(width * height * 3).fill(250);
        for (let y = 18; y < 27; y++) data.fill(20, (y * width + 11) * 3, (y * width + 36) * 3);
        await init();
        const preprocessor = new Preprocessor({ width, height });
        const bits = new Uint8Array(preprocessor.packedBytes);
        const mask = new Uint8Array(width * height);
        preprocessor.binarize({ data, width, height, channels: 3 }, bits);
        preprocessor.unpackBits(bits, mask);
        console.log(mask.join(""));
      `,
    });
    const printed = await outputOf(process.execPath, ["binarize.js"], { cwd: app });
    expect(printed).toBe(`${silhouetteOf("car").join("")}\n`);
  });

  it("type-check in strict TypeScript, including their own declarations", async () => {
    writeFiles(app, {
      "tsconfig.json": JSON.stringify({
        compilerOptions: {
          target: "es2023",
          module: "nodenext",
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
        },
        files: ["app.ts"],
      }),
      "app.ts": `
        import { predictionSheet, terminalPictures } from "@silhouette/report";
        import { init, Preprocessor, PreprocessError, type Picture } from "@silhouette/preprocess-wasm";
        import { type Dataset, prepare, TrainerError, type PrepareOptions, type PrepareSummary, openDataset } from "@silhouette/trainer";
        import { evaluate, predict, Predictor, train } from "@silhouette/trainer";
        import type { Classification, ExamplePrediction, NetworkBuilder, TrainOptions, TrainSummary } from "@silhouette/trainer";
        import { ARTICLE, configOf, PictureSet, startWasm, TrainingSession } from "@silhouette/trainer/browser";
        import { defineConfig } from "@silhouette/cli";
        import { diagnose, type Finding } from "@silhouette/trainer/light";
        import { enableTraining, TrainingWasmError, type TrainingBackend } from "@silhouette/training-wasm";
        import { decodeImage, encodePng, fileSystem, summaryFileWriter, tensorBoard } from "@silhouette/training-wasm/node";

        const options: PrepareOptions = { folder: "photos", out: "photos.arrow", split: [0.8, 0.1, 0.1] };
        const summary: PrepareSummary = await prepare(options);
        const dataset: Dataset = await openDataset(options.out);
        const shown = await terminalPictures(60, 30);
        for await (const { pixels, label } of dataset) {
          const lines: readonly string[] = shown(pixels, dataset.description);
          const text: string = label + lines.join() + summary.rows.toFixed();
        }
        const picture: Picture = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 };
        await init();
        const preprocessor = new Preprocessor({ width: 8 });
        const threshold: number = preprocessor.binarize(picture, new Uint8Array(preprocessor.packedBytes));

        const training: TrainOptions = { source: "photos", run: "runs/photos", onEvent: ({ type }) => console.log(type) };
        const { examples, size, metrics }: TrainSummary = await train(training);
        const png: Uint8Array = await predictionSheet(examples satisfies readonly ExamplePrediction[], { ...size, metrics });
        const accuracy: number | null = (await evaluate({ run: "runs/photos", source: "photos" })).metrics.accuracy;
        const predictor = await Predictor.load("runs/photos");
        const classification: Classification = await predictor.classify(png);
        const build = null as unknown as NetworkBuilder;
        const own: TrainOptions = { source: "photos", run: "runs/own", network: build };
        for await (const answer of predict({ run: "runs/photos", paths: ["a.jpg"] })) {
          if (answer.type === "prediction") answer.classes satisfies readonly { readonly label: string }[];
          else answer.code satisfies string;
        }
        const pictures = await PictureSet.bySplit(dataset);
        const run = { source: "photos.arrow", epochs: 2, batch: 8, seed: 0, recipe: ARTICLE, network: "reference" } as const;
        const settings = configOf({ ...run, dataset: dataset.description, pictures, backend: await startWasm() });
        const session = await TrainingSession.of(settings, pictures, await startWasm());
        const loss: number = (await session.run()).metrics.loss;
        // @ts-expect-error
        configOf({ ...run, recipe: { ...ARTICLE, augmentation: "unknown" }, dataset: dataset.description, pictures });

        const backend: TrainingBackend = await enableTraining();
        const bytes: number = backend.heapBytes() + metrics.correct + (accuracy ?? 0);

        const { shape } = await decodeImage(await encodePng(null as never), 3);
        summaryFileWriter("logs").scalar("sides", shape.length, 1);
        const { epochs }: { epochs?: number } = tensorBoard("logs", { updateFreq: "batch" }).params;
        fileSystem("model").save satisfies unknown;
        // @ts-expect-error
        tensorBoard("logs", { updateFreq: "step" });

        const findings: readonly Finding[] = await diagnose();
        for (const finding of findings) if (finding.state !== "ready") finding.remedy satisfies string;

        const errors: readonly Error[] = [];
        for (const error of errors) {
          if (error instanceof TrainerError) error.code satisfies string;
          if (error instanceof PreprocessError) error.code satisfies string;
          if (error instanceof TrainingWasmError) error.code satisfies string;
        }

        // @ts-expect-error: all of these would pass if the types had become any.
        await prepare({ folder: "photos", out: 5 });
        // @ts-expect-error
        preprocessor.binarize({ ...picture, channels: 2 }, new Uint8Array(1));
        // @ts-expect-error
        await train({ source: "photos", run: "runs/photos", epochs: "5" });
        // @ts-expect-error
        shown(5, dataset.description);
        // @ts-expect-error
        await train({ ...own, network: () => 5 });
        defineConfig({ source: "photos", recipe: { name: "levels", labelSmoothing: 0 }, size: { width: 64, height: 64 } });
        // @ts-expect-error
        defineConfig({ recipe: { labelSmothing: 0 } });
        // @ts-expect-error
        defineConfig({ epochs: "5" });
      `,
    });
    const compiler = join(REPOSITORY, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await run(process.execPath, [compiler, "--project", app], { cwd: app });
    // The declarations of TensorFlow.js' dependencies conflict with TypeScript 7's DOM types; ours must not.
    expect(stdout.split("\n").filter((line) => /^app\.ts|@silhouette/.test(line))).toEqual([]);
    expect(stdout).not.toMatch(/^error/m);
  });

  it("let tf.layers fit a convolutional network on WASM after one call", async () => {
    writeFiles(app, {
      "fit.js": `
        import { oneHot, randomNormal, tensor1d } from "@tensorflow/tfjs-core";
        import { layers, sequential } from "@tensorflow/tfjs-layers";
        import { enableTraining } from "@silhouette/training-wasm";

        await enableTraining();
        const model = sequential();
        model.add(layers.conv2d({ inputShape: [12, 12, 1], filters: 4, kernelSize: 3, activation: "relu" }));
        model.add(layers.maxPooling2d({ poolSize: 2 }));
        model.add(layers.flatten());
        model.add(layers.dense({ units: 2, activation: "softmax" }));
        model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
        const labels = oneHot(tensor1d([0, 1, 0, 1], "int32"), 2);
        const { history } = await model.fit(randomNormal([4, 12, 12, 1]), labels, { epochs: 30, verbose: 0 });
        console.log(history.loss.at(-1) < history.loss[0]);
      `,
    });
    expect(await outputOf(process.execPath, ["fit.js"], { cwd: app })).toBe("true\n");
  });

  it.each(NODES)("train in another version of Node.js: %s", async (node) => {
    writeFiles(app, { "training.js": USES["training-wasm"] ?? "", "demo.js": USES["cli"] ?? "" });
    expect(await outputOf(node, ["training.js"], { cwd: app })).toMatch(/^\d+ threads\n$/);
    expect(await outputOf(node, ["demo.js"], { cwd: app })).toMatch(/^\d+ correct\n$/);
  });

  it("have a command that trains", async () => {
    writeFiles(join(app, "vehicles"), await carsAndBuses(30));
    const command = join(app, "node_modules", ".bin", "silhouette");
    const args = ["train", "vehicles", "--size", "94", "--epochs", "1", "--batch", "16"];
    const { code, stdout } = await run(command, args, { cwd: app, shell: process.platform === "win32" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d correct, \d incorrect: /m);
  });

  it("have a command that reads a typed configuration and a network in TypeScript", async () => {
    writeFiles(app, {
      "silhouette.config.ts": `
        import { defineConfig } from "@silhouette/cli";
        export default defineConfig({ source: "vehicles", out: "runs/own", network: "network.ts", epochs: 1, size: { width: 16, height: 16 } });
      `,
      "network.ts": `
        import { compactNetwork, type NetworkBuilder } from "@silhouette/trainer";
        import { layers, sequential } from "@tensorflow/tfjs-layers";
        if (typeof compactNetwork !== "function") throw new Error("not loaded");
        const build: NetworkBuilder = ({ width, height, classes }) =>
          sequential({ layers: [layers.flatten({ inputShape: [height, width, 1] }), layers.dense({ units: classes, activation: "softmax" })] });
        export default build;
      `,
    });
    const command = join(app, "node_modules", ".bin", "silhouette");
    const { code, stdout } = await run(command, ["train"], { cwd: app, shell: process.platform === "win32" });
    rmSync(join(app, "silhouette.config.ts"));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d correct, \d incorrect: /m) as string,
    });
  });

  it("have a command that reports everything as available", async () => {
    const command = join(app, "node_modules", ".bin", "silhouette");
    const { code, stdout } = await run(command, ["doctor"], { cwd: app, shell: process.platform === "win32" });
    expect(code).toBe(0);
    // Nothing about a clone.
    expect(linesOf(stdout)[0]).toMatch(/^✓ silhouette: \d+\.\d+\.\d+$/);
    expect(linesOf(stdout).at(-1)).toMatch(/^Everything is ready/);
  });

  it("have a command that runs benchmarks, and lists the peers that are not installed", async () => {
    const command = join(app, "node_modules", ".bin", "silhouette");
    const args = ["bench", "load", "--quick", "--batch", "2", "--threads", "1"];
    const env = { ...process.env, SILHOUETTE_PYTHON: join(app, "no-python") };
    const { code, stdout } = await run(command, args, { cwd: app, env, shell: process.platform === "win32" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^silhouette +\d/m);
    for (const peer of ["silhouette on tfjs-node", "PyTorch", "Keras"]) {
      expect(stdout).toContain(`Not measured: ${peer}: `);
    }
    expect(existsSync(join(app, "bench-results", "load.svg"))).toBe(true);
  });

  it("fail to train on a backend that is not installed, with an error that says how to install it", async () => {
    const command = join(app, "node_modules", ".bin", "silhouette");
    const args = ["train", "vehicles", "--out", "runs/native", "--backend", "node"];
    const { code, stdout, stderr } = await run(command, args, { cwd: app, shell: process.platform === "win32" });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(
      /^Error: Expected @tensorflow\/tfjs-node to load, but it did not .*\[BACKEND_UNAVAILABLE\]$/m,
    );
    expect(stderr).toContain("npm install @tensorflow/tfjs-node@4.22.0");
    expect(existsSync(join(app, "runs", "native"))).toBe(false);
  });

  it("have a command that creates a dataset", async () => {
    writeFiles(join(app, "photos"), await carsAndBuses(3));
    const args = ["prepare", "photos", "--out", "photos.arrow", "--recipe", "article", "--size", "48x36"];
    // On Windows, npm writes a script that needs a shell.
    const command = join(app, "node_modules", ".bin", "silhouette");
    const { stdout, stderr } = await run(command, args, { cwd: app, shell: process.platform === "win32" });
    expect(stdout).toContain("photos.arrow: 6 black-and-white pictures of 48 x 36,");
    expect(linesOf(stderr)[0]).toBe("6 pictures of bus, car in photos, split by class");
    const { description, rows } = await readDataset(join(app, "photos.arrow"));
    expect(description).toMatchObject(DRAWN);
    for (const { label, mask } of rows) expect(mask).toEqual(silhouetteOf(label === "bus" ? "bus" : "car"));
  });
});

it("the installed trainer reads a dataset from bytes by its entry for pages, and brings the bundle of it", async () => {
  writeFiles(app, {
    "bytes.js": `
      import { readFileSync } from "node:fs";
      import { Dataset } from "@silhouette/trainer/browser";

      const dataset = await Dataset.open(readFileSync("photos.arrow"));
      for await (const { path } of dataset) console.log(path);
      console.log(import.meta.resolve("@silhouette/trainer/browser.bundle.js"));
    `,
  });
  const printed = linesOf(await outputOf(process.execPath, ["bytes.js"], { cwd: app }));
  const paths = ["bus", "car"].flatMap((label) => [0, 1, 2].map((number) => `${label}/00${number}.png`));
  expect(printed.slice(0, -1)).toEqual(paths);
  expect(existsSync(new URL(printed.at(-1) ?? ""))).toBe(true);
});

/** All paths in an exports map, at any depth. */
function pathsIn(exports: unknown): string[] {
  if (typeof exports === "string") return [exports];
  return typeof exports === "object" && exports !== null ? Object.values(exports).flatMap(pathsIn) : [];
}
