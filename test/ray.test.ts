// The package python/ on a Ray cluster: the same bytes and answers as this command, whatever is killed meanwhile.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { exportModel } from "@silhouette/trainer";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { saveCalibrated } from "./calibrated-run.ts";
import { newFolder, removeFolder, spottedPhotographOf, writeFiles } from "./pictures.ts";
import { outputOf, REPOSITORY, type Ended } from "./programs.ts";
import { withPythonPackage } from "./python-package.ts";
import { eventsOf, silhouette, SILHOUETTE } from "./silhouette.ts";

/** A Python with what the package needs. */
const PYTHON = process.env["SILHOUETTE_EXPORTS"];

/** Photographs of each of two classes; each of six shards has four or five. */
const EACH = 12;

/** Largest difference of a probability. */
const TOLERANCE = 1e-5;

/** Of a novelty, which is a sum of hundreds of numbers that cancel each other out. */
const NOVELTY_TOLERANCE = 1e-4;

/** The path of an answer: what its photograph is in, and its vehicle and number. */
const PATH = /^(.+)\/(bus|car)-(\d+)\.png$/;

/** The run that the guide names. */
const RUN = join("runs", "prepared");

/** The commands of the guide that need this Python; readme.test.ts runs the others. */
const COMMANDS = [
  ...readFileSync(join(REPOSITORY, "docs", "guide", "scale-out.md"), "utf8").matchAll(
    /^python (-m silhouette\.ray .*)$/gm,
  ),
].map(([, args = ""]) => args.split(" "));

/** How a job ended. */
type Job = Pick<Ended, "code" | "stdout" | "stderr">;

/** An answer in Parquet. */
type Answer = Readonly<Record<string, number | string | boolean | null>>;

/** The output of ray_jobs.py. */
interface Seen {
  readonly local: Job;
  readonly workers: Job;
  /** Shards that were there. */
  readonly "after kill": readonly string[];
  readonly stopped: Job;
  readonly "other settings": Job;
  readonly "after Ctrl-C": readonly string[];
  readonly job: Job;
  /** Whether no shard that was there was written again. */
  readonly untouched: boolean;
  readonly crash: Job;
  readonly outdated: Job;
  readonly tars: Job;
  readonly "same photographs": boolean;
  readonly "predicted photos": Job;
  readonly "answers photos": readonly Answer[];
  readonly "predicted dataset": Job;
  readonly "answers dataset": readonly Answer[];
  readonly "predicted tars": Job;
  readonly "answers tars": readonly Answer[];
}

/** A prediction of `silhouette predict --json`. */
interface Predicted {
  readonly path: string;
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
  readonly novelty: number;
  readonly noneOfThese: boolean;
}

