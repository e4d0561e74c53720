// A run's model, loaded once to classify any number of pictures: decode ─▶ classify.

import { fileURLToPath } from "node:url";

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { checkArgument, filePath, oneOf } from "../values/arguments.ts";
import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { factsOf, type Backend, type BackendFacts } from "../backend/operations.ts";
import { startBackend } from "./backends/start.ts";
import { decode } from "./photographs/decode.ts";
import { TrainerError } from "../values/errors.ts";
import type { ModelDescription } from "../model/description.ts";
import { PictureClassifier, type Classification } from "../model/picture-classifier.ts";
import { runPaths } from "./files/run-folder.ts";
import { loadUsableModel } from "./usable-model.ts";

/** A picture: the path or `file:` URL of a file, or the content of one. */
export type PictureSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/**
 * A trained model that classifies pictures. Call {@link Predictor.dispose} to free it.
 *
 * @example
 * import { Predictor } from "@silhouette/trainer";
 *
 * const predictor = await Predictor.load("runs/photos");
 * const classification = await predictor.classify("street.jpg");
 * if ("classes" in classification) console.log(classification.classes[0]);
 * predictor.dispose();
 */
export class Predictor {
  /** The model's classes, and how its pictures are preprocessed. */
  readonly description: ModelDescription;
  /** The backend that it runs on. */
  readonly backend: BackendFacts;
  readonly #classifier: PictureClassifier;
  readonly #network: LayersModel;
  #isDisposed = false;

  private constructor(backend: Backend, classifier: PictureClassifier, network: LayersModel) {
    this.description = classifier.description;
    this.backend = factsOf(backend);
    this.#classifier = classifier;
    this.#network = network;
  }

  /**
   * Loads the model of the run folder `run`.
   *
   * @param run the run folder
   * @param choice the backend
   * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`,
   * `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`
   */
  static async load(run: string, choice: BackendChoice = "auto"): Promise<Predictor> {
    checkArgument("Predictor.load()", "run", filePath, run);
    checkArgument("Predictor.load()", "choice", oneOf(BACKEND_CHOICES), choice);
    const backend = await startBackend(choice);
    const { classifier, description } = await loadUsableModel(runPaths(run).model, backend);
    try {
      return new Predictor(backend, await PictureClassifier.of(classifier, description), classifier.network);
    } catch (error) {
      classifier.network.dispose();
      throw error;
    }
  }

  /**
   * Classifies a picture: JPEG, PNG, WebP, GIF, TIFF or AVIF. May be called concurrently: pictures are decoded in parallel.
   * Any problem with the picture is returned as the result.
   *
   * @param picture the path or `file:` URL of a file, or the content of one
   * @throws {TrainerError} `INVALID_ARGUMENT` for anything else, and after {@link Predictor.dispose}; `BATCH_TOO_LARGE` or
   * `MACHINE_EXHAUSTED` if there is not enough memory
   */
  async classify(picture: PictureSource): Promise<Classification> {
    const source = await sourceOf(picture);
    const decoded = await decode(source);
    if (this.#isDisposed) throw disposed();
    if (decoded.picture !== undefined) return this.#classifier.classify(decoded.picture);
    return { unusable: { code: decoded.code, message: decoded.message } };
  }

  /** Frees the model. The predictor cannot be used afterwards; further calls do nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#network.dispose();
  }
}

/** Converts a picture argument to what `decode` accepts. */
async function sourceOf(picture: unknown): Promise<string | Uint8Array> {
  if (isFileUrl(picture)) {
    const path = pathOf(picture);
    if (path !== undefined) return path;
  } else if (typeof picture === "string" && picture !== "" && !picture.includes("\0")) return picture;
  if (picture instanceof Uint8Array) return picture;
  if (picture instanceof ArrayBuffer) return new Uint8Array(picture);
  if (picture instanceof Blob) return new Uint8Array(await picture.arrayBuffer());
  const received =
    typeof picture === "object" && picture !== null
      ? picture instanceof URL
        ? picture.href
        : "an object"
      : typeof picture === "string"
        ? JSON.stringify(picture)
        : String(picture);
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected a picture as the path or file: URL of a file, or as its content in a Uint8Array, ArrayBuffer or Blob, but received ${received}`,
    "Read or download the picture first, and pass its bytes.",
  );
}

function isFileUrl(picture: unknown): picture is string | URL {
  return picture instanceof URL
    ? picture.protocol === "file:"
    : typeof picture === "string" && /^file:\/\//i.test(picture);
}

/** Undefined for a file on another machine. */
function pathOf(url: string | URL): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function disposed(): TrainerError {
  return new TrainerError(
    "INVALID_ARGUMENT",
    "Expected a usable predictor, but it has been disposed",
    "Load it again with Predictor.load, and dispose it after the last picture.",
  );
}
