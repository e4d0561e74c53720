// Configuration of a training: a file, the environment, flags; what is printed of it; a network of the user's own; dry runs.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { carsAndBuses, emptyFolder, folderWith, newFolder, removeFolder, stateOf, writeFiles } from "./pictures.ts";
import { outputOf, type Ended } from "./programs.ts";
import { eventsOf, expectReadable, silhouette, SILHOUETTE } from "./silhouette.ts";

/** A fast training. */
const SMALL = { epochs: 1, batch: 16, size: { width: 16, height: 16 } } as const;

const NETWORK = `
  import type { NetworkBuilder } from "@silhouette/trainer";
  import { layers, sequential } from "@tensorflow/tfjs-layers";

  enum Filters { Few = 4 }

  const build: NetworkBuilder = ({ width, height, channels, classes }) => {
    const network = sequential();
    network.add(layers.conv2d({ inputShape: [height, width, channels ?? 1], filters: Filters.Few, kernelSize: 3 }));
    network.add(layers.globalAveragePooling2d({}));
    network.add(layers.dense({ units: classes, activation: "softmax" }));
    return network;
  };
  export default build;
`;

/** A folder with pictures, settings and the run `runs/a`. */
let folder: string;

beforeAll(async () => {
  // A space, as in many paths.
  folder = join(newFolder(), "my work");
  writeFiles(folder, {
    ...Object.fromEntries(Object.entries(await carsAndBuses(15)).map(([path, bytes]) => [`photos/${path}`, bytes])),
    "own network.ts": NETWORK,
    "settings.json": json({
      ...SMALL,
      source: "photos",
      recipe: { name: "levels", labelSmoothing: 0.2 },
      seed: 3,
      labels: ["car", "bus"],
      split: [0.6, 0.2, 0.2],
    }),
  });
  const args = [SILHOUETTE, "train", "--config", "settings.json", "--out", "runs/a"];
  await outputOf(process.execPath, args, { cwd: folder, env: environment() });
});
afterAll(() => removeFolder(join(folder, "..")));

function json(value: unknown): string {
  return JSON.stringify(value);
}

/** The environment without variables of silhouette, with `variables`. */
function environment(variables: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("SILHOUETTE_"));
  return { ...Object.fromEntries(others), ...variables };
}

