// The package python/ finds and prepares the photographs of a folder as JavaScript does, whatever their layout: the same files, byte for
// byte, or the same error.

import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { prepare, TrainerError, type PrepareEvent, type PrepareOptions } from "@silhouette/trainer";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";
import { withPythonPackage } from "./python-package.ts";
import { linesOf, silhouette } from "./silhouette.ts";

/** A Python with what the package needs. */
const PYTHON = process.env["SILHOUETTE_EXPORTS"];

const HEIC = Buffer.from("\0\0\0\u0024ftypheic\0\0\0\0mif1heic", "latin1");

/** A folder of photographs, and how it is prepared. */
interface Tree {
  readonly what: string;
  /** Paths of photographs, separated by spaces; with a `|` instead of spaces within. */
  readonly photographs: string;
  readonly others?: Readonly<Record<string, string | Uint8Array>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Path of a photograph that the kernels take in several parts, because its pixels have more than 8 MB. */
  readonly large?: string;
  readonly options?: Partial<PrepareOptions>;
  /** The same on the command line. */
  readonly args?: readonly string[];
  /** Code of the error that both report. */
  readonly code?: string;
}

const SPLIT_NAMES = [
  ["train", "val", "test"],
  ["Training", "valid", "Testing"],
  ["seg_train", "validation", "seg_test"],
  ["TRAIN", "dev", "tst"],
  ["training_set", "valset", "test_set"],
  ["train2017", "val2017", "test1"],
] as const;