// Ray is not supported on Windows.
describe.skipIf(!PYTHON || process.platform === "win32")(
  "Ray jobs (where SILHOUETTE_EXPORTS names a Python that has Ray)",
  () => {
    let folder: string;
    /** Where the package is installed. */
    let environment: NodeJS.ProcessEnv;
    let seen: Seen;
    let predicted: ReadonlyMap<string, Predicted>;

    beforeAll(async () => {
      folder = newFolder();
      writeFiles(join(folder, "photos"), await photographs());
      writeFiles(join(folder, "split"), await splitPhotographs());
      writeFiles(join(folder, "crashing"), await fewPhotographs());
      const prepare = (...args: string[]): Promise<string> =>
        outputOf(process.execPath, [SILHOUETTE, "prepare", ...args], { cwd: folder });
      await prepare("photos", "--out", "expected", "--shards", "6");
      const smaller = ["--input", "rgb", "--size", "20x10", "--no-thumbnails"];
      await prepare("split", "--out", "expected-split", "--shards", "3", ...smaller);
      await prepare("crashing", "--out", "expected-without-crash", "--shards", "2");
      await saveCalibrated(join(folder, RUN, "model"));
      await exportModel({ run: join(folder, RUN), format: "onnx", out: join(folder, RUN, "export") });
      const { stdout } = await silhouette(["predict", RUN, "photos", "--json"], { cwd: folder });
      const predictions = eventsOf(stdout).filter(({ type }) => type === "prediction") as unknown as Predicted[];
      predicted = new Map(predictions.map((each) => [each.path, each]));

      environment = await withPythonPackage(PYTHON ?? "", folder);
      const jobs = join(REPOSITORY, "test", "ray_jobs.py");
      seen = JSON.parse(await outputOf(PYTHON ?? "", [jobs, folder], { env: environment })) as Seen;
    }, 240_000);

    afterAll(() => removeFolder(folder));

    it.each([
      ["a worker and a node were", "workers"],
      ["it was itself", "job"],
    ] as const)("a job makes the bytes of silhouette prepare --shards although %s killed", (_, what) => {
      expect(seen[what]).toMatchObject({ code: 0 });
      expect(contentOf(join(folder, `${what}-killed`))).toEqual(contentOf(join(folder, "expected")));
    });

    it("parts whose worker or node was killed are tried again", () => {
      const again = seen.workers.stderr.match(/part [01] failed and is tried again \((?:WorkerCrashed|NodeDied)Error/g);
      expect(again?.toSorted().map((each) => each.slice(0, 6))).toEqual(["part 0", "part 1"]);
    });

    it("a local cluster is started if there is none, and pictures of all formats are those of silhouette prepare", () => {
      expect(seen.local).toMatchObject({ code: 0 });
      expect(seen.local.stdout).toMatch(/^Wrote from-zip: 54 pictures \(50 train, 2 val, 2 test\) in 3 shards/);
      expect(contentOf(join(folder, "from-zip"))).toEqual(contentOf(join(folder, "expected-split")));
    });

    it("the guide's commands run, and prepare the same bytes", async () => {
      expect(COMMANDS.map(([, , command]) => command)).toEqual(["prepare", "predict"]);
      for (const args of COMMANDS) {
        await outputOf(PYTHON ?? "", args, { cwd: folder, env: environment });
      }
      await outputOf(process.execPath, [SILHOUETTE, "prepare", "photos", "--out", "prepared", "--shards", "4"], {
        cwd: folder,
      });
      expect(contentOf(join(folder, "prepared-by-ray"))).toEqual(contentOf(join(folder, "prepared")));
      expect(readdirSync(join(folder, "answers.parquet"))).toContain("_skipped.csv");
    }, 240_000);

    it("pictures that cannot be used are in a table, and cost nothing else", () => {
      expect(readFileSync(join(folder, "workers-killed", "skipped.csv"), "utf8")).toMatch(
        /^path,code,message\nbus\/cut.png,PICTURE_DAMAGED,cannot be decoded: it is damaged or incomplete\ncar\/empty.jpg,EMPTY_FILE,is empty\ncar\/text.jpg,NOT_A_PICTURE,is not a picture in a known format\n$/,
      );
    });

    it("a picture that ends the process that decodes it is in that table, and nothing else is lost", () => {
      expect(seen.crash).toMatchObject({ code: 0 });
      expect(seen.crash.stderr).toContain("bus/crash.png ended two workers and is skipped");
      const { "skipped.csv": skipped, ...dataset } = contentOf(join(folder, "crash-skipped"));
      const { "skipped.csv": none, ...expected } = contentOf(join(folder, "expected-without-crash"));
      expect(dataset).toEqual(expected);
      expect(skipped).toBe(
        `${none}bus/crash.png,DECODER_CRASHED,"crashes the decoder, or needs more memory than there is"\n`,
      );
    });

    it("a job that was killed or stopped goes on, and makes no shard again", () => {
      const shards = (...indices: number[]): string[] => indices.map((index) => `0000${index}-of-00006.arrow`);
      expect(seen["after kill"]).toEqual(shards(0, 1, 2));
      expect(seen.stopped.code).toBe(130);
      expect(seen.stopped.stderr).toContain("3 of 6 shards are there already: going on");
      expect(seen.stopped.stderr).toContain(
        "Stopped. What is done stays in job-killed: run the same command again to go on.",
      );
      expect(seen["after Ctrl-C"]).toEqual(shards(0, 1, 2, 3, 4));
      expect(seen.job.stderr).toContain("5 of 6 shards are there already: going on");
      expect(seen.untouched).toBe(true);
    });

    it("a job with other settings does not go on with it", () => {
      expect(seen["other settings"].code).toBe(1);
      expect(seen["other settings"].stderr).toMatch(
        /^error: Expected the settings .*: description \[OUTPUT_EXISTS\]\nGo on/,
      );
    });

    it("tars give the same pictures, labels and splits", () => {
      expect(seen.tars).toMatchObject({ code: 0 });
      expect(seen["same photographs"]).toBe(true);
    });

    it("an export that is older than its run is refused", () => {
      expect(seen.outdated.code).toBe(1);
      expect(seen.outdated.stderr).toMatch(
        /^error: Expected the model that runs\/trained-on has now, .*of epoch \d+, is older than the run, which has one of epoch \d+ \[EXPORT_OUTDATED\]\nRemove runs\/trained-on\/export\/model.onnx and run: silhouette export runs\/trained-on --to onnx\./,
      );
      expect(existsSync(join(folder, "outdated.parquet"))).toBe(false);
    });

    it.each(["photos", "dataset", "tars"] as const)(
      "pictures of %s are answered for as by silhouette predict",
      (what) => {
        expect(seen[`predicted ${what}`]).toMatchObject({ code: 0 });
        const answers = seen[`answers ${what}`];
        expect(answers).toHaveLength(2 * EACH);
        for (const answer of answers) {
          const [, place = "", vehicle = "", number = ""] = PATH.exec(String(answer["path"])) ?? [];
          const folders = { photos: `photos/${vehicle}`, dataset: vehicle, tars: place };
          expect(place).toBe(folders[what]);
          const expected = predicted.get(`photos/${vehicle}/${vehicle}-${number}.png`);
          expect(answer["predicted"]).toBe(expected?.classes[0]?.label);
          expect(answer["noneOfThese"]).toBe(expected?.noneOfThese);
          expect(Math.abs(Number(answer["novelty"]) - (expected?.novelty ?? Number.NaN))).toBeLessThan(
            NOVELTY_TOLERANCE,
          );
          for (const { label, probability } of expected?.classes ?? []) {
            expect(Math.abs(Number(answer[`probability_${label}`]) - probability)).toBeLessThan(TOLERANCE);
          }
        }
      },
    );
  },
);

/** Cars and buses in JPEG and PNG, and files that cannot be used. */
async function photographs(): Promise<Record<string, Uint8Array | string>> {
  const files: Record<string, Uint8Array | string> = { "car/empty.jpg": "", "car/text.jpg": "hello" };
  for (const vehicle of ["car", "bus"] as const) {
    for (let index = 0; index < EACH; index++) {
      const photograph = await spottedPhotographOf(vehicle, index);
      // The name says nothing.
      const isPng = index % 2 === 0;
      files[`${vehicle}/${vehicle}-${index}.png`] = isPng
        ? photograph
        : await sharp(photograph).resize(400, 300).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    }
  }
  const whole = files["bus/bus-0.png"] as Uint8Array;
  files["bus/cut.png"] = whole.subarray(0, whole.length / 2);
  return files;
}

/** A few cars and buses. */
async function fewPhotographs(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const vehicle of ["bus", "car"] as const) {
    for (let index = 0; index < 3; index++) {
      files[`${vehicle}/${index}.png`] = await spottedPhotographOf(vehicle, index);
    }
  }
  return files;
}

