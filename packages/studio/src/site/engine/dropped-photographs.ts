// Class folders that were given to the page, found as `silhouette train` finds them.

import { findAnyPhotographs, GivenFiles, type Ignored, type Skip } from "@silhouette/trainer/browser";

import type { HandedFile, HandedFiles, HandedPhotograph } from "./handed-files.ts";

/** What was found. */
export interface FoundPhotographs {
  readonly photographs: readonly HandedPhotograph[];
  readonly skips: readonly Skip[];
  readonly ignored: readonly Ignored[];
  /** Decisions that might not be what was intended, each as a sentence without its full stop. */
  readonly notes: readonly string[];
}

/**
 * Finds the photographs among files. Folder names are the classes; the only top folder, if it has folders, is that of all
 * photographs.
 *
 * @throws {TrainerError} `NO_CLASSES`, `LAYOUT_MIXED`
 */
export async function photographsAmong(files: readonly HandedFile[], handed: HandedFiles): Promise<FoundPhotographs> {
  const numbers = new Map(files.map(({ number }) => [handed.at(number), number]));
  const tree = new GivenFiles(
    withoutTop(files).map(({ path, number }) => ({ path, content: handed.at(number) })),
    "what was dropped",
  );
  const { photographs, skips, ignored, notes } = await findAnyPhotographs(tree, tree.folder, {});
  return {
    photographs: [...photographs].flatMap(({ path, label, split, file }) => {
      const content = tree.contentOf(file);
      const number = content && numbers.get(content);
      return number === undefined ? [] : [{ path, label, split, number }];
    }),
    skips,
    ignored,
    notes,
  };
}

/** The files as they are called within the only top folder, if there are folders in it. */
function withoutTop(files: readonly HandedFile[]): readonly HandedFile[] {
  const tops = new Set(files.map(({ path }) => path.slice(0, path.indexOf("/") + 1)));
  const [top = "", ...others] = tops;
  if (top === "" || others.length > 0) return files;
  const inner = files.map(({ path, number }) => ({ path: path.slice(top.length), number }));
  return inner.some(({ path }) => path.includes("/")) ? inner : files;
}
