// What is opened, and which outcomes are allowed. Each target mutates a file with random draws, opens it through the package,
// and returns the outcome; errors are left to the caller.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { crc32 } from "node:zlib";

import { tensor4d } from "@tensorflow/tfjs-core";

import { startBackend } from "../dist/node/backends/start.js";
import { readCheckpoint } from "../dist/node/files/checkpoint-file.js";
import { evaluate, Predictor, train, openDataset } from "../dist/index.js";
import { jsonText } from "../dist/values/json-shape.js";
import { PictureSet } from "../dist/dataset/picture-set.js";
import { readConfig, readHistory, readMetrics, runIn } from "../dist/node/files/run-folder.js";
import { loadUsableModel } from "../dist/node/usable-model.js";
import { smallNetwork } from "./corpus.mjs";
import { encodedJson, mutatedBytes, mutatedJson } from "./mutate.mjs";

/** @import { Random } from "../../preprocess-wasm/fuzz/random.mjs" */

/**
 * The outcome of a case: what was read, and whether it is allowed.
 *
 * @typedef {{ what: string, isRight: boolean }} Outcome
 */

/** The position of the checksum in a tensor file, and its number of digits. */
const TENSORS_CRC32_AT = 8 + '{"__metadata__":{"crc32":"'.length;
const TENSORS_HEADER = '{"__metadata__":{"crc32":"00000000"';

/** @param {string | Uint8Array} data */
function hexOf(data) {
  return crc32(data).toString(16).padStart(8, "0");
}

/** The targets on the files of `corpus`; mutants are written below `scratch`. */
export class Targets {
  /** @type {string} */
  #corpus;
  /** @type {string} */
  #scratch;
  #photos;
  #datasets;
  #models;
  /** @type {Map<string, unknown>} */
  #intact = new Map();
  /** @type {Predictor | undefined} */
  #predictor;
  /** @type {import("../dist/backend/operations.js").Backend | undefined} */
  #backend;
  /** What is known of the pictures of the run. @type {import("../dist/dataset/picture-index.js").KnownPicture[]} */
  #pictures = [];

