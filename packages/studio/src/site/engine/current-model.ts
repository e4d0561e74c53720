// The model that the page classifies with.

import {
  Classifier,
  PictureClassifier,
  type AttentionMap,
  type Backend,
  type ClassProbability,
  type LoadedModel,
  type PictureOptions,
  type PreparedPicture,
  type Unusable,
  type ViewCount,
} from "@silhouette/trainer/browser";
import { transfer } from "comlink";

import { decoded, pixelsOf, reduced } from "./decode.ts";
import { firstFilters, type Filters } from "./first-filters.ts";
import { levelPixels } from "./level-pixels.ts";
import type { ModelSource } from "./model-sources.ts";
import { StudioError } from "../../problem.ts";

/** What the page knows of a model. */
export interface ModelFacts {
  /** What the page calls it. */
  readonly name: string;
  /** Names of its classes. */
  readonly labels: readonly string[];
  /** Size in pixels at which its network sees pictures. */
  readonly width: number;
  readonly height: number;
  /** How many thresholds divide gray levels into what its network sees; none if it sees gray levels or colors. */
  readonly thresholds: number;
  /** Whether its network sees colors. */
  readonly hasColors: boolean;
  /** Number of views of a picture that it answers by. */
  readonly views: ViewCount;
  /** Whether it may answer that a picture is of none of its classes. */
  readonly isCalibrated: boolean;
  /** Number of pictures that it was trained on. */
  readonly trainedOn: number;
}

/** What a model answers for a picture. */
export interface Answer {
  /** All classes, the most probable first. */
  readonly classes: readonly ClassProbability[];
  /** Whether the picture is probably of none of them. */
  readonly noneOfThese: boolean;
  /** The thresholds by which the network saw it; none if it sees gray levels or colors. */
  readonly thresholds: readonly number[];
  /** Number of views that the answer is the mean of. */
  readonly views: number;
  /** Where the network found the most probable class; null unless asked for, and for a network that has no such map. */
  readonly attention: AttentionMap | null;
  /** Times in milliseconds. */
  readonly milliseconds: Times;
}

/** Times in milliseconds. */
export interface Times {
  /** From the file or frame to pixels; 0 if they were kept. */
  readonly decoding: number;
  /** From pixels to what the network sees. */
  readonly preprocessing: number;
  /** From there to probabilities. */
  readonly network: number;
  /** From there to attention. */
  readonly attention: number;
}

/** An answer with small pictures, for an overview. */
export interface Glance extends Answer {
  /** The photograph, as the `data:` URL of a JPEG: a page can show many of them at once, which takes longer with URLs of blobs. */
  readonly thumbnail: string;
  /** What the network saw, as the `data:` URL of a PNG. */
  readonly seen: string;
}

/** An answer with everything it comes from, of a picture that can be answered for again. */
export interface Opened extends Answer {
  /** Number of the picture, for {@link CurrentModel.answerAgain}. */
  readonly picture: number;
  /** The photograph, reduced. */
  readonly photograph: ImageBitmap;
  /** Size of the photograph in pixels. */
  readonly width: number;
  readonly height: number;
  /** `[height, width]` gray levels at the network's size. */
  readonly levels: Uint8Array;
  /** `[256]`: number of pixels of each level. */
  readonly histogram: Uint32Array;
  /** Thresholds by Otsu's method. */
  readonly otsu: readonly number[];
}

/** An answer for a frame of a camera. */
export interface FrameAnswer extends Answer {
  /** `[height, width]` gray levels at the network's size. */
  readonly levels: Uint8Array;
}

/** Longer side of a thumbnail, in pixels: twice its size on screen. */
const THUMBNAIL_SIDE = 256;

/** Longer side of a photograph in detail. */
const PHOTOGRAPH_SIDE = 1280;

/** A model in use. Dispose of it after use. */
export class CurrentModel {
  readonly facts: ModelFacts;
  /** Where it comes from. */
  readonly source: ModelSource;
  readonly #classifier: PictureClassifier;
  readonly #network: LoadedModel["network"];
  #isDisposed = false;
  #opened: { readonly picture: number; readonly prepared: PreparedPicture } | undefined;

  private constructor(source: ModelSource, classifier: PictureClassifier, network: LoadedModel["network"]) {
    const { labels, pixelFormat, input, views, calibration, provenance } = classifier.description;
    this.facts = {
      name: source.name,
      labels,
      ...classifier.size,
      thresholds: { otsu: 1, levels: 2, gray: 0, rgb: 0 }[input],
      hasColors: pixelFormat === "rgb8",
      views,
      isCalibrated: calibration !== null,
      trainedOn: provenance.trainedOn.pictures,
    };
    this.source = source;
    this.#classifier = classifier;
    this.#network = network;
  }

