// Kills the command at any moment: no user data is lost, and the command in its message continues to the same result.
//
//   node test/kills.mjs --kills 100 --seed 1 [--first 0]
//
// Each case ends `prepare`, `train`, `train --resume` or `evaluate` at a random moment between its start and end, by SIGKILL,
// SIGINT or SIGTERM, or limits the file size to simulate a full disk. Afterwards the same command, or the one in its message,
// must succeed with the same result as an undisturbed run. Progress is written to stderr. The exit code is 1 if there are
// findings.

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import sharp from "sharp";

import { Random } from "../packages/preprocess-wasm/fuzz/random.mjs";

const SILHOUETTE = fileURLToPath(new URL("../packages/cli/bin/silhouette.js", import.meta.url));

/** The minimum side length for the network. */
const SIDE = 94;

const LABELS = ["car", "bus"];

/** Number of photographs per class. */
const EACH = 12;

const TRAINING = ["--size", String(SIDE), "--batch", "8", "--backend", "wasm"];

/** Maximum for `ulimit -f`, in blocks of 512 or 1,024 bytes: more than the size of the largest file. */
const MOST_BLOCKS = 4000;

/** Timeout in seconds for a command that should succeed. */
const LONGEST_RUN = 120;

/** The content of the user's file. */
const SENTINEL = "the user's own";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
  },
});
const [kills, seed, first] = [Number(values.kills), Number(values.seed), Number(values.first)];

