// Finds the photographs of a tree of folders, with label and split: folder names are the classes. Decodes no pictures.

import { TrainerError } from "../../values/errors.ts";
import { labelList } from "../../values/label-list.ts";
import type { Skip } from "../skip.ts";
import type { Split } from "../split.ts";
import { byCodeUnits, composed, PICTURE_EXTENSIONS, type FileTree, type Listing } from "./file-tree.ts";
import { IgnoredTally, type Ignored } from "./ignored.ts";
import { layoutOf, type ClassFolder } from "./layout.ts";
import { Photographs, type FolderOfPhotographs, type Photograph } from "./photographs.ts";

/** What was found. */
export interface Discovery {
  /** Whether folders define splits: `classes` for `<class>/*`, `splits` for `<split>/<class>/*` and `<class>/<split>/*`. */
  readonly layout: "classes" | "splits";
  /** The splits that are drawn: all, none, or train and test from the training pictures if there is no test folder. */
  readonly drawn: readonly Split[];
  /** Class names; the index of a class is its index in one-hot labels. */
  readonly labels: readonly string[];
  /** Sorted by path. */
  readonly photographs: Photographs;
  /** Links, folders and pictures that are skipped, sorted by path. */
  readonly skips: readonly Skip[];
  /** What the folder holds besides pictures, by kind, the most frequent first. */
  readonly ignored: readonly Ignored[];
  /** Decisions that might not be what was intended, each as a sentence without its full stop. */
  readonly notes: readonly string[];
}