/** The settings that `--print-config` prints in `cwd`. */
async function printed(
  cwd: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const { code, stdout } = await silhouette(["train", ...args, "--print-config"], { cwd, env: environment(variables) });
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function failure(cwd: string, args: readonly string[] = [], variables = {}): Promise<Ended> {
  const ended = await silhouette(["train", ...args], { cwd, env: environment(variables) });
  expect(ended).toMatchObject({ signal: null, stdout: "" });
  expectReadable(ended);
  return ended;
}

function weightsOf(run: string): Buffer {
  const model = join(run, "model");
  return readFileSync(join(model, readdirSync(model).find((name) => name.endsWith(".bin")) ?? ""));
}

describe("settings", () => {
  const TYPED = `
    import { defineConfig } from "@silhouette/cli";
    import { RECIPES } from "@silhouette/trainer/light";

    const augmentation = { ...RECIPES.compact.recipe.augmentation!, rotation: 20 };
    export default defineConfig({ source: "photos", recipe: { name: "levels", augmentation }, epochs: 3, seed: 5 });
  `;

  it.each([
    ["silhouette.config.ts", 'const epochs: number = 3;\nexport default { source: "photos", epochs };'],
    ["silhouette.config.js", 'export default { source: "photos", epochs: 3 };'],
    ["silhouette.config.js", 'module.exports = { source: "photos", epochs: 3 };'],
    ["silhouette.config.mjs", 'export default Promise.resolve({ source: "photos", epochs: 3 });'],
    ["silhouette.config.json", '\uFEFF{ "source": "photos", "epochs": 3 }'],
  ])("are read from %s in the current folder: %s", async (name, content) => {
    expect(await printed(folderWith({ [name]: content }))).toMatchObject({ source: "photos", epochs: 3, batch: 50 });
  });

  it("are flags, then the environment, then the file, then the recipe's", async () => {
    const cwd = folderWith({ "silhouette.config.ts": TYPED });
    const variables = { SILHOUETTE_EPOCHS: "7", SILHOUETTE_BATCH: "9", SILHOUETTE_SEED: "" };
    const config = await printed(cwd, ["--batch", "11"], variables);
    expect(config).toMatchObject({ out: join("runs", "photos"), epochs: 7, batch: 11, seed: 5, backend: "auto" });
    expect(config["recipe"]).toMatchObject({
      name: "levels",
      input: "levels",
      augmentation: { rotation: 20, shear: 0.1 },
    });
    expect(config["size"]).toEqual({ width: 96, height: 96 });
  });

  it("of another recipe by a flag are its own, except those that the file replaces", async () => {
    const cwd = folderWith({ "silhouette.config.json": json({ recipe: { name: "compact", views: 1 } }) });
    const whole = await printed(cwd, ["--seed", "3"]);
    const other = folderWith({ "silhouette.config.json": json(whole) });
    const { recipe } = await printed(other, ["--recipe", "article"]);
    expect(recipe).toMatchObject({ name: "article", optimizer: { method: "adam" }, augmentation: null, views: 1 });
  });

  it("are printed as a configuration that prints the same, and nothing is written", async () => {
    const cwd = folderWith({ "silhouette.config.ts": TYPED });
    const first = await silhouette(["train", "--labels", "car,bus", "--print-config"], { cwd, env: environment() });
    expect(first.stderr).toBe("Settings from silhouette.config.ts\n");
    expect(readdirSync(cwd)).toEqual(["silhouette.config.ts"]);
    writeFileSync(join(cwd, "printed.json"), first.stdout);
    expect(await printed(cwd, ["--config", "printed.json"])).toEqual(JSON.parse(first.stdout));
    const folds = await silhouette(["crossvalidate", "--config", "printed.json", "--print-config"], {
      cwd,
      env: environment(),
    });
    expect(JSON.parse(folds.stdout)).toMatchObject({ source: "photos", folds: 5, labels: ["car", "bus"] });
  });

  it("have paths relative to their file", async () => {
    const cwd = folderWith({ "settings/mine.json": json({ source: "../photos", out: "out", network: "net.ts" }) });
    const config = await printed(cwd, ["--config", join("settings", "mine.json")]);
    expect(config).toMatchObject({
      source: "photos",
      out: join("settings", "out"),
      network: join("settings", "net.ts"),
    });
  });
});

describe("a configuration is refused", () => {
  it.each<[name: string, content: string, code: string, ...texts: string[]]>([
    [
      "silhouette.config.json",
      json({ epoch: 3 }),
      "INVALID_ARGUMENT",
      "received epoch in silhouette.config.json",
      "Did you mean epochs?",
    ],
    [
      "silhouette.config.json",
      json({ epochs: "3" }),
      "INVALID_ARGUMENT",
      'for epochs, but received "3" in silhouette.config.json',
    ],
    ["silhouette.config.json", json({ size: 96 }), "INVALID_ARGUMENT", "for size, but received 96"],
    ["silhouette.config.json", json({ labels: "car,bus" }), "INVALID_ARGUMENT", "a list of class names for labels"],
    [
      "silhouette.config.json",
      json({ split: [1, 1, 1] }),
      "INVALID_ARGUMENT",
      "for split",
      "in silhouette.config.json",
    ],
    ["silhouette.config.json", json({ recipe: "best" }), "INVALID_ARGUMENT", "one of compact, levels, article"],
    [
      "silhouette.config.json",
      json({ recipe: { view: 1 } }),
      "INVALID_ARGUMENT",
      "recipe.view in silhouette.config.json",
      "Did you mean views?",
    ],
    ["silhouette.config.json", json({ recipe: { views: 2 } }), "INVALID_ARGUMENT", "recipe.views is 2"],
    ["silhouette.config.json", "[]", "INVALID_ARGUMENT", "an object of options"],
    ["silhouette.config.json", "null", "INVALID_ARGUMENT", "received null"],
    ["silhouette.config.json", "", "CONFIG_BROKEN", "silhouette.config.json:1:1"],
    ["silhouette.config.json", '{\n  "epochs": 3,\n}', "CONFIG_BROKEN", "silhouette.config.json:3:1"],
    ["silhouette.config.json", json({ formatVersion: 2 }), "RUN_VERSION", "has version 2"],
    [
      "silhouette.config.json",
      '{ "epochs": NaN }\n',
      "CONFIG_BROKEN",
      "silhouette.config.json, but it is not JSON: ",
      "NaN }",
    ],
    ["silhouette.config.json", json({ formatVersion: 5 }), "RUN_DAMAGED", "its checksum does not match"],
    ["silhouette.config.ts", "", "CONFIG_BROKEN", "exports nothing", "export default"],
    ["silhouette.config.ts", "export const epochs = 3;", "CONFIG_BROKEN", "exports only epochs"],
    [
      "silhouette.config.ts",
      "export default () => ({});",
      "INVALID_ARGUMENT",
      "received a function in silhouette.config.ts",
    ],
    [
      "silhouette.config.ts",
      "export default {\n  epochs: ,\n};",
      "CONFIG_BROKEN",
      "silhouette.config.ts:2:",
      "does not parse",
    ],
    [
      "silhouette.config.ts",
      "\n\nthrow new RangeError('mine');",
      "CONFIG_BROKEN",
      "silhouette.config.ts:3, but",
      "it threw RangeError: mine",
    ],
    ["silhouette.config.ts", "await new Promise(() => {});\nexport default {};", "CONFIG_BROKEN", "never happens"],
    [
      "silhouette.config.ts",
      "export default {\n  get epochs() { throw new Error('mine'); } };",
      "CONFIG_BROKEN",
      "config.ts:2, but",
    ],
    ["silhouette.config.ts", "throw 'text';", "CONFIG_BROKEN", "it threw text"],
    [
      "silhouette.config.ts",
      "import { a } from 'not-there';\nexport default a;",
      "CONFIG_BROKEN",
      "Cannot find module 'not-there'",
    ],
    [
      "silhouette.config.ts",
      "const c: any = { recipe: {} };\nc.recipe.optimizer = c;\nexport default c;",
      "INVALID_ARGUMENT",
      "recipe.optimizer",
    ],
  ])("%s: %s", async (name, content, code, ...texts) => {
    const ended = await failure(folderWith({ [name]: content }));
    for (const text of [`[${code}]\n`, ...texts]) expect(ended.stderr).toContain(text);
    expect(ended.code).toBe(code === "INVALID_ARGUMENT" ? 2 : 3);
  });

  it("that ends the process, with the place, instead of ending the command without a word", async () => {
    const cwd = folderWith({ "silhouette.config.mjs": "export default {};\nprocess.exit(0);" });
    const { code, stderr } = await failure(cwd, ["photos"]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining(
        "silhouette.config.mjs:2, but it ended the process: process.exit(0) [CONFIG_BROKEN]",
      ) as string,
    });
  });

  it("that is a file of a cross-validation", async () => {
    const cwd = folderWith({ "cross-validation.json": json({ formatVersion: 1, folds: 3 }) });
    const { stderr } = await failure(cwd, ["photos", "--config", "cross-validation.json"]);
    expect(stderr).toMatch(/it is a file of a cross-validation.*\[CONFIG_BROKEN\]\nTo continue.*--resume/s);
  });

  it("if there are two, if it does not exist, is a folder, or has another extension", async () => {
    const cwd = folderWith({
      "silhouette.config.ts": "export default {};",
      "silhouette.config.json": "{}",
      "a.txt": "",
    });
    const two = await failure(cwd);
    expect(two.stderr).toContain("silhouette.config.ts and silhouette.config.json [CONFIG_AMBIGUOUS]");
    for (const file of ["none.ts", ".", "a.txt", ""]) {
      const { code, stderr } = await failure(cwd, ["--config", file]);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("[CONFIG_NOT_FOUND]") as string });
    }
    // Either can be chosen.
    expect(await printed(cwd, ["--config", "silhouette.config.json"])).toMatchObject({ epochs: 40 });
  });

  it("with a source that is missing everywhere, and with values from the environment by their variable's name", async () => {
    const cwd = emptyFolder();
    const missing = await failure(cwd);
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'FOLDER|FILE.arrow'") as string,
    });
    for (const [name, value] of [
      ["SILHOUETTE_EPOCHS", "many"],
      ["SILHOUETTE_BACKEND", "cuda"],
      ["SILHOUETTE_SIZE", "1x2x3"],
    ] as const) {
      const { code, stderr } = await failure(cwd, ["photos"], { [name]: value });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining(`'${value}' from env '${name}'`) as string,
      });
    }
  });

  it("never for a misspelt or unknown variable, which is reported", async () => {
    const cwd = emptyFolder();
    const unknown = await failure(cwd, ["photos"], { SILHOUETTE_XYZ: "3" });
    expect(unknown.stderr).toMatch(/^SILHOUETTE_XYZ is not a setting and is ignored\.\n/);
    const { stderr } = await failure(cwd, ["photos"], { SILHOUETTE_EPOCH: "3" });
    expect(stderr).toMatch(/^SILHOUETTE_EPOCH is not a setting and is ignored\. Did you mean SILHOUETTE_EPOCHS\?\n/);
    const env = environment({ SILHOUETTE_EPOCH: "3" });
    const asJson = await silhouette(["train", "photos", "--json"], { cwd, env });
    expect(eventsOf(asJson.stdout)[0]).toEqual({
      type: "unknownVariable",
      name: "SILHOUETTE_EPOCH",
      meant: "SILHOUETTE_EPOCHS",
    });
  });

  it("where the pictures are wrong, with the file that settings came from", async () => {
    const cwd = folderWith({ "silhouette.config.json": json({ source: "phoots" }) });
    const { code, stderr } = await failure(cwd);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /\[FOLDER_NOT_FOUND\]\nSettings come from silhouette\.config\.json, too\. /,
      ) as string,
    });
  });
});