const folder = mkdtempSync(join(tmpdir(), "silhouette-kills-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => process.exit(130));
const photos = join(folder, "photos");
const temporary = join(folder, "temporary");
mkdirSync(temporary);
await drawPhotographs();

/**
 * A command, its initial state, and its expected result.
 *
 * @typedef {{ name: string, args: string[], begin: (work: string) => void, result: (work: string, stdout: string) => string }} Work
 */

/** @type {Work[]} */
const WORKS = [
  {
    name: "prepare",
    args: ["prepare", photos, "--out", "photos.arrow", "--size", String(SIDE)],
    begin: () => undefined,
    result: (work) => readFileSync(join(work, "photos.arrow"), "latin1"),
  },
  {
    name: "train",
    args: ["train", photos, "--out", "run", "--epochs", "2", ...TRAINING],
    begin: () => undefined,
    result: resultOfRun,
  },
  {
    name: "train --resume",
    args: ["train", photos, "--out", "run", "--resume", "--epochs", "3"],
    begin: (work) => cpSync(join(folder, "trained"), join(work, "run"), { recursive: true }),
    result: resultOfRun,
  },
  {
    name: "evaluate",
    args: ["evaluate", "run", photos, "--backend", "wasm"],
    begin: (work) => cpSync(join(folder, "trained"), join(work, "run"), { recursive: true }),
    result: (_, stdout) => stdout,
  },
];

/** The result and duration of each undisturbed command. @type {Map<string, { result: string, seconds: number }>} */
const expected = new Map();
for (const work of WORKS) {
  const place = newPlace(work);
  const start = performance.now();
  const { code, stdout, stderr } = await run(place, work.args);
  if (code !== 0) throw new Error(`${work.name} fails undisturbed: ${stderr}`);
  expected.set(work.name, { result: work.result(place, stdout), seconds: (performance.now() - start) / 1000 });
  if (work.name === "train") cpSync(join(place, "run"), join(folder, "trained"), { recursive: true });
  rmSync(place, { recursive: true });
}

let findings = 0;
/** @type {Map<string, number>} */
const ways = new Map();
const start = performance.now();
for (let number = first; number < first + kills; number++) {
  const random = new Random(seed, number);
  const work = random.of(WORKS);
  const how = random.of(["SIGKILL", "SIGKILL", "SIGINT", "SIGTERM", "full disk"]);
  const what = `${work.name}, ${how}`;
  const place = newPlace(work);
  try {
    const way = await disturb(work, how, random, place);
    ways.set(`${what}: ${way}`, (ways.get(`${what}: ${way}`) ?? 0) + 1);
  } catch (error) {
    findings++;
    const text = error instanceof Error ? error.message : String(error);
    console.log(`${what}: ${text}\n  again: --seed ${seed} --first ${number} --kills 1`);
  }
  rmSync(place, { recursive: true, force: true });
  console.error(`${number + 1 - first} of ${kills} kills, ${findings} findings`);
}
for (const [way, times] of [...ways].toSorted(([a], [b]) => (a < b ? -1 : 1))) console.log(`${times} x ${way}`);
const seconds = Math.round((performance.now() - start) / 1000);
console.log(`${kills} kills from ${first} on of seed ${seed}: ${findings} findings in ${seconds} s`);
if (findings > 0) process.exitCode = 1;

/**
 * Disturbs a command, runs it again, and returns what happened; an error is a finding.
 *
 * @param {Work} work
 * @param {string} how
 * @param {Random} random
 * @param {string} place
 * @returns {Promise<string>}
 */
async function disturb(work, how, random, place) {
  const { result, seconds: usual } = /** @type {{ result: string, seconds: number }} */ (expected.get(work.name));
  const disturbed =
    how === "full disk"
      ? await run(place, work.args, { blocks: Math.floor(MOST_BLOCKS ** random.fraction()) })
      : await run(place, work.args, { signal: /** @type {NodeJS.Signals} */ (how), after: random.fraction() * usual });
  const allowed = { SIGKILL: [null, 0], SIGINT: [130, 0, null], SIGTERM: [143, 0, null], "full disk": [4, 0] }[how];
  if (!allowed?.includes(disturbed.code)) throw new Error(`it ended with ${disturbed.code}: ${disturbed.stderr}`);
  if (disturbed.stderr.includes("DEFECT")) throw new Error(`it told of a defect: ${disturbed.stderr}`);
  if (existsSync(join(place, "run", "config.json"))) writeFileSync(join(place, "run", "notes.txt"), SENTINEL);

  let [again, way] = [await run(place, work.args), "the same command"];
  if (again.code !== 0 && again.stderr.includes("--resume") && !work.args.includes("--resume")) {
    [again, way] = [await run(place, ["train", photos, "--out", "run", "--resume"]), "--resume, as it says"];
  } else if (again.code !== 0 && /without --resume/.test(again.stderr)) {
    const anew = work.args.filter((arg) => arg !== "--resume");
    [again, way] = [await run(place, anew), "without --resume, as it says"];
  }
  if (again.code !== 0) throw new Error(`${way} ended with ${again.code}: ${again.stderr}`);
  if (work.result(place, again.stdout) !== result) throw new Error(`${way} came to something else`);
  if (readFileSync(join(place, "notes.txt"), "utf8") !== SENTINEL) throw new Error("a file beside it was changed");
  const inRun = join(place, "run", "notes.txt");
  if (existsSync(join(place, "run")) && existsSync(inRun) && readFileSync(inRun, "utf8") !== SENTINEL) {
    throw new Error("a file within the run was changed");
  }
  const left = readdirSync(place, { recursive: true, encoding: "utf8" }).filter((path) =>
    basename(path).startsWith(".silhouette-"),
  );
  if (left.length > 0) throw new Error(`${left.join(", ")} is left`);
  return disturbed.code === 0 ? `done before; ${way}` : way;
}

/**
 * A folder for a command, with a file of the user.
 *
 * @param {Work} work
 */
function newPlace({ begin }) {
  const place = mkdtempSync(join(folder, "work-"));
  writeFileSync(join(place, "notes.txt"), SENTINEL);
  begin(place);
  if (existsSync(join(place, "run"))) writeFileSync(join(place, "run", "notes.txt"), SENTINEL);
  return place;
}

/**
 * The weights of both models, and the metrics of the test.
 *
 * @param {string} work
 */
function resultOfRun(work) {
  const models = ["model", "model-best"].map((name) => join(work, "run", name));
  const weights = models.flatMap((model) =>
    readdirSync(model)
      .filter((file) => file.endsWith(".bin"))
      .map((file) => join(model, file)),
  );
  const judged = ["metrics.json", "predictions.csv"].map((name) => join(work, "run", name));
  return [...weights, ...judged].map((file) => readFileSync(file, "latin1")).join();
}

/**
 * Runs the command in `place`, and sends it a signal after some seconds, or limits its file sizes to some blocks.
 *
 * @param {string} place
 * @param {readonly string[]} args
 * @param {{ signal?: NodeJS.Signals, after?: number, blocks?: number }} [disturbance]
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
async function run(place, args, { signal, after = 0, blocks } = {}) {
  const limit = blocks === undefined ? "" : `ulimit -f ${blocks}; `;
  const child = spawn("sh", ["-c", `${limit}exec "$0" "$@"`, process.execPath, SILHOUETTE, ...args], {
    cwd: place,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_RUN * 1000,
    killSignal: "SIGKILL",
  });
  const timer = signal === undefined ? undefined : setTimeout(() => child.kill(signal), after * 1000);
  const written = { stdout: "", stderr: "" };
  for (const name of /** @type {const} */ (["stdout", "stderr"])) {
    child[name].setEncoding("utf8").on("data", (piece) => (written[name] += piece));
  }
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  clearTimeout(timer);
  return { code, ...written };
}

/** Stripes with a direction per class; no picture is a copy of another. */
async function drawPhotographs() {
  const random = new Random(0, 0);
  for (const [place, label] of LABELS.entries()) {
    mkdirSync(join(photos, label), { recursive: true });
    for (let index = 0; index < EACH; index++) {
      const shift = random.from(0, 11);
      const levels = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
        const along = place === 0 ? at % SIDE : Math.floor(at / SIDE);
        return (along + shift) % 12 < 6 ? index * 5 : 255 - random.from(0, 20);
      });
      const picture = sharp(levels, { raw: { width: SIDE, height: SIDE, channels: 1 } });
      await picture.png().toFile(join(photos, label, `${index}.png`));
    }
  }
}