const TREES: readonly Tree[] = [
  { what: "class folders, in any script", photographs: "バス/1.png auto/1.png мотоцикл/1.png auto/deep/er/2.PNG" },
  { what: "accents, decomposed", photographs: "cafe\u0301/1.png tea/1.png" },
  ...SPLIT_NAMES.map(([train, val, test]): Tree => ({
    what: `the splits ${train}, ${val} and ${test}`,
    photographs: [`${train}/car/1.png`, `${train}/bus/2.png`, `${val}/car/3.png`, `${test}/bus/4.png`].join(" "),
  })),
  { what: "train and val, and no test", photographs: "train/car/1.png train/bus/2.png eval/car/3.png" },
  { what: "train alone, beside unlabeled pictures", photographs: "train/car/1.png train/bus/1.png seg_pred/p/9.png" },
  { what: "a test folder without classes", photographs: "train/car/1.png train/bus/1.png test/7.png" },
  {
    what: "pictures without a class beside the splits",
    photographs:
      "Training/apple/1.png Training/pear/1.png Test/apple/1.png test-multiple_fruits/1.png single_prediction/2.png",
  },
  {
    what: "a folder without pictures beside the splits",
    photographs: "train/car/1.png train/bus/1.png test/car/1.png",
    others: { "annotations/all.csv": "x" },
  },
  { what: "splits in each class", photographs: "car/train/1.png bus/train/1.png car/test/2.png bus/valid/3.png" },
  { what: "splits in each class, without test", photographs: "car/train/1.png bus/Training/1.png bus/valid/3.png" },
  {
    what: "wrapper folders above the classes",
    photographs: "archive/photos/car/1.png archive/photos/bus/1.png archive/stray.png",
    others: { "__MACOSX/archive/photos/car/._1.png": "x", "archive/README.md": "x", ".DS_Store": "x" },
  },
  {
    what: "wrapper folders above and below the splits",
    photographs:
      "intel/seg_train/seg_train/car/1.png intel/seg_train/seg_train/bus/1.png intel/seg_test/seg_test/bus/2.png",
  },
  {
    what: "a test folder with a single class, whose pictures are in folders",
    photographs: "train/car/1.png train/bus/1.png test/bus/day/2.png test/bus/night/2.png",
  },
  {
    what: "hidden and system files",
    photographs: "car/1.png bus/1.png",
    others: {
      "@eaDir/car/SYNO_THUMB.png": "x",
      "car/@eaDir/1.png": "x",
      "car/Thumbs.db": "x",
      "$RECYCLE.BIN/2.png": "x",
      "lost+found/3.png": "x",
      ".ipynb_checkpoints/5.png": "x",
      "bus/.thumbnails/6.png": "x",
      "bus/.7.png": "x",
    },
  },
  {
    what: "files that are identified by their content",
    photographs: "car/plain car/4f2a.download car/old.jpe bus/1.png",
    others: {
      "car/telephone.HEIC": HEIC,
      "car/empty.bin": "",
      "car/README": "no picture",
      "car/empty.png": "",
      "bus/text.png": "x",
    },
  },
  {
    what: "folders of results beside the classes",
    photographs: "car/1.png bus/1.png",
    others: {
      "runs/a/.silhouette-run.lock": "",
      "data/dataset.json": "{}",
      "data/shards/0.arrow": "",
      "rates/learning-rates.csv": "x",
      "rates/plot.png": "x",
    },
  },
  { what: "a class that is named train", photographs: "train/1.png bus/1.png" },
  { what: "pictures outside of classes", photographs: "car/1.png bus/1.png stray.png" },
  { what: "pictures outside of classes, in a split", photographs: "train/car/1.png train/bus/1.png train/stray.png" },
  {
    what: "links, broken and circular ones",
    photographs: "car/1.png bus/1.png",
    links: {
      "car/broken.png": "nowhere.png",
      "car/circle.png": "circle.png",
      "car/up": "..",
      "car/2.png": "1.png",
      self: ".",
      van: "bus",
    },
  },
  {
    what: "labels in another order",
    photographs: "car/1.png bus/1.png",
    options: { labels: ["car", "bus"] },
    args: ["--labels", "car,bus"],
  },
  {
    what: "a seed and shares",
    photographs: "car/1.png bus/1.png car/2.png bus/2.png car/3.png bus/3.png",
    options: { seed: 7, split: [0.5, 0.3, 0.2] },
    args: ["--seed", "7", "--split", "0.5,0.3,0.2"],
  },
  {
    what: "a list of files to leave out, some of which are not there",
    photographs: "car/1.png car/2.png bus/1.png bus/2.png bus/3.png",
    others: {
      "list.csv":
        "reason;path\r\nblurred;car/1.png\r\nx;.\\bus\\3.png\r\nx;bus/4.png\r\ny;elsewhere/bus/2.png\r\nz;q\r\n",
    },
    options: { leaveOut: "list.csv" },
    args: ["--leave-out", "list.csv"],
  },
  {
    what: "a list of which nothing is there",
    photographs: "car/1.png bus/1.png",
    others: { "list.csv": "path\nautos/1.png\nvan/1.png\n" },
    options: { leaveOut: "list.csv" },
    args: ["--leave-out", "list.csv"],
    code: "LEAVE_OUT_MISMATCH",
  },
  {
    what: "a list that is another table",
    photographs: "car/1.png bus/1.png",
    others: { "list.csv": "file,reason\ncar/1.png,blurred\n" },
    options: { leaveOut: "list.csv" },
    args: ["--leave-out", "list.csv"],
    code: "LEAVE_OUT_UNREADABLE",
  },
  {
    what: "a list that is missing",
    photographs: "car/1.png bus/1.png",
    options: { leaveOut: "list.csv" },
    args: ["--leave-out", "list.csv"],
    code: "LEAVE_OUT_NOT_FOUND",
  },
  {
    what: "strict, and a picture that is damaged",
    photographs: "car/1.png bus/1.png",
    others: { "car/0.png": "x" },
    options: { strict: true },
    args: ["--strict"],
    code: "PICTURE_UNUSABLE",
  },
  {
    what: "strict, and a picture outside of classes",
    photographs: "car/1.png bus/1.png stray.png",
    options: { strict: true },
    args: ["--strict"],
    code: "PICTURE_UNUSABLE",
  },
  {
    what: "strict, and nothing wrong",
    photographs: "car/1.png bus/1.png",
    options: { strict: true },
    args: ["--strict"],
  },
  ...(["gray", "rgb"] as const).map((input): Tree => ({
    what: `a large photograph, in ${input}`,
    photographs: "car/1.png bus/1.png",
    large: "car/2.png",
    options: { input },
    args: ["--input", input],
  })),
  {
    what: "a large photograph, in black and white",
    photographs: "car/1.png bus/1.png",
    large: "car/2.png",
    options: { recipe: "article", size: { width: 203, height: 101 }, thumbnails: false },
    args: ["--recipe", "article", "--size", "203x101", "--no-thumbnails"],
  },
  { what: "no class folders", photographs: "1.png", code: "NO_CLASSES" },
  { what: "one class", photographs: "car/1.png car/2.png", code: "ONE_CLASS" },
  { what: "a class without pictures", photographs: "car/1.png", others: { "bus/a.txt": "x" }, code: "EMPTY_CLASS" },
  { what: "a class of another format", photographs: "bus/1.png", others: { "car/1.HEIC": HEIC }, code: "EMPTY_CLASS" },
  {
    what: "a class with test pictures alone",
    photographs: "train/car/1.png train/van/1.png test/bus/1.png",
    code: "EMPTY_CLASS",
  },
  {
    what: "a class beside one that is named train",
    photographs: "train/steam/1.png train/diesel/1.png car/1.png",
    code: "LAYOUT_MIXED",
  },
  {
    what: "a folder beside train and test",
    photographs: "train/car/1.png train/bus/1.png more/car/1.png",
    code: "LAYOUT_MIXED",
  },
  {
    what: "two folders of one split",
    photographs: "train/car/1.png test/car/1.png Testing/bus/1.png",
    code: "LAYOUT_MIXED",
  },
  { what: "splits without train", photographs: "val/car/1.png test/bus/1.png", code: "LAYOUT_MIXED" },
  { what: "splits without classes", photographs: "train/1.png test/1.png", code: "LAYOUT_MIXED" },
  {
    what: "labels that are not those of the folders",
    photographs: "car/1.png bus/1.png two|words/1.png",
    options: { labels: ["car", "a,b", "van"] },
    args: ["--labels", 'car,"a,b",van'],
    code: "LABELS_MISMATCH",
  },
  {
    what: "a seed where folders define the splits",
    photographs: "train/car/1.png train/bus/1.png test/bus/2.png",
    options: { seed: 1 },
    args: ["--seed", "1"],
    code: "INVALID_ARGUMENT",
  },
];

