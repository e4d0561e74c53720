// `silhouette import`, of models that `silhouette export` and Keras have saved; and exported models in Keras itself.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { exportModel, loadModel, saveModel } from "@silhouette/trainer";
import { startWasm } from "@silhouette/trainer/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXAMPLE, exampleDrawings, type Predicted } from "./classifying-pages.ts";
import { emptyFolder, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";
import { withPythonPackage } from "./python-package.ts";
import { eventsOf, expectReadable, silhouette } from "./silhouette.ts";

/** A Python with Keras, and with what the package python/ is built with. */
const PYTHON = process.env["SILHOUETTE_EXPORTS"];

/** Largest difference of a probability. */
const TOLERANCE = 1e-5;

let folder: string;
let drawings: readonly string[];
/** A run with the example's network, and a temperature. */
let run: string;
/** Its model for Keras. */
let keras: string;
/** A model that Keras has saved, of three classes in colors. */
let golden: string;

beforeAll(async () => {
  folder = newFolder();
  const files = await exampleDrawings();
  writeFiles(folder, files);
  drawings = Object.keys(files).map((name) => join(folder, name));
  run = join(folder, "run");
  await startWasm();
  const { network, description } = await loadModel(join(EXAMPLE, "model"));
  // As many weights as the network has features: see docs/formats/model.md.
  const unlikeness = { weights: Array.from({ length: 512 }, (_, at) => ((at * 37) % 64) / 64 - 0.4), bias: -2 };
  const calibration = { temperature: 0.8, unlikeness, noneBeyond: 0.9 };
  await saveModel(join(run, "model"), network, { ...description, calibration });
  network.dispose();
  const [file] = await exportModel({ run, format: "keras", out: folder });
  keras = file?.path ?? "";
  const made = readFileSync(join(REPOSITORY, "packages/trainer/golden/keras.json"), "utf8");
  const [chain] = (JSON.parse(made) as { readonly cases: readonly { readonly keras: string }[] }).cases;
  golden = join(folder, "golden.keras");
  writeFileSync(golden, Buffer.from(chain?.keras ?? "", "base64"));
});
afterAll(() => removeFolder(folder));

/** What `silhouette predict` answers for the drawings, without the run's name. */
async function predictionsOf(of: string): Promise<readonly Predicted[]> {
  const { stdout } = await silhouette(["predict", of, ...drawings, "--json"]);
  return eventsOf(stdout).filter(({ type }) => type === "prediction") as unknown as readonly Predicted[];
}

describe("silhouette import", () => {
  it("makes a run of an exported model, which has the same answers", async () => {
    const out = join(emptyFolder(), "new", "run");
    const ended = await silhouette(["import", keras, "--out", out, "--json"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const { labels } = (await loadedDescription(run)) ?? {};
    expect(eventsOf(ended.stdout)).toEqual([
      expect.objectContaining({
        type: "done",
        command: "import",
        run: out,
        model: keras,
        library: "Keras 3.15.1",
        labels,
      }),
    ]);
    expect(readdirSync(out).toSorted()).toEqual(["config.json", "learned.safetensors", "model"]);
    expect(await predictionsOf(out)).toEqual(await predictionsOf(run));
  });

  it("makes a run of a model that Keras has saved, which is listed as imported, exported and reported", async () => {
    const out = join(emptyFolder(), "run");
    const ended = await silhouette(["import", golden, "--labels", "bus,car,tram", "--input", "rgb", "--out", out]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain("A model of Keras 3.15.1 with");
    expect(ended.stdout).toContain("for bus, car, tram, which sees rgb.");
    expectReadable(ended);
    const { stdout } = await silhouette(["runs", out]);
    expect(stdout).toContain("imported");
    expect(await silhouette(["export", out, "--to", "keras"])).toMatchObject({ code: 0 });
    expect(await silhouette(["report", out])).toMatchObject({ code: 0 });
    const page = readFileSync(join(out, "report.html"), "utf8");
    expect(page).toContain("The model was imported");
    expect(page).toContain('"command":null');
  });

  it.each([
    ["import --out OUT", 2, [/missing required argument 'MODEL'/]],
    ["import GOLDEN", 2, [/required option '--out <RUN>'/]],
    ["import GOLDEN --out OUT", 2, [/Expected labels and an input/, /--labels a,b/]],
    ["import GOLDEN --out OUT --labels a,b --input rgb", 2, [/Expected 3 different labels/]],
    ["import GOLDEN --out OUT --labels a,b,c --input gray", 2, [/1 channel for the input gray, but this one has 3/]],
    [
      "import GOLDEN --out OUT --labels a,b,c --input rgb --range 0..2",
      2,
      [/Allowed choices are -1\.\.1, 0\.\.1, 0\.\.255/],
    ],
    ["import KERAS --out OUT --labels a,b,c", 2, [/Expected no labels/]],
    ["import PHOTO --out OUT", 2, [/Expected a \.keras file/]],
    ["import NOTHING --out OUT", 3, [/Expected a model at .*but/, /MODEL_NOT_FOUND/]],
    ["import DAMAGED --out OUT", 3, [/not a zip archive/, /MODEL_DAMAGED/]],
    ["import KERAS --out FULL", 3, [/Expected an empty folder/]],
    ["import KERAS --out PHOTO", 4, [/Expected to write/]],
  ])(
    "`silhouette %s` ends with exit code %i, says what is wrong, and writes nothing",
    async (command, code, messages) => {
      const out = emptyFolder();
      const places = {
        GOLDEN: golden,
        KERAS: keras,
        OUT: join(out, "run"),
        PHOTO: drawings[0] ?? "",
        NOTHING: join(folder, "nothing.keras"),
        DAMAGED: join(folder, "damaged.keras"),
        FULL: join(folder, "full"),
      };
      mkdirSync(places.FULL, { recursive: true });
      writeFileSync(join(places.FULL, "notes.txt"), "mine");
      writeFileSync(places.DAMAGED, readFileSync(golden).subarray(0, 2000));
      const ended = await silhouette(command.split(" ").map((word) => places[word as keyof typeof places] ?? word));
      expect(ended).toMatchObject({ code, stdout: "" });
      for (const message of messages) expect(ended.stderr).toMatch(message);
      expectReadable(ended);
      expect(readdirSync(out)).toEqual([]);
      expect(readdirSync(places.FULL)).toEqual(["notes.txt"]);
    },
  );
});

describe.skipIf(!PYTHON)("in Python (where SILHOUETTE_EXPORTS names one that has Keras)", () => {
  it("the example classifies a photograph as silhouette predict does", async () => {
    const python = PYTHON ?? "";
    const env = { ...(await withPythonPackage(python, folder)), KERAS_BACKEND: "jax" };
    const program = join(REPOSITORY, "examples", "classify_with_keras.py");
    const expected = await predictionsOf(run);
    for (const [index, drawing] of drawings.slice(0, 2).entries()) {
      const printed = await outputOf(python, [program, keras, drawing], { env });
      const lines = printed.trim().split("\n");
      const probabilities = new Map(lines.map((line) => [line.split("\t")[0], Number(line.split("\t")[1])]));
      const { classes = [] } = expected[index] ?? {};
      expect(probabilities.size).toBe(classes.length);
      for (const { label, probability } of classes) {
        expect(Math.abs((probabilities.get(label) ?? Number.NaN) - probability)).toBeLessThan(TOLERANCE);
      }
    }
  });
});

async function loadedDescription(of: string) {
  const { network, description } = await loadModel(join(of, "model"));
  network.dispose();
  return description;
}