/** Photographs whose splits are given by folders. */
async function splitPhotographs(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  let number = 0;
  for (const [split, each] of [
    ["train", 4],
    ["val", 1],
    ["test", 1],
  ] as const) {
    for (const [label, vehicle] of [
      ["автобус", "bus"],
      ["car", "car"],
    ] as const) {
      for (let index = 0; index < each; index++) {
        const photograph = sharp(await spottedPhotographOf(vehicle, number++)).tint({ r: 20 * number, g: 90, b: 200 });
        files[`${split}/${label}/${index}.png`] = await photograph.png().toBuffer();
      }
    }
  }
  for (const [name, content] of Object.entries(await everyFormat())) files[`train/car/${name}.png`] = content;
  return files;
}

/** Pictures in all formats, color spaces and depths. Their names say nothing. */
async function everyFormat(): Promise<Record<string, Uint8Array>> {
  const golden = JSON.parse(
    readFileSync(join(REPOSITORY, "packages", "trainer", "golden", "pictures.json"), "utf8"),
  ) as readonly { readonly name: string; readonly file: string }[];
  const plain = sharp(await spottedPhotographOf("bus", 99)).tint({ r: 200, g: 90, b: 40 });
  const others: Readonly<Record<string, Sharp>> = {
    webp: plain.clone().webp(),
    avif: plain.clone().avif(),
    gif: plain.clone().gif(),
    cmyk: plain.clone().toColourspace("cmyk").jpeg(),
    gray: plain.clone().greyscale().jpeg(),
    "display-p3": plain.clone().withIccProfile("p3").jpeg(),
    "display-p3-16": plain.clone().toColourspace("rgb16").withIccProfile("p3").png(),
    transparent: plain.clone().ensureAlpha(0.3).toColourspace("rgb16").png(),
    rotated: plain.clone().withMetadata({ orientation: 7 }).webp(),
  };
  const files: Record<string, Uint8Array> = {};
  for (const { name, file } of golden) files[name] = Buffer.from(file, "base64");
  for (const [name, picture] of Object.entries(others)) files[name] = await picture.toBuffer();
  return files;
}

/** Digests of all files of a folder, at any depth, by their paths; of tables their text. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.map((path) => {
      const content = readFileSync(join(folder, path));
      if (path.endsWith(".csv")) return [path, content.toString()];
      return [path, createHash("sha256").update(content).digest("hex")];
    }),
  );
}