/** Where photographs change between a preparation that is stopped and the one that goes on: on the disk, and in an object store. */
const CHANGED = [(folder: string) => join(folder, "changed"), () => "memory://changed"] as const;

/** Places where no dataset in shards can be written. */
const OUTS = ["a file", "a file/out", "python-0", "not empty", "out.arrow", "0"] as const;

/** Photographs that do. */
const PATHS = ["a/0.png", "a/1.png", "a/2.png", "b/3.png", "b/4.png", "b/5.png"];

/** A preparation in Python. */
interface Job {
  readonly arguments: readonly string[];
  /** Number of parts after which it is stopped. */
  readonly parts: number | null;
  /** Files that are written before, in base64 by URL. */
  readonly files?: Readonly<Record<string, string>>;
}

/** How it ended. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(!PYTHON || process.platform === "win32")(
  "prepared in Python (where SILHOUETTE_EXPORTS names one that has the package's requirements)",
  () => {
    let folder: string;
    let environment: NodeJS.ProcessEnv;
    let ended: readonly Ended[];

    beforeAll(async () => {
      folder = newFolder();
      let number = 0;
      for (const [index, { photographs, others = {}, links = {}, large }] of TREES.entries()) {
        const source = join(folder, String(index));
        writeFiles(source, others);
        for (const path of photographs.split(" ").map((each) => each.replaceAll("|", " "))) {
          writeFiles(source, { [path]: await photograph(number++) });
        }
        if (large !== undefined) writeFiles(source, { [large]: await photograph(number++, 2400, 1300) });
        for (const [path, target] of Object.entries(links)) {
          mkdirSync(dirname(join(source, path)), { recursive: true });
          symlinkSync(target, join(source, path));
        }
      }
      environment = await withPythonPackage(PYTHON ?? "", folder);
      const jobs: Job[] = TREES.map(({ args = [] }, index) => {
        const [source, out] = placesOf(index, "python");
        return { arguments: [source, "--out", out, "--shards", "2", ...withList(args, source)], parts: null };
      });
      writeFiles(join(folder, "damaged"), {
        "a/0.png": "x",
        "a/1.png": await photograph(0),
        "b/2.png": await photograph(1),
      });
      const damaged = [join(folder, "damaged"), "--out", join(folder, "python-damaged"), "--shards", "2"];
      jobs.push(
        { arguments: damaged, parts: 1 },
        { arguments: [...damaged, "--strict"], parts: null },
        { arguments: damaged, parts: null },
      );
      jobs.push(...(await changedJobs()), ...(await tarJobs()));
      writeFiles(folder, { "a file": "", "not empty/a": "", "not empty/b": "" });
      jobs.push(...OUTS.map((out) => ({ arguments: ["0", "--out", out, "--shards", "2"], parts: null })));
      const stopped = new AbortController();
      const onEvent = ({ type }: PrepareEvent): void => {
        if (type === "shard") stopped.abort(new Error("stopped"));
      };
      const begun = { folder: join(folder, "changed"), out: join(folder, "js-stopped"), shards: 3 };
      await prepare({ ...begun, signal: stopped.signal, onEvent }).catch(() => undefined);
      jobs.push(
        { arguments: ["changed", "--out", "js-stopped", "--shards", "3"], parts: null },
        { arguments: ["changed", "--out", "python-stopped", "--shards", "3"], parts: 1 },
      );
      const program = join(REPOSITORY, "test", "prepare_in_python.py");
      writeFiles(folder, { "jobs.json": JSON.stringify(jobs) });
      const output = await outputOf(PYTHON ?? "", [program, join(folder, "jobs.json")], {
        env: environment,
        cwd: folder,
      });
      ended = JSON.parse(output) as readonly Ended[];
    });

    afterAll(() => removeFolder(folder));

    it.each(TREES.map((tree, index) => [tree.what, tree, index] as const))("%s", async (_, tree, index) => {
      const { code } = tree;
      const [source, out] = placesOf(index, "js");
      const said: string[] = [];
      const onEvent = (event: PrepareEvent): void => {
        if (event.type === "start") said.push(...event.notes.map((note) => `${note}\n`));
        if (event.type !== "leaveOut") return;
        said.push(`${event.files} listed files are left out\n`);
        for (const { path, similar } of event.unmatched) {
          said.push(similar === null ? path : `${path} (did you mean ${similar}?)`);
        }
      };
      const { leaveOut, ...options } = tree.options ?? {};
      const list = typeof leaveOut === "string" ? { leaveOut: join(source, leaveOut) } : {};
      const error: unknown = await prepare({ folder: source, out, shards: 2, ...options, ...list, onEvent }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const python = ended[index];
      if (code !== undefined) {
        expect(error).toBeInstanceOf(TrainerError);
        const { message, hint } = error as TrainerError;
        expect(error).toMatchObject({ code });
        expect(python?.stderr).toContain(`error: ${message} [${code}]\n${hint}\n`);
        expect(python?.code).toBe(1);
        return;
      }
      expect(error).toBeUndefined();
      expect(python).toMatchObject({ code: 0 });
      expect(contentOf(placesOf(index, "python")[1])).toEqual(contentOf(out));
      for (const words of said) expect(python?.stderr).toContain(words);
    });

    it("what was skipped before is opened again with --strict, and stays without", async () => {
      const [stopped, strict, whole] = ended.slice(TREES.length);
      expect(stopped).toMatchObject({ code: 130 });
      expect(strict).toMatchObject({ code: 1 });
      expect(strict?.stderr).toContain("Expected only usable pictures, but a/0.png is not a picture in a known format");
      expect(whole).toMatchObject({ code: 0 });
      expect(whole?.stderr).toContain("1 of 2 shards are there already: going on");
      await prepare({ folder: join(folder, "damaged"), out: join(folder, "js-damaged"), shards: 2 });
      expect(contentOf(join(folder, "python-damaged"))).toEqual(contentOf(join(folder, "js-damaged")));
    });

    it.each([0, 1])(
      "a shard is made again whose photograph has another content of the same size (%s)",
      async (place) => {
        const [stopped, changed] = ended.slice(TREES.length + 3 + 2 * place);
        expect(stopped).toMatchObject({ code: 130 });
        expect(changed).toMatchObject({ code: 0 });
        expect(changed?.stderr).toContain(
          "1 of 3 shards are there already: going on\n1 shard is made again: files of it have changed since, or",
        );
        const out = join(folder, `js-changed-${place}`);
        await prepare({ folder: join(folder, "changed"), out, shards: 3 });
        expect(contentOf(join(folder, `python-changed-${place}`))).toEqual(contentOf(out));
      },
    );

    it("what a list names is left out of tars, as if it were not there", () => {
      const [without, stopped, listed, mismatch] = ended.slice(TREES.length + 3 + 2 * CHANGED.length);
      expect(without).toMatchObject({ code: 0 });
      expect(stopped).toMatchObject({ code: 130 });
      expect(listed).toMatchObject({ code: 0 });
      expect(listed?.stderr).toContain("1 shard is made again: files of it");
      expect(listed?.stderr).toContain(
        "2 listed files are left out\nWarning: no file has the listed path 1.tar/9.png\n",
      );
      expect(contentOf(join(folder, "python-listed"))).toEqual(contentOf(join(folder, "python-without")));
      expect(mismatch).toMatchObject({ code: 1 });
      expect(mismatch?.stderr).toContain("but none of its 1 is there, such as a/0.png [LEAVE_OUT_MISMATCH]\n");
    });

    it.each(OUTS.map((out, index) => [out, index] as const))("are not written to %s", async (out, index) => {
      const python = ended.slice(-OUTS.length - 2)[index];
      const { code, stderr } = await silhouette(["prepare", "0", "--out", out, "--shards", "2"], {
        cwd: folder,
      });
      expect(code).toBeGreaterThan(0);
      expect(python?.code).toBe(1);
      const said = linesOf(stderr).slice(-2).join("\n");
      expect(said).toMatch(/^Error: .* \[[A-Z_]+\]\n/);
      expect(python?.stderr).toBe(`${said.replace("Error", "error")}\n`);
    });

    it("are not those of a preparation that another program began", async () => {
      const of = "but it is of another program or version";
      expect(ended.at(-2)).toMatchObject({ code: 1 });
      expect(ended.at(-2)?.stderr).toContain(`began in js-stopped, ${of} [OUTPUT_EXISTS]\nContinue it with the same`);
      expect(ended.at(-1)).toMatchObject({ code: 130 });
      const out = join(folder, "python-stopped");
      const before = contentOf(out);
      const continued = prepare({ folder: join(folder, "changed"), out, shards: 3 });
      await expect(continued).rejects.toMatchObject({
        code: "OUTPUT_EXISTS",
        message: expect.stringContaining(of) as string,
      });
      expect(contentOf(out)).toEqual(before);
    });

    it("a dataset has the files that its dataset.json lists, each with its rows, and a pattern those of one dataset", async () => {
      const [made, other] = [join(folder, "js-for-reading"), join(folder, "js-of-three")];
      await prepare({ folder: join(folder, "changed"), out: made, shards: 2 });
      await prepare({ folder: join(folder, "changed"), out: other, shards: 3 });
      await prepare({ folder: join(folder, "changed"), out: join(folder, "js-seed"), shards: 2, seed: 3 });
      const copies: Readonly<Record<string, (copy: string) => void>> = {
        foreign: (copy) => cpSync(join(other, "shards"), join(copy, "shards"), { recursive: true }),
        missing: (copy) => rmSync(join(copy, "shards", "00001-of-00002.arrow")),
        truncated: (copy) => truncateSync(join(copy, "shards", "00001-of-00002.arrow"), 1000),
        replaced: (copy) => cpSync(join(folder, "js-seed", "shards"), join(copy, "shards"), { recursive: true }),
        edited: (copy) =>
          writeFileSync(
            join(copy, "dataset.json"),
            readFileSync(join(copy, "dataset.json"), "utf8").replace(",", ", "),
          ),
        stopped: (copy) => renameSync(join(copy, "dataset.json"), join(copy, ".silhouette-preparation")),
      };
      for (const [name, change] of Object.entries(copies)) {
        cpSync(made, join(folder, name), { recursive: true });
        change(join(folder, name));
      }
      const sources = [...Object.keys(copies), "foreign/shards/*.arrow", "foreign/shards/*-of-00002.arrow"];
      const program = [
        "import sys",
        "from silhouette.errors import SilhouetteError",
        "from silhouette.sources import plan_pictures",
        "for source in sys.argv[1:]:",
        "    try: print(sum(len(list(part.open()[1])) for part in plan_pictures(source, None, 9).parts))",
        "    except SilhouetteError as error: print(error.code)",
      ];
      const args = ["-c", program.join("\n"), ...sources];
      const output = await outputOf(PYTHON ?? "", args, { env: environment, cwd: folder });
      expect(linesOf(output)).toEqual([
        "6",
        "DATASET_NOT_FOUND",
        "DATASET_DAMAGED",
        "DATASET_DAMAGED",
        "DATASET_DAMAGED",
        "DATASET_INCOMPLETE",
        "DATASET_MISMATCH",
        "6",
      ]);
    });

    it("are pictures alone: other arrays are refused before the kernels see them", async () => {
      const arrays = [
        "numpy.zeros((900, 9, 3), 'uint16')",
        "numpy.zeros((9, 9, 2), 'uint8')",
        "numpy.zeros((0, 9), 'uint8')",
        "[[0]]",
      ];
      const program = [
        "import numpy",
        "from silhouette.thumbnails import Thumbnailer",
        "thumbnailer = Thumbnailer()",
        `for picture in (${arrays.join(", ")}):`,
        "    try: thumbnailer.thumbnail(picture)",
        "    except ValueError as error: print(error)",
        "print(len(thumbnailer.thumbnail(numpy.zeros((9, 9), 'uint8'))) > 600)",
      ];
      const output = await outputOf(PYTHON ?? "", ["-c", program.join("\n")], { env: environment });
      const expected = "Expected a picture of [rows, columns, 3] or [rows, columns] bytes, but received";
      expect(output.trim().split(/\r?\n/)).toEqual([
        `${expected} uint16 of (900, 9, 3)`,
        `${expected} uint8 of (9, 9, 2)`,
        `${expected} uint8 of (0, 9)`,
        "Expected a picture as an array of numpy, but received list: see read_picture",
        "True",
      ]);
    });

    /** Preparations of {@link CHANGED} that are stopped after two of three shards, and go on after a photograph has changed. */
    async function changedJobs(): Promise<readonly Job[]> {
      const pictures = await Promise.all(PATHS.map((_, index) => photograph(index)));
      const files = Object.fromEntries(PATHS.map((path, index) => [path, pictures[index] ?? ""]));
      const other = await photograph(PATHS.length);
      expect(other.length).toBe(pictures[0]?.length);
      writeFiles(join(folder, "changed"), files);
      return CHANGED.flatMap((place, index) => {
        const source = place(folder);
        const args = [source, "--out", join(folder, `python-changed-${index}`), "--shards", "3"];
        const urls = Object.entries(files).map(([path, content]) => [
          `${source}/${path}`,
          Buffer.from(content).toString("base64"),
        ]);
        return [
          { arguments: args, parts: 2, files: Object.fromEntries(urls) as Record<string, string> },
          { arguments: args, parts: null, files: { [`${source}/${PATHS[0]}`]: other.toString("base64") } },
        ];
      });
    }

    /** Preparations of tars without some of their pictures: these are not there, or in a list. */
    async function tarJobs(): Promise<readonly Job[]> {
      const members = Object.fromEntries(
        await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(async (number) => [`${number}.png`, await photograph(number)])),
      ) as Record<string, Buffer>;
      const classes = Object.keys(members).map((name, index) => [
        name.replace("png", "txt"),
        index % 3 === 0 ? "a" : "b",
      ]);
      writeFiles(join(folder, "members"), { ...members, ...Object.fromEntries(classes) });
      for (const [tars, ...archives] of [
        ["tars", [1, 2, 3, 4], [5, 6, 7, 8]],
        ["fewer", [1, 3, 4], [5, 7, 8]],
      ] as const) {
        mkdirSync(join(folder, tars));
        for (const [index, numbers] of archives.entries()) {
          const names = numbers.flatMap((number) => [`${number}.png`, `${number}.txt`]);
          await outputOf("tar", ["-cf", join(folder, tars, `${index}.tar`), "-C", join(folder, "members"), ...names]);
        }
      }
      writeFiles(folder, {
        "of-tars.csv": "path\n0.tar/2.png\n.\\1.tar\\6.png\n1.tar/9.png\n",
        "of-folders.csv": "path\na/0.png\n",
      });
      const job = (source: string, out: string, parts: number | null, list?: string): Job => ({
        arguments: [
          join(folder, source),
          "--out",
          join(folder, out),
          "--labels",
          "a,b",
          ...(list === undefined ? [] : ["--leave-out", join(folder, list)]),
        ],
        parts,
      });
      return [
        job("fewer", "python-without", null),
        job("tars", "python-listed", 1),
        job("tars", "python-listed", null, "of-tars.csv"),
        job("tars", "python-mismatch", null, "of-folders.csv"),
      ];
    }

    /** A source, and where it is prepared. */
    function placesOf(index: number, by: string): readonly [source: string, out: string] {
      return [join(folder, String(index)), join(folder, `${by}-${index}`)];
    }
  },
);

/** Arguments, with the path of a list. */
function withList(args: readonly string[], source: string): readonly string[] {
  return args.map((arg) => (arg === "list.csv" ? join(source, arg) : arg));
}

/** A picture unlike any other. */
async function photograph(number: number, width = 8, height = 8): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: 3 * 64 }, (_, index) => Math.imul(192 * number + index + 1, SPREAD) >>> 24);
  const small = sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } });
  return small.resize(width, height, { fit: "fill" }).png({ compressionLevel: 1 }).toBuffer();
}

/** Spreads numbers over 32 bits (Knuth). */
const SPREAD = 2_654_435_761;

/** All files of a folder in hexadecimal digits, or texts, by their paths. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.map((path) => [path, readFileSync(join(folder, path), path.endsWith(".arrow") ? "hex" : "utf8")]),
  );
}