  /**
   * @param {string} corpus
   * @param {string} scratch
   */
  constructor(corpus, scratch) {
    [this.#corpus, this.#scratch] = [corpus, scratch];
    const filesIn = (/** @type {string} */ folder) =>
      readdirSync(join(corpus, folder))
        .toSorted()
        .map((name) => ({ name, bytes: readFileSync(join(corpus, folder, name)) }));
    this.#photos = filesIn("photos");
    this.#datasets = filesIn("datasets");
    this.#models = ["run", ...readdirSync(join(corpus, "models")).map((name) => join("models", name))];
  }

  /** Opens all intact files, so that mutants can be compared with them. */
  async start() {
    const run = join(this.#corpus, "run");
    this.#predictor = await Predictor.load(run, "wasm");
    const dataset = await openDataset(join(this.#corpus, "datasets", "0.arrow"));
    this.#pictures = [...(await PictureSet.loadAll(dataset)).known()];
    await dataset.close();
    for (const name of ["config", "history", "metrics", "checkpoint", "learned"]) {
      this.#intact.set(name, await this.#read(name, run));
    }
    for (const { name } of this.#datasets) this.#intact.set(name, await rowsOf(join(this.#corpus, "datasets", name)));
    for (const model of this.#models) this.#intact.set(model, await this.#answerOf(join(this.#corpus, model)));
    this.#intact.set("evaluation", await this.#evaluation(run));
    this.#intact.set("weights", weightsIn(run));
  }

  /**
   * Runs the case drawn from `random`.
   *
   * @param {Random} random
   * @param {(what: string) => void} announce called with the name of a file before it is opened
   * @returns {Promise<Outcome>}
   */
  async run(random, announce) {
    const kind = random.from(0, 99);
    if (kind < 40) return this.#photograph(random, announce);
    if (kind < 60) return this.#dataset(random, announce);
    if (kind < 75) return this.#model(random, announce);
    if (kind < 99) return this.#runFile(random, announce);
    return this.#wholeRun(random, announce);
  }

  /** @param {Random} random @param {(what: string) => void} announce @returns {Promise<Outcome>} */
  async #photograph(random, announce) {
    const { name, bytes } = random.of(this.#photos);
    const mutant = mutatedBytes(random, bytes, random.of(this.#photos).bytes);
    announce(name);
    const isFile = random.once(4);
    const path = join(this.#scratch, "photograph");
    if (isFile) writeFileSync(path, mutant);
    const answer = await this.#predictor?.classify(isFile ? path : mutant);
    if (answer === undefined) throw new Error("no predictor");
    if ("unusable" in answer) {
      return { what: answer.unusable.code, isRight: answer.unusable.message !== "" };
    }
    const sum = answer.classes.reduce((total, { probability }) => total + probability, 0);
    return { what: "answer", isRight: Math.abs(sum - 1) < 1e-4 };
  }

  /** @param {Random} random @param {(what: string) => void} announce @returns {Promise<Outcome>} */
  async #dataset(random, announce) {
    const { name, bytes } = random.of(this.#datasets);
    announce(`dataset ${name}`);
    const path = join(this.#scratch, "dataset.arrow");
    writeFileSync(path, mutatedBytes(random, bytes, random.of(this.#datasets).bytes));
    const rows = await rowsOf(path);
    // A splice may result in the complete other file, which is correct, too.
    const isRight = this.#datasets.some((each) => isDeepStrictEqual(this.#intact.get(each.name), rows));
    return { what: "rows", isRight };
  }

  /** @param {Random} random @param {(what: string) => void} announce @returns {Promise<Outcome>} */
  async #model(random, announce) {
    const name = random.of(this.#models);
    const source = join(this.#corpus, name, "model");
    const run = join(this.#scratch, "model-run");
    rmSync(run, { recursive: true, force: true });
    cpSync(source, join(run, "model"), { recursive: true });
    const path = join(run, "model", "model.json");
    const json = readFileSync(path);
    const weightsFile = join(run, "model", readdirSync(source).find((each) => each.endsWith(".bin")) ?? "");
    const weights = readFileSync(weightsFile);
    const how = random.of(["bytes", "json", "signed json", "signed json", "weights", "signed weights"]);
    announce(`${name}/model, ${how}`);
    if (how === "bytes") writeFileSync(path, mutatedBytes(random, json, json));
    if (how === "json") writeFileSync(path, encodedJson(random, mutatedJson(random, JSON.parse(String(json)))));
    if (how === "signed json") writeFileSync(path, signedModel(mutatedJson(random, JSON.parse(String(json)))));
    if (how === "weights") writeFileSync(weightsFile, mutatedBytes(random, weights, weights));
    if (how === "signed weights") {
      const mutant = mutatedBytes(random, weights, weights);
      const file = `weights-${hexOf(mutant)}.bin`;
      const value = JSON.parse(String(json));
      value.userDefinedMetadata.silhouette.weightsCrc32 = hexOf(mutant);
      value.weightsManifest[0].paths = [file];
      writeFileSync(join(run, "model", file), mutant);
      writeFileSync(path, signedModel(JSON.stringify(value)));
    }
    const answer = await this.#answerOf(run);
    // With a valid checksum it is another model, whose predictions only have to be probabilities.
    return { what: "model", isRight: how.startsWith("signed") || isDeepStrictEqual(answer, this.#intact.get(name)) };
  }

  /** @param {Random} random @param {(what: string) => void} announce @returns {Promise<Outcome>} */
  async #runFile(random, announce) {
    const name = random.of(["config", "history", "metrics", "checkpoint", "learned"]);
    const run = join(this.#scratch, "run");
    const how = random.of(["bytes", "content", "signed content"]);
    announce(`${name}, ${how}`);
    mkdirSync(join(run, "checkpoints"), { recursive: true });
    const file = pathOf(name);
    const intact = readFileSync(join(this.#corpus, "run", file));
    const other = readFileSync(join(this.#corpus, "run", pathOf(name === "learned" ? "checkpoint" : "learned")));
    writeFileSync(join(run, "config.json"), readFileSync(join(this.#corpus, "run", "config.json")));
    writeFileSync(join(run, file), mutatedFile(random, name, how, intact, other));
    const value = await this.#read(name, run);
    const hasChecksum = name !== "history" && name !== "metrics" && how !== "signed content";
    return { what: name, isRight: !hasChecksum || isDeepStrictEqual(value, this.#intact.get(name)) };
  }

  /** @param {Random} random @param {(what: string) => void} announce @returns {Promise<Outcome>} */
  async #wholeRun(random, announce) {
    const run = join(this.#scratch, "whole");
    rmSync(run, { recursive: true, force: true });
    cpSync(join(this.#corpus, "run"), run, { recursive: true });
    const name = random.of(["config", "history", "metrics", "checkpoint", "learned"]);
    const how = random.of(["bytes", "content", "signed content"]);
    const isResumed = random.once(2);
    announce(`${isResumed ? "a run to resume" : "a run to evaluate"}, ${name}, ${how}`);
    const path = join(run, pathOf(name));
    const intact = readFileSync(path);
    writeFileSync(path, mutatedFile(random, name, how, intact, intact));
    if (!isResumed) {
      const evaluation = await this.#evaluation(run);
      return {
        what: "evaluation",
        isRight: how === "signed content" || isDeepStrictEqual(evaluation, this.#intact.get("evaluation")),
      };
    }
    // A mutant may request a million epochs, which is not a hang.
    const stop = new AbortController();
    try {
      await train({
        source: join(this.#corpus, "datasets", "0.arrow"),
        run,
        network: smallNetwork,
        backend: "wasm",
        resume: true,
        signal: stop.signal,
        onEvent: ({ type }) => type === "epoch" && stop.abort(new Error("enough")),
      });
    } catch (error) {
      if (error !== stop.signal.reason) throw error;
      return { what: "resumed for more epochs", isRight: how === "signed content" };
    }
    return {
      what: "resumed",
      isRight: how === "signed content" || isDeepStrictEqual(weightsIn(run), this.#intact.get("weights")),
    };
  }

  /** @param {string} name @param {string} run @returns {Promise<unknown>} */
  async #read(name, run) {
    if (name === "config") return readConfig(run);
    if (name === "history") return readHistory(run);
    if (name === "metrics") return readMetrics(run);
    if (name === "checkpoint") return readCheckpoint(join(run, pathOf(name)));
    const learned = await runIn(run).learned();
    return this.#pictures.map((picture) => [learned.has(picture), learned.hasTested(picture)]);
  }

  /**
   * The model's prediction for a half-white picture. Loads it like `Predictor` and `evaluate`, but starts the backend
   * only once.
   *
   * @param {string} run
   */
  async #answerOf(run) {
    this.#backend ??= await startBackend("wasm");
    const { classifier, description } = await loadUsableModel(join(run, "model"), this.#backend);
    const { width, height } = description;
    const halves = Float32Array.from({ length: width * height }, (_, at) => Number(2 * at < width * height));
    const pictures = tensor4d(halves, [1, height, width, 1]);
    try {
      return [...classifier.probabilities(pictures)];
    } finally {
      pictures.dispose();
      classifier.network.dispose();
    }
  }

  /** @param {string} run */
  async #evaluation(run) {
    const source = join(this.#corpus, "datasets", "0.arrow");
    const { learned, metrics } = await evaluate({ run, source, backend: "wasm" });
    return { learned, metrics };
  }
}

/** @param {string} name */
function pathOf(name) {
  if (name === "checkpoint") return join("checkpoints", "last.safetensors");
  return name === "learned" ? "learned.safetensors" : `${name}.json`;
}

/** @param {string} run */
function weightsIn(run) {
  return readdirSync(join(run, "model")).filter((name) => name.endsWith(".bin"));
}

/**
 * @param {Random} random
 * @param {string} name
 * @param {string} how
 * @param {Buffer} intact
 * @param {Buffer} other
 */
function mutatedFile(random, name, how, intact, other) {
  const isJson = name === "config" || name === "history" || name === "metrics";
  if (how === "bytes") return mutatedBytes(random, intact, other);
  if (!isJson) return mutatedTensors(random, intact, how === "signed content");
  const json = mutatedJson(random, JSON.parse(String(intact)));
  return how === "signed content" && name === "config" ? signedConfig(json) : encodedJson(random, json);
}

/**
 * A tensor file with another header, or other content after it.
 *
 * @param {Random} random
 * @param {Buffer} intact
 * @param {boolean} isSigned
 */
function mutatedTensors(random, intact, isSigned) {
  const length = Number(intact.readBigUInt64LE());
  const header = intact.toString("utf8", 8, 8 + length).replace(/(?<=^.{26})[0-9a-f]{8}/, "00000000");
  let data = intact.subarray(8 + length);
  const value = JSON.parse(header);
  // The state of a checkpoint is JSON embedded in JSON.
  const state = value.__metadata__.silhouette;
  if (state !== undefined && random.once(2)) value.__metadata__.silhouette = mutatedJson(random, JSON.parse(state));
  let json = random.once(3) ? JSON.stringify(value) : mutatedJson(random, value);
  if (random.once(4)) data = mutatedBytes(random, data, intact);
  json += " ".repeat((8 - (Buffer.byteLength(json) % 8)) % 8);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(Buffer.byteLength(json)));
  const file = Buffer.concat([start, Buffer.from(json), data]);
  if (isSigned && json.startsWith(TENSORS_HEADER)) file.write(hexOf(file), TENSORS_CRC32_AT);
  return file;
}

/** @param {string} json */
function signedModel(json) {
  try {
    const value = JSON.parse(json);
    delete value.userDefinedMetadata.silhouette.crc32;
    value.userDefinedMetadata.silhouette.crc32 = hexOf(JSON.stringify(value));
    return JSON.stringify(value);
  } catch {
    // The mutant has no place for a checksum any more, or is nested too deeply.
    return json;
  }
}

/** @param {string} json */
function signedConfig(json) {
  try {
    const { crc32: _, ...content } = JSON.parse(json);
    return jsonText({ ...content, crc32: hexOf(jsonText(content)) });
  } catch {
    return json;
  }
}

/** @param {string} path */
async function rowsOf(path) {
  const dataset = await openDataset(path);
  try {
    const rows = [];
    for await (const { pixels, thumbnail, ...row } of dataset) {
      rows.push({ ...row, pixels: Buffer.from(pixels), thumbnail: Buffer.from(thumbnail) });
    }
    return rows;
  } finally {
    await dataset.close();
  }
}