/** Options for finding photographs. */
export interface DiscoverOptions {
  /** All class names, in the order of their one-hot labels. Default: sorted by code units. */
  readonly labels?: readonly string[] | undefined;
  /** Aborts the search, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the photographs to learn from in `folder`, including those in subfolders of class folders.
 *
 * @throws {TrainerError} what the tree throws; `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`, `LAYOUT_MIXED`, `LABELS_MISMATCH`
 */
export async function findPhotographs(tree: FileTree, folder: string, options: DiscoverOptions): Promise<Discovery> {
  const found = await find(tree, folder, options, true);
  checkLearnable(folder, found);
  return found;
}

/**
 * {@link findPhotographs} for pictures that are not for training: a single class, empty classes, and splits without training
 * pictures are allowed.
 *
 * @throws {TrainerError} as {@link findPhotographs}, but neither `ONE_CLASS` nor `EMPTY_CLASS`
 */
export async function findAnyPhotographs(tree: FileTree, folder: string, options: DiscoverOptions): Promise<Discovery> {
  return find(tree, folder, options, false);
}

async function find(tree: FileTree, folder: string, options: DiscoverOptions, toLearn: boolean): Promise<Discovery> {
  const { layout, drawn, classes, notes, skips, ignored, above } = await layoutOf(
    tree,
    folder,
    options.signal,
    toLearn,
  );
  const found: Findings = {
    tree,
    above,
    classes: new Set(),
    folders: [],
    skips: [...skips],
    ignored: new IgnoredTally(),
    signal: options.signal,
  };
  for (const each of ignored) found.ignored.add(each);
  for (const each of classes) await collectClass(each, found);

  const names = [...found.classes].toSorted(byCodeUnits);
  if (names.length === 0) {
    throw new TrainerError("NO_CLASSES", `Expected class folders in ${folder}, but it has none`, CLASS_FOLDERS);
  }
  const photographs = unique(found);
  return {
    layout,
    drawn,
    labels: options.labels === undefined ? names : matched(options.labels, names, folder),
    photographs,
    skips: found.skips.toSorted((a, b) => byCodeUnits(a.path, b.path)),
    ignored: found.ignored.kinds,
    notes,
  };
}

/** Pictures without classes. */
export interface PicturesBelow {
  /** Sorted by path. */
  readonly photographs: Photographs;
  readonly skips: readonly Skip[];
  /** What the folder holds besides pictures, by kind. */
  readonly ignored: readonly Ignored[];
}

/**
 * All pictures below `folder`, whatever their classes. Their paths begin with `folder`.
 *
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`
 */
export async function picturesBelow(tree: FileTree, folder: string, signal?: AbortSignal): Promise<PicturesBelow> {
  const listing = await tree.list(folder, `${folder}/`, signal);
  const ignored = new IgnoredTally();
  const found: Findings = { tree, above: new Set(), classes: new Set(), folders: [], skips: [], ignored, signal };
  await collect(folder, folder, listing, new Set(), found, { label: "", split: undefined });
  return { photographs: unique(found), skips: found.skips, ignored: ignored.kinds };
}

interface Findings {
  readonly tree: FileTree;
  /** Real paths of the folders above the classes. */
  readonly above: ReadonlySet<string>;
  readonly classes: Set<string>;
  readonly folders: FolderOfPhotographs[];
  readonly skips: Skip[];
  readonly ignored: IgnoredTally;
  readonly signal: AbortSignal | undefined;
}

/** Adds a class folder with all pictures below it. */
async function collectClass({ directory, path, name, split, listing }: ClassFolder, found: Findings): Promise<void> {
  const label = composed(name);
  // A class never reads a folder twice, nor any above the classes, so circular links cannot cause an endless loop.
  const isTaken = await collect(directory, path, listing, new Set(found.above), found, { label, split });
  if (isTaken) found.classes.add(label);
}

/**
 * Adds all pictures below `directory`, whose path is `path`, unless it is in `read` already.
 *
 * @returns whether they were added
 */
async function collect(
  directory: string,
  path: string,
  listing: Listing,
  read: Set<string>,
  found: Findings,
  kind: Pick<Photograph, "label" | "split">,
): Promise<boolean> {
  found.signal?.throwIfAborted();
  if (read.has(listing.real)) {
    found.skips.push({
      path: composed(path),
      code: "LINK_BROKEN",
      message: "is a link to a folder that has already been read",
    });
    return false;
  }
  read.add(listing.real);
  for (const skip of listing.skips) found.skips.push(skip);
  for (const each of listing.ignored) found.ignored.add(each);
  const { pictures: names } = listing;
  if (names.length > 0) {
    found.folders.push({ ...kind, path, names, fileOf: (name) => found.tree.inner(directory, name) });
  }
  for (const name of listing.folders) {
    const [inner, innerPath] = [found.tree.inner(directory, name), `${path}/${name}`];
    await collect(inner, innerPath, await found.tree.list(inner, `${innerPath}/`, found.signal), read, found, kind);
  }
  return true;
}

/** The photographs, sorted by path; of two with the same path, the one whose file sorts first. */
function unique({ folders, skips }: Findings): Photographs {
  let before: string | undefined;
  return Photographs.of(folders).filter(({ path }) => {
    const isFirst = path !== before;
    before = path;
    if (!isFirst) {
      skips.push({
        path,
        code: "NAME_TWICE",
        message: "has the name of another file, apart from how accents are encoded",
      });
    }
    return isFirst;
  });
}

/** The expected folder layout. */
const CLASS_FOLDERS =
  "Put the photographs of each class into a folder of its own: <folder>/car/*.jpg, <folder>/bus/*.jpg and so on, or " +
  "<folder>/train/car/*.jpg and so on.";

/** Checks that there are several classes, each with training pictures. */
function checkLearnable(folder: string, { labels, photographs, skips }: Discovery): void {
  if (labels.length === 1) {
    const message = `Expected at least two class folders in ${folder}, but found only ${labels.join()}`;
    throw new TrainerError("ONE_CLASS", message, CLASS_FOLDERS);
  }
  const filled = new Set<string>();
  for (const { label, split } of photographs) if (split === undefined || split === "train") filled.add(label);
  const empty = labels.toSorted(byCodeUnits).filter((name) => !filled.has(name));
  if (empty.length > 0) {
    const expected = `Expected training photographs (${PICTURE_EXTENSIONS.join(" ")}) for every class in ${folder}`;
    const message = `${expected}, but found none for ${empty.join(", ")}`;
    const unread = skips.find(
      ({ path, code }) => code === "FORMAT_NOT_READ" && empty.includes(path.split("/").at(-2) ?? ""),
    );
    if (unread !== undefined) {
      const remedy = "Convert the pictures, add others, or move the folder elsewhere.";
      throw new TrainerError("EMPTY_CLASS", `${message}; ${unread.path} ${unread.message}`, remedy);
    }
    const kept = photographs.find(({ label }) => empty.includes(label));
    if (kept !== undefined) {
      const remedy = "Add training photographs, or move the other folders of the class elsewhere.";
      throw new TrainerError("EMPTY_CLASS", `${message}; ${kept.path} is in the ${kept.split} split`, remedy);
    }
    throw new TrainerError("EMPTY_CLASS", message, "Add photographs, or move the empty folder elsewhere.");
  }
}

/** `labels` in the given order, checked to name exactly the class folders. */
function matched(labels: readonly string[], names: readonly string[], folder: string): readonly string[] {
  const given = labels.map(composed);
  const missing = given.filter((label) => !names.includes(label));
  const unnamed = names.filter((name) => !given.includes(name));
  if (missing.length > 0 || unnamed.length > 0 || new Set(given).size < given.length) {
    throw new TrainerError(
      "LABELS_MISMATCH",
      `Expected labels to name each class folder of ${folder} once (${labelList(names)}), but received ${labelList(labels)}`,
      `Use ${labelList(names)} in any order, or move the other folders elsewhere.`,
    );
  }
  return given;
}
