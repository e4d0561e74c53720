// Where models come from: a folder that the page's server has, such as the example's or that of the run that the studio was started with;
// files that were chosen; a run in this browser; the page itself, if it is a predictor.

import { decodeModel, type LoadedModel } from "@silhouette/trainer/browser";

import type { ChosenFile } from "./chosen-file.ts";
import { StudioError } from "../../problem.ts";

/** Where a model comes from. */
export type ModelSource = ServedModel | ChosenModel | StoredModel | EmbeddedModel;

/** A folder with `model.json` on the page's server. */
export interface ServedModel {
  /** What the page calls it. */
  readonly name: string;
  /** Address of the folder, with a slash at its end, relative to `base`. */
  readonly folder: string;
  /** Address of the page. */
  readonly base: string;
  /** Whether the folder is in that of a run, with its results and its dataset. Default: no. */
  readonly isRun?: boolean;
}

/** Files with `model.json` among them: those of a model, or of a run. */
export interface ChosenModel {
  /** What the page calls it. */
  readonly name: string;
  /** The files. */
  readonly files: readonly ChosenFile[];
}

/** A run in this browser. */
export interface StoredModel {
  /** What the page calls it. */
  readonly name: string;
  /** Name of the run. */
  readonly run: string;
}

/** A model in the page. */
export interface EmbeddedModel {
  /** What the page calls it. */
  readonly name: string;
  /** Content of `model.json`. */
  readonly json: string;
  /** Content of the weights file. */
  readonly weights: Uint8Array;
}

/** Name of a model's description. */
const MODEL_JSON = "model.json";

/** Reads a file beside `model.json`. */
type ReadFile = (name: string) => Promise<Blob | Response>;

/**
 * The model of a source. The caller disposes of its network.
 *
 * @throws {StudioError} `MODEL_NOT_FOUND`
 * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`
 */
export async function modelFrom(source: ServedModel | ChosenModel | EmbeddedModel): Promise<LoadedModel> {
  if ("json" in source) return decodeModel(source.json, () => source.weights, source.name);
  const read = "files" in source ? readerAmong(source.files) : readerAt(source);
  const json = await (await read(MODEL_JSON)).text();
  const bytes = async (name: string): Promise<Uint8Array> => new Uint8Array(await (await read(name)).arrayBuffer());
  return decodeModel(json, bytes, source.name);
}

/** Reads from the server. */
function readerAt({ folder, base }: ServedModel): ReadFile {
  return async (name) => {
    const url = new URL(name, new URL(folder, base));
    const response = await fetch(url).catch((cause: unknown) => {
      throw new StudioError(
        "MODEL_NOT_FOUND",
        `Expected a file at ${url.pathname}, but the server cannot be reached`,
        "Start the studio again, and reload the page.",
        { cause },
      );
    });
    if (response.ok) return response;
    throw new StudioError(
      "MODEL_NOT_FOUND",
      `Expected a file at ${url.pathname}, but the server answered ${response.status}`,
      "Reload the page. If it stays so, the run has no model yet, or the site is not complete: build it again.",
    );
  };
}

/** Reads from the folder of chosen files that has the model: of a run's, its model after the last epoch. */
function readerAmong(files: readonly ChosenFile[]): ReadFile {
  const [found] = files
    .map(({ path }) => path.split("/"))
    .filter((parts) => parts.at(-1) === MODEL_JSON)
    .toSorted((one, other) => rank(one) - rank(other));
  if (found === undefined) {
    throw new StudioError(
      "MODEL_NOT_FOUND",
      `Expected a ${MODEL_JSON} among the files, but there is none among ${files.length}`,
      "Open the folder of a run of silhouette train, or its folder model; or choose both of its files.",
    );
  }
  const folder = found.slice(0, -1);
  return async (name) => {
    const path = [...folder, name].join("/");
    const chosen = files.find((each) => each.path === path);
    if (chosen !== undefined) return chosen.file;
    throw new StudioError(
      "MODEL_NOT_FOUND",
      `Expected the weights ${name} beside ${MODEL_JSON}, but they are not among the files`,
      "Choose both files of the model, or open its folder.",
    );
  };
}

/** Of several models, that of the folder `model` comes first, then the one with the shortest path. */
function rank(parts: readonly string[]): number {
  return parts.length + (parts.at(-2) === "model" ? 0 : 1000);
}
