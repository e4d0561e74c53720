// `silhouette export`: the files of each format, the programs of the examples that run them, and what is refused.

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  compactNetwork,
  exportModel,
  Generator,
  exportedDescription,
  PictureViews,
  saveModel,
  type ModelDescription,
} from "@silhouette/trainer";
import { startWasm } from "@silhouette/trainer/browser";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { saveCalibrated } from "./calibrated-run.ts";
import { EXAMPLE, exampleDrawings, type Predicted as Shares } from "./classifying-pages.ts";
import { BROWSERS, launch } from "./launch.ts";
import { compile, HAS_NO_RUNTIMES, makeProject, onnxRuntime, serve } from "./model-runtimes.ts";
import { HAS_PERMISSIONS } from "./outputs.ts";
import { emptyFolder, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";
import { withPythonPackage } from "./python-package.ts";
import { eventsOf, expectReadable, silhouette } from "./silhouette.ts";

/** A Python with the runtimes, and with what the package python/ is built with. */
const PYTHON = process.env["SILHOUETTE_EXPORTS"];

/** Largest difference of a probability. */
const TOLERANCE = 1e-5;

/** Of a novelty, which is a sum of hundreds of numbers that cancel each other out. */
const NOVELTY_TOLERANCE = 1e-4;

/** What each pair of format and input is seen as. */
const INPUTS = [
  ["binary1", "otsu"],
  ["gray8", "otsu"],
  ["gray8", "levels"],
  ["gray8", "gray"],
  ["rgb8", "rgb"],
] as const;

/** A prediction of `silhouette predict --json`. */
interface Predicted extends Shares {
  readonly novelty: number | null;
}

let folder: string;
let drawings: readonly string[];
let predicted: readonly Predicted[];
/** A run with the example's network, and a calibration. */
let calibratedRun: string;
/** Its model, exported. */
let onnx: string;
let litert: string;

beforeAll(async () => {
  folder = newFolder();
  const files = await exampleDrawings();
  writeFiles(folder, files);
  drawings = Object.keys(files).map((name) => join(folder, name));
  calibratedRun = join(folder, "run");
  await saveCalibrated(join(calibratedRun, "model"));
  const { stdout } = await silhouette(["predict", calibratedRun, ...drawings, "--json"]);
  predicted = eventsOf(stdout).filter(({ type }) => type === "prediction") as unknown as readonly Predicted[];
  await exportModel({ run: calibratedRun, format: "onnx", out: folder });
  await exportModel({ run: calibratedRun, format: "litert", out: folder });
  [onnx, litert] = [join(folder, "model.onnx"), join(folder, "model.tflite")];
});
afterAll(() => removeFolder(folder));

function descriptionOf(changes: Partial<ModelDescription>): ModelDescription {
  return { ...exportedDescription(readFileSync(onnx)), calibration: null, ...changes };
}

describe("silhouette export", () => {
  it.each([
    ["tfjs", [/^weights-[0-9a-f]{8}\.bin$/, /^model\.json$/]],
    ["keras", [/^model\.keras$/]],
    ["onnx", [/^model\.onnx$/]],
    ["litert", [/^model\.tflite$/]],
    ["html", [/^predictor\.html$/]],
  ])("--to %s writes its files, and reports them", async (format, names) => {
    const out = join(emptyFolder(), "new", "folder");
    const ended = await silhouette(["export", EXAMPLE, "--to", format, "--out", out, "--json"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const [done, ...others] = eventsOf(ended.stdout);
    expect(others).toEqual([]);
    expect(done).toMatchObject({ type: "done", command: "export", run: EXAMPLE, format });
    const files = done?.["files"] as readonly { readonly path: string; readonly bytes: number }[];
    expect(files).toHaveLength(names.length);
    expect(readdirSync(out)).toHaveLength(names.length);
    for (const { path, bytes } of files) expect(readFileSync(path).length).toBe(bytes);
    for (const [index, name] of names.entries()) {
      const { path } = files[index] ?? { path: "" };
      expect(path.startsWith(join(out, "/"))).toBe(true);
      expect(path.slice(out.length + 1)).toMatch(name);
    }
  });

  it("says where the file is, and writes the same one again", async () => {
    const before = readFileSync(onnx);
    const ended = await silhouette(["export", calibratedRun, "--to", "onnx", "--out", folder]);
    expect(ended).toMatchObject({ code: 0, stderr: "", stdout: `${onnx}\n` });
    expect(readFileSync(onnx).equals(before)).toBe(true);
  });

  it("writes into the run's folder unless told otherwise, for TensorFlow.js just the files that the run has", async () => {
    const source = runOf(await untrained({}));
    expect(await silhouette(["export", source, "--to", "tfjs"])).toMatchObject({ code: 0 });
    const [theirs, ours] = [join(source, "export"), join(source, "model")];
    expect(readdirSync(theirs)).toEqual(readdirSync(ours));
    for (const name of readdirSync(ours)) {
      expect(readFileSync(join(theirs, name)).equals(readFileSync(join(ours, name)))).toBe(true);
    }
  });

  it.each([
    ["export --to onnx", 2, [/missing required argument 'RUN'/]],
    ["export RUN", 2, [/required option '--to <FORMAT>'/]],
    ["export RUN --to coreml", 2, [/Allowed choices are tfjs, keras, onnx/]],
    ["export NOTHING --to onnx --out OUT", 3, [/Expected .*NOTHING/i, /silhouette/]],
    ["export PICTURES --to html --out OUT", 3, [/Expected /]],
    ["export RUN --to onnx --out FILE", 4, [/Expected to write the exported model to .*, but/, /folder/]],
    ["export RUN --to html --out FILE", 4, [/Expected to write the exported model to .*, but/, /folder/]],
  ])(
    "`silhouette %s` ends with exit code %i, says what is wrong, and writes nothing",
    async (command, code, messages) => {
      const out = emptyFolder();
      const places = {
        RUN: EXAMPLE,
        OUT: join(out, "exported"),
        FILE: drawings[0] ?? "",
        PICTURES: folder,
        NOTHING: join(out, "nothing"),
      };
      const words = command.split(" ").map((word) => places[word as keyof typeof places] ?? word);
      const before = readFileSync(places.FILE);
      const ended = await silhouette(words);
      expect(ended).toMatchObject({ code, stdout: "" });
      for (const message of messages) expect(ended.stderr).toMatch(message);
      expectReadable(ended);
      expect(readdirSync(out)).toEqual([]);
      expect(readFileSync(places.FILE)).toEqual(before);
    },
  );

  it("replaces no file that it did not write", async () => {
    const out = emptyFolder();
    writeFileSync(join(out, "model.json"), "mine");
    const ended = await silhouette(["export", EXAMPLE, "--to", "tfjs", "--out", out]);
    expect(ended).toMatchObject({ code: 4, stdout: "" });
    expect(ended.stderr).toContain("another file of that name exists");
    expect(ended.stderr).toContain("Export to another folder");
    expect(readdirSync(out)).toEqual(["model.json"]);
    expect(readFileSync(join(out, "model.json"), "utf8")).toBe("mine");
  });

  it.runIf(HAS_PERMISSIONS)("says that a folder cannot be written to (not for root, not on Windows)", async () => {
    const out = emptyFolder();
    chmodSync(out, 0o500);
    const ended = await silhouette(["export", EXAMPLE, "--to", "onnx", "--out", out]);
    chmodSync(out, 0o700);
    expect(ended).toMatchObject({ code: 4, stdout: "" });
    expect(ended.stderr).toContain("permission to write there is denied");
    expect(readdirSync(out)).toEqual([]);
  });

  it("names a layer that ONNX and LiteRT lack, and writes nothing; TensorFlow.js has it", async () => {
    const source = runOf(await withLayer());
    const exported = async (format: string) => silhouette(["export", source, "--to", format]);
    for (const ended of await Promise.all(["onnx", "litert"].map(exported))) {
      expect(ended).toMatchObject({ code: 3, stdout: "" });
      expect(ended.stderr).toMatch(
        /Expected layers that can be written for \w+, but Conv1D \(over-rows\) has no counterpart/,
      );
      expect(ended.stderr).toContain("[EXPORT_UNSUPPORTED]");
      expect(ended.stderr).toContain("--to tfjs");
    }
    expect(readdirSync(source)).toEqual(["model"]);
    expect(await exported("tfjs")).toMatchObject({ code: 0 });
  });
});

describe("an exported ONNX model", () => {
  it("has labels, preprocessing, calibration and provenance in it", () => {
    const { userDefinedMetadata } = JSON.parse(readFileSync(join(calibratedRun, "model", "model.json"), "utf8")) as {
      userDefinedMetadata: { silhouette: ModelDescription };
    };
    const description = exportedDescription(readFileSync(onnx));
    expect(userDefinedMetadata.silhouette).toMatchObject(description);
    expect(description.calibration).toMatchObject({ temperature: 0.8 });
  });
});

describe("the guide", () => {
  const guide = readFileSync(join(REPOSITORY, "docs", "guide", "export.md"), "utf8");

  it.each(["classify_with_onnx.py", "classify_with_litert.py", "classify-with-onnx.ts"])(
    "shows the example %s as it is",
    (name) => {
      const program = readFileSync(join(REPOSITORY, "examples", name), "utf8");
      const code = program.slice(program.search(/^import/m));
      expect(guide).toContain(`\`\`\`${name.slice(-2)}\n${code}\`\`\``);
    },
  );
});

describe.skipIf(HAS_NO_RUNTIMES)("in JavaScript (where SILHOUETTE_MODEL_RUNTIMES has the runtimes)", () => {
  let project: string;
  beforeAll(() => {
    project = makeProject(join(folder, "user"), ["classify-with-onnx.ts", "classify-with-litert.html"]);
  });

  it("ONNX has no novelty if it has no calibration", async () => {
    const [file] = await exportModel({ run: EXAMPLE, format: "onnx", out: emptyFolder() });
    const session = await onnxRuntime(project, "onnxruntime-node").InferenceSession.create(
      readFileSync(file?.path ?? ""),
    );
    expect(session.outputNames).toEqual(["probabilities"]);
  });

  it.each(["onnxruntime-node", "onnxruntime-web"] as const)("%s answers as silhouette predict does", async (name) => {
    const { InferenceSession, Tensor } = onnxRuntime(project, name);
    const content = readFileSync(onnx);
    const description = exportedDescription(content);
    const views = await PictureViews.of(description);
    const session = await InferenceSession.create(new Uint8Array(content));
    for (const [index, drawing] of drawings.entries()) {
      const { data, info } = await sharp(drawing).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const seen = views.see({ data, width: info.width, height: info.height, channels: info.channels as 3 });
      if (!("values" in seen)) throw new Error(seen.unusable.message);
      const answer = await session.run({ pixel_values: new Tensor("float32", seen.values, [...seen.shape]) });
      expectAnswer(
        {
          probabilities: Object.fromEntries(
            description.labels.map((label, at) => [label, Number(answer["probabilities"]?.data[at])]),
          ),
          novelty: Number(answer["novelty"]?.data[0]),
        },
        index,
      );
    }
  });

  it("the example in TypeScript has the right types, and classifies a photograph as silhouette predict does", async () => {
    const program = await compile(project, "classify-with-onnx");
    expectAnswer(answerIn(await outputOf(process.execPath, [program, onnx, drawings[0] ?? ""])), 0);
  });

  it.skipIf(!BROWSERS.includes("chromium"))(
    "the example in LiteRT.js classifies a photograph as silhouette predict does (where there is Chromium)",
    async () => {
      const vite = await serve(project);
      const browser = await launch("chromium");
      try {
        const page = await browser.newPage();
        await page.goto(`${vite.resolvedUrls?.local[0]}classify-with-litert.html`);
        await page.setInputFiles("#model", litert);
        for (const [index, drawing] of drawings.entries()) {
          await page.evaluate("answer.textContent = ''");
          await page.setInputFiles("#photograph", drawing);
          await page.waitForFunction("answer.textContent !== ''");
          expectAnswer(answerIn(await page.locator("#answer").innerText()), index);
        }
      } finally {
        await browser.close();
        await vite.close();
      }
    },
  );
});

/** Prints the shape and the values of what models of some descriptions see of a picture, and why others are refused. */
const IN_PYTHON = `
import json, sys, silhouette
picture, deep, descriptions, refused = sys.argv[1:]
pixels = silhouette.read_picture(picture)
seen, messages = [], []
for description in json.loads(descriptions):
    views = silhouette.Preprocessor(description).views(pixels)
    seen.append([views.shape, views.ravel().tolist()])
for description in json.loads(refused):
    try:
        silhouette.Preprocessor(description)
        messages.append("")
    except ValueError as error:
        messages.append(str(error))
print(json.dumps([seen, messages, silhouette.read_picture(deep)[..., 0].ravel().tolist()]))
`;

describe.skipIf(!PYTHON)("in Python (where SILHOUETTE_EXPORTS names one that has the runtimes)", () => {
  const python = PYTHON ?? "";
  const refused = [
    [{ formatVersion: 5 }, "format version 4"],
    [{ preprocessing: { background: "black" } }, "prepared with"],
    [{ input: "edges" }, "its input is 'edges'"],
    [{ width: 0 }, "its width is 0"],
    [{ views: 3 }, "its views is 3"],
  ] as const;
  let environment: NodeJS.ProcessEnv;
  let descriptions: readonly ModelDescription[];
  /** What Python sees for each of `INPUTS`, and its messages for each of `refused`. */
  let seenInPython: readonly (readonly [shape: readonly number[], values: readonly number[]])[];
  let messages: readonly string[];
  /** Gray levels of a PNG with 16 bits, and what Python reads of it. */
  const deepLevels = Uint16Array.from({ length: 48 }, (_, index) => index * 1365);
  let readInPython: readonly number[];

  const runPython = (...args: readonly string[]): Promise<string> => outputOf(python, args, { env: environment });

  beforeAll(async () => {
    environment = await withPythonPackage(python, folder);
    descriptions = INPUTS.map(([pixelFormat, input]) =>
      descriptionOf({
        width: 64,
        height: 48,
        pixelFormat,
        input,
        views: pixelFormat === "binary1" ? 1 : 4,
        preprocessing: preprocessingOf(pixelFormat),
      }),
    );
    const picture = join(folder, "colored.png");
    writeFileSync(picture, await colored());
    const deep = join(folder, "deep.png");
    const raw = { width: 8, height: 6, channels: 1 } as const;
    await sharp(deepLevels, { raw }).toColourspace("grey16").png().toFile(deep);
    const saved = (changes: object): object => ({ formatVersion: 4, ...changes });
    const printed = await runPython(
      "-c",
      IN_PYTHON,
      picture,
      deep,
      JSON.stringify(descriptions.map(saved)),
      JSON.stringify(refused.map(([changes]) => ({ ...saved(descriptionOf({})), ...changes }))),
    );
    [seenInPython, messages, readInPython] = JSON.parse(printed) as [
      typeof seenInPython,
      typeof messages,
      typeof readInPython,
    ];
  });

  // All drawings are classified with the same models above, and more networks in every-layer.test.ts.
  it.each([
    ["classify_with_onnx.py", "onnx"],
    ["classify_with_litert.py", "litert"],
  ] as const)("the example %s classifies a photograph as silhouette predict does", async (name, format) => {
    const model = format === "onnx" ? onnx : litert;
    const program = join(REPOSITORY, "examples", name);
    expectAnswer(answerIn(await runPython(program, model, drawings[0] ?? "")), 0);
  });

  it.each(INPUTS.map((input, index) => [...input, index] as const))(
    "a picture in %s is seen as %s, with the pixels that JavaScript sees",
    async (_, __, index) => {
      const { data, info } = await sharp(await colored())
        .raw()
        .toBuffer({ resolveWithObject: true });
      const views = await PictureViews.of(descriptions[index] ?? descriptionOf({}));
      const seen = views.see({ data, width: info.width, height: info.height, channels: 3 });
      if (!("values" in seen)) throw new Error(seen.unusable.message);
      const [shape, values = []] = seenInPython[index] ?? [];
      expect(shape).toEqual(seen.shape);
      expect(values).toHaveLength(seen.values.length);
      // Levels of gray and colors are rounded by each language in its own way.
      const differences = values.map((each, at) => Math.abs(each - (seen.values[at] ?? Number.NaN)));
      expect(Math.max(...differences)).toBeLessThan(2e-7);
    },
  );

  it("pictures of 16 bits are read as JavaScript reads them: by their higher bytes", () => {
    expect(readInPython).toEqual(Array.from(deepLevels, (level) => level >> 8));
  });

  it.each(refused.map((each, index) => [...each, index] as const))(
    "a model with %j is refused",
    (_, message, index) => {
      expect(messages[index]).toContain(message);
    },
  );
});

/** An answer as the examples print it. */
interface Answer {
  readonly probabilities: Readonly<Record<string, number>>;
  readonly novelty: number;
}

function answerIn(printed: string): Answer {
  const lines = printed
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
  const novelty = Number(lines.at(-1)?.[1]);
  expect(lines.at(-1)?.[0]).toBe("novelty");
  return {
    probabilities: Object.fromEntries(lines.slice(0, -1).map(([label, text]) => [label, Number(text)])),
    novelty,
  };
}

function expectAnswer({ probabilities, novelty }: Answer, index: number): void {
  const expected = predicted[index];
  const theirs = expected?.classes ?? [];
  expect(expected?.novelty).toBeGreaterThan(0);
  expect(theirs.length).toBeGreaterThan(1);
  for (const { label, probability } of theirs) {
    expect(Math.abs((probabilities[label] ?? Number.NaN) - probability)).toBeLessThan(TOLERANCE);
  }
  expect(Math.abs(novelty - (expected?.novelty ?? Number.NaN))).toBeLessThan(NOVELTY_TOLERANCE);
}

/** A picture of 90 x 70 pixels in many colors. */
async function colored(): Promise<Buffer> {
  const generator = Generator.ofSeed(3);
  const pixels = Uint8Array.from({ length: 90 * 70 * 3 }, (_, at) => (at % 211) + Math.floor(45 * generator.uniform()));
  return sharp(pixels, { raw: { width: 90, height: 70, channels: 3 } })
    .png()
    .toBuffer();
}

function preprocessingOf(pixelFormat: ModelDescription["pixelFormat"]): ModelDescription["preprocessing"] {
  return {
    background: "white",
    gray: pixelFormat === "rgb8" ? "none" : "opencv-15bit",
    resize: "pillow13-bilinear",
    threshold: pixelFormat === "binary1" ? "otsu" : "none",
  };
}

/** A run's folder, as far as models are concerned. */
function runOf(model: string): string {
  return join(model, "..");
}

/** The folder of a model that was never trained. */
async function untrained(changes: Partial<ModelDescription>): Promise<string> {
  await startWasm();
  const model = join(emptyFolder(), "model");
  const description = descriptionOf({ width: 64, height: 64, views: 1, ...changes });
  const network = compactNetwork({ width: 32, height: 32, classes: description.labels.length }, Generator.ofSeed(1));
  await saveModel(model, network, description);
  network.dispose();
  return model;
}

/** The folder of a model with a layer that only TensorFlow.js has. */
async function withLayer(): Promise<string> {
  await startWasm();
  const model = join(emptyFolder(), "model");
  mkdirSync(model);
  const description = descriptionOf({ width: 64, height: 64, views: 1 });
  const network = sequential({
    layers: [
      layers.reshape({ inputShape: [32, 32, 1], targetShape: [32, 32] }),
      layers.conv1d({ filters: 4, kernelSize: 3, name: "over-rows" }),
      layers.flatten(),
      layers.dense({ units: description.labels.length, activation: "softmax" }),
    ],
  });
  await saveModel(model, network, description);
  network.dispose();
  return model;
}
