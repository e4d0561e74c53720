// The peer opencv-js: OpenCV compiled to WebAssembly, without SIMD. In: a picture. Out: a mask and the threshold,
// nearly those of the other peers; INTER_LINEAR is not antialiased, INTER_AREA takes means of boxes.

import type { Picture } from "@silhouette/preprocess-wasm";

import { loadPackage } from "../../measure/installed-package.ts";

/** OpenCV's names of two ways to resize. */
export type Interpolation = "INTER_LINEAR" | "INTER_AREA";

/** Pixels in OpenCV's memory. */
interface Mat {
  /** A view of that memory, made anew each time. */
  readonly data: Uint8Array;
}

/** The part of the package that is used. */
interface OpenCv extends Readonly<Record<Interpolation, number>> {
  readonly Mat: new (rows?: number, columns?: number, type?: number) => Mat;
  readonly Size: new (width: number, height: number) => object;
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly CV_8UC4: number;
  readonly COLOR_RGB2GRAY: number;
  readonly COLOR_RGBA2GRAY: number;
  readonly THRESH_BINARY: number;
  readonly THRESH_OTSU: number;
  cvtColor(source: Mat, target: Mat, code: number): void;
  resize(source: Mat, target: Mat, size: object, xScale: number, yScale: number, interpolation: number): void;
  threshold(source: Mat, target: Mat, threshold: number, above: number, type: number): number;
}

/** One output size for pictures of one size: all memory is made once. */
export class OpenCvJsPeer {
  readonly #cv: OpenCv;
  readonly #interpolation: Interpolation;
  readonly #pixels: number;
  readonly #size: object;
  readonly #gray: Mat;
  readonly #resized: Mat;
  readonly #mask: Mat;
  #source: Mat | undefined;

  private constructor(cv: OpenCv, interpolation: Interpolation, width: number, height: number) {
    this.#cv = cv;
    this.#interpolation = interpolation;
    this.#pixels = width * height;
    this.#size = new cv.Size(width, height);
    this.#gray = new cv.Mat();
    this.#resized = new cv.Mat();
    this.#mask = new cv.Mat();
  }

  /** @throws {BenchError} `NOT_INSTALLED` */
  static async create(interpolation: Interpolation, width: number, height: number): Promise<OpenCvJsPeer> {
    const cv = (await loadPackage("@techstark/opencv-js")) as OpenCv;
    return new OpenCvJsPeer(cv, interpolation, width, height);
  }

  /** Gray, resize, Otsu, 0 or 1 a pixel into `mask` (width * height bytes). Returns the threshold. */
  binarize({ data, width, height, channels }: Picture, mask: Uint8Array): number {
    const cv = this.#cv;
    const type = { 1: cv.CV_8UC1, 3: cv.CV_8UC3, 4: cv.CV_8UC4 }[channels];
    this.#source ??= new cv.Mat(height, width, type);
    this.#source.data.set(data);
    const levels = this.#levels(this.#source, width * height, channels);
    const threshold = cv.threshold(levels, this.#mask, 0, 1, cv.THRESH_BINARY + cv.THRESH_OTSU);
    mask.set(this.#mask.data);
    return threshold;
  }

  #levels(source: Mat, sourcePixels: number, channels: Picture["channels"]): Mat {
    const cv = this.#cv;
    const resize = (from: Mat): void => cv.resize(from, this.#resized, this.#size, 0, 0, cv[this.#interpolation]);
    if (channels === 1) {
      resize(source);
      return this.#resized;
    }
    const code = channels === 3 ? cv.COLOR_RGB2GRAY : cv.COLOR_RGBA2GRAY;
    if (resizesFirst(this.#interpolation, sourcePixels, this.#pixels)) {
      resize(source);
      cv.cvtColor(this.#resized, this.#gray, code);
      return this.#gray;
    }
    cv.cvtColor(source, this.#gray, code);
    resize(this.#gray);
    return this.#resized;
  }
}

/**
 * Whether gray is faster after the resize: INTER_LINEAR looks at four pixels for each of the output, and leaves the
 * others of a large picture alone. As in ../peers/opencv.py.
 */
function resizesFirst(interpolation: Interpolation, sourcePixels: number, targetPixels: number): boolean {
  return interpolation === "INTER_LINEAR" && sourcePixels > 4 * targetPixels;
}
