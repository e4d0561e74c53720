// The pictures of the overview, which the worker classifies in the background.

import type { Glance } from "../../engine/current-model.ts";
import type { ChosenFile } from "../../engine/chosen-file.ts";
import { problemOf } from "../../../problem.ts";
import type { ClassifierLink } from "./classifier-link.ts";

/** A picture of the overview. */
export interface ListedPicture {
  /** Different for all pictures of a page. */
  readonly id: number;
  /** Where it was in what was chosen. */
  readonly path: string;
  /** Its content. */
  readonly file: Blob;
  /** Its answer, or why there is none; undefined until it has been computed. */
  readonly result: Glance | { readonly message: string } | undefined;
}

/** Pictures in the worker at the same time: while one is computed, the browser decodes the next. */
const AT_ONCE = 2;

/** Time between updates of the page, in milliseconds. */
const UPDATE_MS = 120;

let lastId = 0;

/** Classifies pictures one after the other. */
export class PictureQueue {
  readonly #engine: ClassifierLink;
  readonly #onChange: (pictures: readonly ListedPicture[]) => void;
  #pictures: ListedPicture[] = [];
  /** Whether there is a model. */
  #isReady = false;
  #next = 0;
  #running = 0;
  /** Results of earlier generations are dropped. */
  #generation = 0;
  #update: ReturnType<typeof setTimeout> | undefined;

  constructor(engine: ClassifierLink, onChange: (pictures: readonly ListedPicture[]) => void) {
    this.#engine = engine;
    this.#onChange = onChange;
  }

  /** Adds pictures. @returns the id of the first */
  add(files: readonly ChosenFile[]): number | undefined {
    const added = files.map(({ path, file }) => ({ id: ++lastId, path, file, result: undefined }));
    this.#pictures.push(...added);
    this.#show();
    this.#run();
    return added[0]?.id;
  }

  /** Removes all pictures. */
  clear(): void {
    this.#pictures = [];
    this.#reset();
  }

  /** Waits until there is a model. */
  pause(): void {
    this.#isReady = false;
    this.#reset();
  }

  /** Classifies all pictures, by a model that is new. */
  restart(): void {
    this.#isReady = true;
    this.#pictures = this.#pictures.map((picture) => ({ ...picture, result: undefined }));
    this.#reset();
  }

  /** Begins with the first picture; results that are still awaited are dropped. */
  #reset(): void {
    this.#generation++;
    this.#next = 0;
    this.#running = 0;
    this.#show();
    this.#run();
  }

  #run(): void {
    while (this.#isReady && this.#running < AT_ONCE && this.#next < this.#pictures.length) {
      this.#running++;
      void this.#work(this.#generation);
    }
  }

  async #work(generation: number): Promise<void> {
    while (generation === this.#generation) {
      const at = this.#next++;
      const picture = this.#pictures[at];
      if (picture === undefined) {
        this.#next--;
        this.#running--;
        return;
      }
      const result = await this.#engine.glance(picture.file).then(
        (found) => ("unusable" in found ? { message: found.unusable.message } : found),
        (error: unknown) => ({ message: `could not be classified: ${problemOf(error).message}` }),
      );
      if (generation !== this.#generation) return;
      this.#pictures[at] = { ...picture, result };
      this.#update ??= setTimeout(() => this.#show(), UPDATE_MS);
    }
  }

  #show(): void {
    clearTimeout(this.#update);
    this.#update = undefined;
    this.#onChange([...this.#pictures]);
  }
}
