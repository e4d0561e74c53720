// A run's model, loaded once to classify any number of pictures: decode ─▶ preprocess ─▶ views ─▶ probabilities.

import { fileURLToPath } from "node:url";

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { checkArgument, filePath, oneOf } from "../values/arguments.ts";
import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { computeOrExplain } from "../backend/out-of-memory.ts";
import { factsOf, type Backend, type BackendFacts } from "../backend/operations.ts";
import { startBackend } from "./backends/start.ts";
import type { Classifier } from "../network/classifier.ts";
import { decode } from "./photographs/decode.ts";
import { TrainerError } from "../values/errors.ts";
import type { Skip } from "../dataset/skip.ts";
import type { ModelDescription } from "../model/description.ts";
import { binarized, storedPixels } from "../dataset/binarized.ts";
import { networkInput, type NetworkInput } from "../dataset/network-input.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import { meanOf, viewsOf, type View } from "../dataset/view.ts";
import { pictureTensor } from "../network/batch.ts";
import { runPaths } from "./files/run-folder.ts";
import { loadUsableModel } from "./usable-model.ts";

/** A picture: the path or `file:` URL of a file, or the content of one. */
export type PictureSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** A class and its probability. */
export interface ClassProbability {
  /** A class of the model. */
  readonly label: string;
  /** 0 to 1; the probabilities of all classes add up to 1. */
  readonly probability: number;
}

/** What a picture is classified as, or why it could not be. */
export type Classification =
  | {
      /** All classes, the most probable first. */
      readonly classes: readonly ClassProbability[];
    }
  | {
      /** Why the picture could not be used. */
      readonly unusable: Pick<Skip, "code" | "message">;
    };

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
  readonly #classifier: Classifier;
  readonly #preprocessor: Preprocessor;
  readonly #input: NetworkInput;
  #isDisposed = false;

  private constructor(
    description: ModelDescription,
    backend: Backend,
    classifier: Classifier,
    preprocessor: Preprocessor,
    input: NetworkInput,
  ) {
    this.description = description;
    this.backend = factsOf(backend);
    this.#classifier = classifier;
    this.#preprocessor = preprocessor;
    this.#input = input;
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
    const { width, height } = description;
    try {
      await initPreprocessor();
      const input = await networkInput(description, description.input);
      return new Predictor(description, backend, classifier, new Preprocessor({ width, height }), input);
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
    const made = decoded.picture === undefined ? decoded : binarized(this.#preprocessor, decoded.picture);
    if ("code" in made) return { unusable: { code: made.code, message: made.message } };
    const { labels, views, pixelFormat } = this.description;
    const pixels = storedPixels(made, pixelFormat);
    const probabilities = meanOf(viewsOf(views).map((view) => this.#probabilities(pixels, view)));
    const classes = labels.map((label, index) => ({ label, probability: probabilities[index] ?? 0 }));
    return { classes: classes.toSorted((a, b) => b.probability - a.probability) };
  }

  #probabilities(pixels: Uint8Array, view: View): Float32Array {
    const { width, height, channels } = this.#input;
    const seen = new Uint8Array(width * height * channels);
    this.#input.write(pixels, view, seen);
    const picture = pictureTensor(this.#input, seen);
    try {
      return computeOrExplain(() => this.#classifier.probabilities(picture));
    } finally {
      picture.dispose();
    }
  }

  /** Frees the model. The predictor cannot be used afterwards; further calls do nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#classifier.network.dispose();
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
