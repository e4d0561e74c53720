// Class folders that were dropped on the page, found as `silhouette train` finds them.

import { findAnyPhotographs, GivenFiles, type Ignored, type Skip, type Split } from "@silhouette/trainer/browser";

import type { ChosenFile } from "./chosen-file.ts";

/** A photograph with its class. */
export interface FoundPhotograph {
  /** Path relative to the folder of photographs, with `/`. */
  readonly path: string;
  readonly label: string;
  /** Its split, if its folder defines it. */
  readonly split: Split | undefined;
  readonly file: File;
}

/** What was found. */
export interface FoundPhotographs {
  readonly photographs: readonly FoundPhotograph[];
  readonly skips: readonly Skip[];
  readonly ignored: readonly Ignored[];
  /** Decisions that might not be what was intended, each as a sentence without its full stop. */
  readonly notes: readonly string[];
}

/**
 * Finds the photographs among dropped files. Folder names are the classes; the only dropped folder, if it has folders, is that of all
 * photographs.
 *
 * @throws {TrainerError} `NO_CLASSES`, `LAYOUT_MIXED`
 */
export async function photographsAmong(files: readonly ChosenFile[]): Promise<FoundPhotographs> {
  const tree = new GivenFiles(
    withoutTop(files).map(({ path, file }) => ({ path, content: file })),
    "what was dropped",
  );
  const { photographs, skips, ignored, notes } = await findAnyPhotographs(tree, tree.folder, {});
  return {
    photographs: photographs.flatMap(({ path, label, split, file }) => {
      const content = tree.contentOf(file);
      return content === undefined ? [] : [{ path, label, split, file: content }];
    }),
    skips,
    ignored,
    notes,
  };
}

/** The files as they are called within the only top folder, if there are folders in it. */
function withoutTop(files: readonly ChosenFile[]): readonly ChosenFile[] {
  const tops = new Set(files.map(({ path }) => path.slice(0, path.indexOf("/") + 1)));
  const [top = "", ...others] = tops;
  if (top === "" || others.length > 0) return files;
  const inner = files.map(({ path, file }) => ({ path: path.slice(top.length), file }));
  return inner.some(({ path }) => path.includes("/")) ? inner : files;
}