describe("a training with a configuration", () => {
  it("is repeated by the configuration of its run, byte for byte", async () => {
    const env = environment();
    const again = ["train", "--config", "runs/a/config.json", "--out", "runs/b"];
    expect(await silhouette(again, { cwd: folder, env })).toMatchObject({ code: 0 });
    expect(weightsOf(join(folder, "runs", "b")).equals(weightsOf(join(folder, "runs", "a")))).toBe(true);
    // Somewhere else, and with another value.
    const { code } = await silhouette([...again.slice(0, -1), "runs/c", "--seed", "4"], { cwd: folder, env });
    expect(code).toBe(0);
    expect(weightsOf(join(folder, "runs", "c")).equals(weightsOf(join(folder, "runs", "a")))).toBe(false);
  });

  it("is not resumed with other values", async () => {
    const other = json({ ...SMALL, source: "photos", recipe: { labelSmoothing: 0.5 } });
    writeFiles(folder, { "other.json": other });
    const { code, stderr } = await failure(folder, ["--config", "other.json", "--out", "runs/a", "--resume"]);
    expect(code).toBe(2);
    expect(stderr).toContain("the recipe's labelSmoothing that the run in runs/a started with, 0.2, but received 0.5");
  });
});

describe("--network", () => {
  const args = ["--size", "16", "--batch", "16", "--epochs", "1", "--recipe", "levels"];

  it("trains a network of a TypeScript module; the run is evaluated, resumed and repeated with it", async () => {
    const env = environment();
    const own = ["--network", "own network.ts"];
    const run = async (...words: readonly string[]): Promise<Ended> => silhouette(words, { cwd: folder, env });
    const trained = await run("train", "photos", "--out", "runs/own", ...args, ...own);
    expect(trained.code).toBe(0);
    expect(trained.stderr).toContain("with a network of your own");
    expect(await run("evaluate", "runs/own", "photos")).toMatchObject({ code: 0 });
    expect(await run("predict", "runs/own", "photos/car")).toMatchObject({ code: 0 });
    const without = await failure(folder, ["photos", "--out", "runs/own", "--resume"]);
    expect(without.stderr).toContain("--network MODULE");
    expect(await run("train", "photos", "--out", "runs/own", "--resume", ...own)).toMatchObject({ code: 0 });
    const unnamed = await failure(folder, ["--config", "runs/own/config.json", "--out", "runs/again"]);
    expect(unnamed.stderr).toContain("[NETWORK_NOT_FOUND]\nName its module: --network MODULE");
    const again = await run("train", "--config", "runs/own/config.json", "--out", "runs/again", ...own);
    expect(again.code).toBe(0);
    expect(weightsOf(join(folder, "runs", "again")).equals(weightsOf(join(folder, "runs", "own")))).toBe(true);
    const folds = ["--folds", "2", "--size", "16", "--epochs", "1"];
    expect(await run("crossvalidate", "photos", ...folds, ...own)).toMatchObject({ code: 0 });
  });

  it.each([
    ["export default 5;", "NETWORK_BROKEN", "a value of type number"],
    ["export const build = 1;", "NETWORK_BROKEN", "exports only build"],
    ["export default (", "NETWORK_BROKEN", "net.ts:1:", "does not parse"],
    [
      "\nexport default () => {\n  throw new Error('mine');\n};",
      "NETWORK_BROKEN",
      "net.ts:3, but",
      "it threw Error: mine",
    ],
    [
      "import { layers } from '@tensorflow/tfjs-layers';\nexport default () => layers.dense({});",
      "NETWORK_BROKEN",
      "net.ts:2, but",
    ],
    [
      "import * as tf from '@tensorflow/tfjs';\nexport default () => tf.sequential();",
      "NETWORK_BROKEN",
      "@tensorflow/tfjs-layers",
    ],
    ["\nprocess.exit(0);", "NETWORK_BROKEN", "net.ts:2, but it ended the process: process.exit(0)"],
    ["export default () => process.exit();", "NETWORK_BROKEN", "net.ts:1, but it ended the process: process.exit()"],
    ["export default async () => undefined;", "INVALID_ARGUMENT", "not as a promise"],
    [
      "export default () => ({ getClassName: () => 'A', layers: [], name: 'theirs' });",
      "INVALID_ARGUMENT",
      "theirs is of another copy",
    ],
  ])("refuses a module: %s", async (content, code, ...texts) => {
    const network = join(folderWith({ "net.ts": content }), "net.ts");
    const { stderr } = await failure(folder, ["photos", "--out", "runs/none", ...args, "--network", network]);
    for (const text of [`[${code}]\n`, ...texts]) expect(stderr).toContain(text);
    expect(existsSync(join(folder, "runs", "none"))).toBe(false);
  });

  it("refuses a file that does not exist, and a folder", async () => {
    const { stderr } = await failure(folder, ["photos", "--out", "runs/none", "--network", "none.ts"]);
    expect(stderr).toContain("none.ts is not a file [NETWORK_NOT_FOUND]");
    const { stderr: ofFolder } = await failure(folder, ["photos", "--out", "runs/none", "--network", "."]);
    expect(ofFolder).toContain(`${folder} is not a file [NETWORK_NOT_FOUND]`);
  });
});

