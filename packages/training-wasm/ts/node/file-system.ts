// Models in folders: model.json and weights.bin, as tfjs-node writes them, and TensorFlow.js' `file://` addresses.

import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { io } from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { makeFolder } from "./make-folder.ts";
import { unwritable, writeUnfinished } from "./whole-file.ts";
import { groupsOf, weightBytes } from "./weights-manifest.ts";

const SCHEME = "file://";
const MODEL_JSON = "model.json";
const WEIGHTS_BIN = "weights.bin";

/**
 * Saves models to a folder, and loads them from one: `model.save(fileSystem("models/cars"))`,
 * `loadLayersModel(fileSystem("models/cars/model.json"))`. The same as the addresses `file://models/cars` and
 * `file://models/cars/model.json`, whose rest after `file://` is a path as it is: relative to the working directory or
 * absolute, and not percent-encoded.
 *
 * The files are those of tfjs-node, which reads them, too. Each is written whole: one that is there already is replaced once the
 * new one is on disk.
 *
 * @param path for saving, of a folder, which is created with its parents if it does not exist; for loading, of a model.json,
 * beside which its weights are
 * @returns a handler whose `save` and `load` throw a `TrainingWasmError`: `OUTPUT_UNWRITABLE`, `MODEL_NOT_FOUND`,
 * `MODEL_DAMAGED`
 */
export function fileSystem(path: string): io.IOHandler {
  const whole = resolve(path);
  return { save: (artifacts) => saveTo(whole, artifacts), load: () => loadFrom(whole) };
}

/** Registers {@link fileSystem} for `file://`, unless tfjs-node has registered its own: TensorFlow.js refuses two. */
export function registerFileHandlers(): void {
  const handlerOf = (url: string | string[]): io.IOHandler => {
    const path = typeof url === "string" && url.startsWith(SCHEME) ? url.slice(SCHEME.length) : undefined;
    // Null is a router's answer to what it does not know, despite its type.
    return path === undefined ? (null as unknown as io.IOHandler) : fileSystem(path);
  };
  if (io.getLoadHandlers(SCHEME).length === 0) io.registerLoadRouter(handlerOf);
  if (io.getSaveHandlers(SCHEME).length === 0) io.registerSaveRouter(handlerOf);
}

async function saveTo(folder: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const { modelTopology, weightSpecs = [], weightData = [], format, generatedBy, convertedBy, ...others } = artifacts;
  const { trainingConfig, signature, userDefinedMetadata, modelInitializer, initializerSignature } = others;
  const weightsManifest = [{ paths: [WEIGHTS_BIN], weights: weightSpecs }];
  // In the order of tfjs-node; JSON leaves out what is undefined.
  const json = JSON.stringify({
    modelTopology,
    weightsManifest,
    format,
    generatedBy,
    convertedBy,
    trainingConfig,
    signature,
    userDefinedMetadata,
    modelInitializer,
    initializerSignature,
  });
  const buffers = Array.isArray(weightData) ? weightData : [weightData];
  const contents: readonly [string, readonly Uint8Array[]][] = [
    [join(folder, WEIGHTS_BIN), buffers.map((buffer) => new Uint8Array(buffer))],
    [join(folder, MODEL_JSON), [new TextEncoder().encode(json)]],
  ];
  try {
    makeFolder(folder);
    const files = [];
    try {
      for (const [path, parts] of contents) files.push(await writeUnfinished(path, parts));
      // Not before all are written; model.json last, without which there is no model.
      for (const file of files) await file.finish();
    } finally {
      for (const file of files) await file.discard();
    }
  } catch (cause) {
    throw unwritable("a model", folder, cause);
  }
  return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
}

async function loadFrom(path: string): Promise<io.ModelArtifacts> {
  const isFolder = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
  if (isFolder)
    throw new TrainingWasmError(
      "MODEL_NOT_FOUND",
      `Expected a ${MODEL_JSON}, but ${path} is a folder. Name the file in it.`,
    );
  const damaged = (reason: string, cause?: unknown): TrainingWasmError =>
    new TrainingWasmError(
      "MODEL_DAMAGED",
      `Expected a model that TensorFlow.js saved in ${path}, but ${reason}. Save it again, or copy all of its files.`,
      { cause },
    );
  const text = (await contentOf(path, "a model")).toString("utf8");
  let json: io.ModelJSON;
  try {
    json = JSON.parse(text) as io.ModelJSON;
  } catch (cause) {
    throw damaged("it is not JSON", cause);
  }
  const groups = groupsOf(json);
  if (groups === undefined) throw damaged("it has no list of weights (weightsManifest)");
  const weightSpecs: io.WeightsManifestEntry[] = [];
  const contents: Buffer[] = [];
  for (const { paths, weights } of groups) {
    let bytes = 0;
    for (const each of paths) {
      const content = await contentOf(join(dirname(path), each), `the weights of ${path}`);
      bytes += content.length;
      contents.push(content);
    }
    const expected = weightBytes(weights);
    if (expected !== undefined && bytes !== expected)
      throw damaged(`its weights in ${paths.join(", ")} have ${bytes} bytes instead of ${expected}`);
    weightSpecs.push(...weights);
  }
  // Not as a list, of which TensorFlow.js reads weights wrongly whose bytes are in more than one.
  const weightData = new Uint8Array(Buffer.concat(contents)).buffer;
  return io.getModelArtifactsForJSON(json, () => Promise.resolve([weightSpecs, weightData]));
}

async function contentOf(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new TrainingWasmError(
      "MODEL_NOT_FOUND",
      `Expected ${what} in ${path}, but it cannot be read (${String(cause)}). Check the path, which is relative to ${process.cwd()}.`,
      { cause },
    );
  }
}