  /** Takes over the model of a source. */
  static async of(source: ModelSource, { network, description }: LoadedModel, backend: Backend): Promise<CurrentModel> {
    try {
      const classifier = await PictureClassifier.of(new Classifier(network, backend), description);
      return new CurrentModel(source, classifier, network);
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /** Answers for a photograph, with small pictures. */
  async glance(file: Blob): Promise<Glance | Unusable> {
    return this.#withBitmap(file, async (bitmap, decoding) => {
      const found = this.#answer(bitmap, { decoding });
      if ("unusable" in found) return found;
      const { prepared, answer } = found;
      const { width, height } = this.facts;
      const seen = new OffscreenCanvas(width, height);
      const pixels = levelPixels(prepared.levels, answer.thresholds);
      seen.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
      const [thumbnail, png] = await Promise.all([
        dataUrl(reduced(bitmap, THUMBNAIL_SIDE), { type: "image/jpeg", quality: 0.85 }),
        dataUrl(seen, { type: "image/png" }),
      ]);
      return { ...answer, thumbnail, seen: png };
    });
  }

  /** Answers for a photograph, with all it comes from, and keeps its levels until another one is opened. */
  async open(picture: number, file: Blob): Promise<Opened | Unusable> {
    return this.#withBitmap(file, (bitmap, decoding) => {
      const found = this.#answer(bitmap, { decoding, attention: true });
      if ("unusable" in found) return found;
      const { prepared, answer } = found;
      this.#opened = { picture, prepared };
      const { width, height } = bitmap;
      const photograph = reduced(bitmap, PHOTOGRAPH_SIDE).transferToImageBitmap();
      const { levels, histogram, thresholds: otsu } = prepared;
      return transfer({ ...answer, picture, photograph, width, height, levels, histogram, otsu }, [photograph]);
    });
  }

  /**
   * Answers again for the picture that is open; undefined if another one is.
   *
   * @param threshold level above which pixels are white; Otsu's by default
   */
  answerAgain(picture: number, threshold: number | undefined): Answer | undefined {
    if (this.#opened?.picture !== picture) return undefined;
    const { prepared } = this.#opened;
    const options = { attention: true, ...(threshold !== undefined && { threshold }) };
    return answerOf(this.#classifier, prepared, { decoding: 0, preprocessing: 0 }, options);
  }

  /** Answers for a frame, which is closed. */
  answerFrame(frame: ImageBitmap, options: PictureOptions): FrameAnswer | Unusable {
    try {
      const found = this.#answer(frame, { decoding: 0, ...options });
      if ("unusable" in found) return found;
      const { levels } = found.prepared;
      return transfer({ ...found.answer, levels }, [levels.buffer as ArrayBuffer]);
    } finally {
      frame.close();
    }
  }

  /** Filters of its first convolution; undefined if it begins with something else. */
  filters(): Filters | undefined {
    return firstFilters(this.#network);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#network.dispose();
  }

  async #withBitmap<Result>(
    file: Blob,
    use: (bitmap: ImageBitmap, decodingMs: number) => Result | Promise<Result>,
  ): Promise<Result | Unusable> {
    const begin = performance.now();
    const bitmap = await decoded(file);
    if ("unusable" in bitmap) return bitmap;
    try {
      if (this.#isDisposed) {
        throw new StudioError("NO_MODEL", "Expected a model, but it has been replaced", "Classify the picture again.");
      }
      return await use(bitmap, performance.now() - begin);
    } finally {
      bitmap.close();
    }
  }

  #answer(
    bitmap: ImageBitmap,
    { decoding, ...options }: PictureOptions & { readonly decoding: number },
  ): { readonly prepared: PreparedPicture; readonly answer: Answer } | Unusable {
    const begin = performance.now();
    const pixels = pixelsOf(bitmap);
    if ("unusable" in pixels) return pixels;
    const read = performance.now();
    const prepared = this.#classifier.prepare(pixels);
    if ("unusable" in prepared) return prepared;
    const times = { decoding: decoding + read - begin, preprocessing: prepared.preparationMs };
    return { prepared, answer: answerOf(this.#classifier, prepared, times, options) };
  }
}

/** A canvas as a `data:` URL. */
async function dataUrl(canvas: OffscreenCanvas, options: ImageEncodeOptions): Promise<string> {
  const blob = await canvas.convertToBlob(options);
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result as string));
    reader.addEventListener("error", () => reject(reader.error ?? new Error("A picture could not be encoded")));
    reader.readAsDataURL(blob);
  });
}

/** The answer for a prepared picture, as messages have it. */
function answerOf(
  classifier: PictureClassifier,
  prepared: PreparedPicture,
  { decoding, preprocessing }: Pick<Times, "decoding" | "preprocessing">,
  options: PictureOptions,
): Answer {
  const { classes, noneOfThese, thresholds, views, attention, milliseconds } = classifier.answer(prepared, options);
  const { network, attention: attending } = milliseconds;
  const times = { decoding, preprocessing: preprocessing + milliseconds.views, network, attention: attending };
  return { classes, noneOfThese, thresholds, views, attention, milliseconds: times };
}