describe("--dry-run", () => {
  it("reports the plan of a folder or a dataset, and writes nothing", async () => {
    const before = stateOf(folder);
    const env = environment();
    const small = ["--size", "16", "--dry-run"];
    const { code, stdout, stderr } = await silhouette(["train", "photos", "--out", "runs/new", ...small], {
      cwd: folder,
      env,
    });
    expect(code).toBe(0);
    expect(stdout).toBe("Would train this, and write to runs/new. Nothing was written.\n");
    for (const line of [
      /^22 training, 4 validation and 4 test pictures: /m,
      /^Recipe compact: .* at 16 x 16; /m,
      /^About /m,
    ]) {
      expect(stderr).toMatch(line);
    }
    const dataset = await silhouette(["train", "runs/a/dataset.arrow", "--dry-run", "--json"], { cwd: folder, env });
    expect(eventsOf(dataset.stdout).map(({ type }) => type)).toEqual(["plan", "examples", "estimate", "done"]);
    expect(stateOf(folder)).toEqual(before);
  });

  it("finds what training would refuse", async () => {
    const used = await failure(folder, ["photos", "--out", "runs/a", "--dry-run"]);
    expect(used.stderr).toContain("[RUN_EXISTS]");
    const below = await failure(folder, ["photos", "--out", "settings.json/run", "--dry-run"]);
    expect(below).toMatchObject({ code: 4, stderr: expect.stringContaining("[OUTPUT_UNWRITABLE]") as string });
    const large = ["--recipe", "article", "--size", "4096", "--batch", "1"];
    const huge = await failure(folder, ["photos", "--out", "runs/new", ...large, "--dry-run"]);
    expect(huge.stderr).toContain("[BATCH_TOO_LARGE]");
    const labels = await failure(folder, ["photos", "--out", "runs/new", "--labels", "car,bos", "--dry-run"]);
    expect(labels.stderr).toContain("[LABELS_MISMATCH]");
  });
});
