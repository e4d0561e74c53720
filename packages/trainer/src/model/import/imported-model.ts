// A model from a file of Keras 3 or TensorFlow.js. What this program exported brings its description; others are described by the caller.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import type { InputKind, PixelRange } from "../../dataset/input-kinds.ts";
import { Damage, TrainerError } from "../../values/errors.ts";
import { opened, textOf, type ReadFile } from "../../values/files.ts";
import { object, parseJson } from "../../values/json-shape.ts";
import { decodeModel, describedIn, mismatchOf } from "../codec.ts";
import { DESCRIPTION_KEY, type ModelDescription } from "../description.ts";
import { Inexpressible } from "../keras/settings.ts";
import { fitted, type ForeignModel } from "./foreign-network.ts";

/** What the file of another program does not say. */
export interface ImportSettings {
  /** Class names, in the order of the network's output. */
  readonly labels?: readonly string[] | undefined;
  /** What the network sees of pictures. */
  readonly input?: InputKind | undefined;
  /** The numbers that it expects from black to white. Default: `0..255`, as Keras loads pictures. */
  readonly range?: PixelRange | undefined;
}

/** A model from a file. The caller disposes of its network. */
export interface ImportedModel {
  /** `[batch, height, width, channels]` ─▶ `[batch, classes]` probabilities. */
  readonly network: LayersModel;
  /** What it is for. */
  readonly description: ModelDescription;
  /** The library that saved it, such as `Keras 3.15.1`. */
  readonly library: string;
}

/** Default of {@link ImportSettings.range}. */
const RANGE: PixelRange = "0..255";

/**
 * Reads a `.keras` file of Keras 3, or the `model.json` of a TensorFlow.js Layers model. Requires a started TensorFlow.js backend.
 *
 * @param file its name, which ends with `.keras` or `.json`
 * @param read reads it, and the files beside it that it names
 * @param settings for a file of another program
 * @param path of the file, used in error messages
 * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_DAMAGED`, `MODEL_VERSION`, `MODEL_PREPROCESSING`, `IMPORT_UNSUPPORTED`, `INVALID_ARGUMENT`
 */
export async function importedModel(
  file: string,
  read: ReadFile,
  settings: ImportSettings = {},
  path: string = file,
): Promise<ImportedModel> {
  const content = await opened(read, file);
  if (content.bytes === undefined) {
    throw new TrainerError(
      "MODEL_NOT_FOUND",
      `Expected a model at ${path}, but it ${content.reason}`,
      "Name a .keras file, or the model.json of a TensorFlow.js model.",
      { cause: content.cause },
    );
  }
  const { bytes } = content;
  try {
    return file.endsWith(".keras")
      ? await fromKeras(bytes, file, settings, path)
      : await fromTensorflowJs(bytes, file, read, settings, path);
  } catch (cause) {
    if (cause instanceof Damage) {
      const message = `Expected an intact model at ${path}, but ${cause.message}`;
      throw new TrainerError("MODEL_DAMAGED", message, "Copy it again from an intact original, or save it again.", {
        cause,
      });
    }
    if (!(cause instanceof Inexpressible)) throw cause;
    throw new TrainerError(
      "IMPORT_UNSUPPORTED",
      `Expected a Keras 3 or TensorFlow.js Layers model that can be trained here, but ${cause.message}`,
      "The guide to importing lists what can be imported. Rebuild it so in the library that saved it, and save it there again; of a graph model, import the Keras model that it was converted from.",
      { cause },
    );
  }
}

async function fromKeras(
  bytes: Uint8Array,
  file: string,
  settings: ImportSettings,
  path: string,
): Promise<ImportedModel> {
  const { decodeKeras, VERSION_KEY } = await import("../keras/model-file.ts");
  const { network, metadata } = await decodeKeras(bytes);
  const { [VERSION_KEY]: version } = metadata;
  const library = `Keras ${typeof version === "string" && /^\d[\w.]{0,30}$/.test(version) ? version : "3"}`;
  if (!Object.hasOwn(metadata, DESCRIPTION_KEY)) {
    return foreign(network, { file, library }, settings, path);
  }
  try {
    checkNothingSaid(settings, path);
    const content = object(metadata[DESCRIPTION_KEY], DESCRIPTION_KEY);
    const description = describedIn(content, path);
    const mismatch = mismatchOf(network, description);
    if (mismatch !== undefined) throw new Damage(mismatch);
    return { network, description, library };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

async function fromTensorflowJs(
  bytes: Uint8Array,
  file: string,
  read: ReadFile,
  settings: ImportSettings,
  path: string,
): Promise<ImportedModel> {
  const json = textOf(bytes);
  const value = object(parseJson(json), "");
  const { userDefinedMetadata: metadata } = value;
  const library = "TensorFlow.js";
  if (typeof metadata === "object" && metadata !== null && Object.hasOwn(metadata, DESCRIPTION_KEY)) {
    checkNothingSaid(settings, path);
    const weightsOf = async (name: string): Promise<Uint8Array> => {
      const weights = await opened(read, name);
      if (weights.bytes !== undefined) return weights.bytes;
      throw new Damage(`its weights ${name} ${weights.reason}`, { cause: weights.cause });
    };
    const { network, description } = await decodeModel(json, weightsOf, path);
    return { network, description, library };
  }
  const { decodeTensorflowJs } = await import("./tensorflow-js.ts");
  return foreign(await decodeTensorflowJs(value, read), { file, library }, settings, path);
}

/** A model without a description. Owns `network`. */
function foreign(
  network: LayersModel,
  origin: Pick<ForeignModel, "file" | "library">,
  { labels, input, range = RANGE }: ImportSettings,
  path: string,
): ImportedModel {
  if (labels === undefined || input === undefined) {
    network.dispose();
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected labels and an input for the model at ${path}, which silhouette has not exported, but received ${labels === undefined ? "no labels" : "no input"}`,
      "Name its classes in the order of its outputs (--labels a,b), what it sees of pictures (--input gray or rgb), and the range of its pixels, unless that is 0..255 (--range).",
    );
  }
  return { ...fitted(network, { ...origin, labels, input, range }), library: origin.library };
}

function checkNothingSaid(settings: ImportSettings, path: string): void {
  const first = Object.entries(settings).find(([, value]) => value !== undefined);
  if (first === undefined) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected no ${first[0]} for the model at ${path}, which silhouette has exported with its own, but received ${String(first[1])}`,
    "Import it without labels, input and range.",
  );
}
