// From a folder to the list of its photographs, with label and split: folder names are the classes. Decodes no picture.

import { join } from "node:path";

import { abortSignal, checkArgument, classNames, filePath, optional, optionsOf } from "../../values/arguments.ts";
import { TrainerError } from "../../values/errors.ts";
import { labelList } from "../../values/label-list.ts";
import { layoutOf, type ClassFolder } from "./layout.ts";
import { LeftOutTally, type LeftOut } from "./left-out.ts";
import { byCodeUnits, composed, list, PICTURE_ENDINGS, type Listing } from "./listing.ts";
import type { Skip } from "../../dataset/skip.ts";
import type { Split } from "../../dataset/split.ts";

/** A picture file that is worth opening. */
export interface Photograph {
  /** Relative to the folder, with `/`, in Unicode's composed form (NFC): the same on every system. */
  readonly path: string;
  /** Where to open it. */
  readonly file: string;
  /** Its class: the name of its folder. */
  readonly label: string;
  /** What it is for, as its folder says; undefined where that is drawn later. */
  readonly split: Split | undefined;
}

/** What {@link discover} found. */
export interface Discovery {
  /** Whether folders give any split: `<class>/*`, or `<split>/<class>/*` and `<class>/<split>/*`. */
  readonly layout: "classes" | "splits";
  /** The splits that are drawn: all, none, or train and test of the pictures for training where nothing else is tested. */
  readonly drawn: readonly Split[];
  /** Class names; a class's place is its index in one-hot labels. */
  readonly labels: readonly string[];
  /** In the order of their paths. */
  readonly photographs: readonly Photograph[];
  /** Links, folders and pictures that are left out, in the order of their paths. */
  readonly skips: readonly Skip[];
  /** What is no picture, by kind, the most frequent first. */
  readonly leftOut: readonly LeftOut[];
  /** What was decided that might have been meant otherwise, each as a sentence without its full stop. */
  readonly notes: readonly string[];
}

/** What {@link discover} can be told. */
export interface DiscoverOptions {
  /** All class names, in the order of their one-hot labels. Default: alphabetical, by code units. */
  readonly labels?: readonly string[] | undefined;
  /** Stops the search, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS = optionsOf<DiscoverOptions>({ labels: optional(classNames), signal: optional(abortSignal) });

/**
 * Finds the photographs of `folder`, in subfolders of class folders too. Links are followed; names that begin with a
 * dot, and those that systems make, are not looked at. Files with a picture's ending are taken for pictures until they are
 * decoded; of all others the first bytes are read.
 *
 * The splits may be called as public datasets call them: `train`, `Training`, `seg_train`; `val`, `valid`, `validation`,
 * `dev`; `test`, `Testing`, `seg_test`. Folders above that hold nothing else are passed through.
 *
 * @param folder with `<class>/*`, `{train,val,test}/<class>/*` or `<class>/{train,val,test}/*`
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`, `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`,
 * `LAYOUT_MIXED`, `LABELS_MISMATCH`
 * @example
 * import { discover } from "@silhouette/trainer";
 *
 * const { labels, photographs, skips } = await discover("photos");
 * console.log(labels, photographs.length, skips.length);
 */
export async function discover(folder: string, options: DiscoverOptions = {}): Promise<Discovery> {
  checkArgument("discover()", "folder", filePath, folder);
  checkArgument("discover()", "options", OPTIONS, options);
  const found = await find(folder, options, true);
  checkLearnable(folder, found);
  return found;
}

/**
 * What {@link discover} finds, for pictures that nothing is to be learned from: there may be a single class, empty ones, and
 * splits without pictures for training.
 *
 * @throws {TrainerError} as {@link discover}, but neither `ONE_CLASS` nor `EMPTY_CLASS`
 */
export async function discoverAny(folder: string, options: DiscoverOptions): Promise<Discovery> {
  return find(folder, options, false);
}

async function find(folder: string, options: DiscoverOptions, toLearn: boolean): Promise<Discovery> {
  const { layout, drawn, classes, notes, skips, leftOut, above } = await layoutOf(folder, options.signal, toLearn);
  const found: Findings = {
    above,
    classes: new Set(),
    photographs: [],
    skips: [...skips],
    leftOut: new LeftOutTally(),
    signal: options.signal,
  };
  for (const each of leftOut) found.leftOut.add(each);
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
    leftOut: found.leftOut.kinds,
    notes,
  };
}

/** Pictures that need no classes. */
export interface PicturesBelow {
  /** In the order of their paths. */
  readonly photographs: readonly Pick<Photograph, "path" | "file">[];
  readonly skips: readonly Skip[];
  /** What is no picture, by kind. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * All pictures below `folder`, which need no classes. Their paths begin with `folder`.
 *
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`
 */
export async function picturesBelow(folder: string, signal?: AbortSignal): Promise<PicturesBelow> {
  const listing = await list(folder, `${folder}/`, signal);
  const leftOut = new LeftOutTally();
  const found: Findings = { above: new Set(), classes: new Set(), photographs: [], skips: [], leftOut, signal };
  await collect(folder, folder, listing, new Set(), found, { label: "", split: undefined });
  return { photographs: unique(found), skips: found.skips, leftOut: leftOut.kinds };
}

interface Findings {
  /** Real paths of the folders above the classes. */
  readonly above: ReadonlySet<string>;
  readonly classes: Set<string>;
  readonly photographs: Photograph[];
  readonly skips: Skip[];
  readonly leftOut: LeftOutTally;
  readonly signal: AbortSignal | undefined;
}

/** Adds a class folder with all pictures below it. */
async function collectClass({ directory, path, name, split, listing }: ClassFolder, found: Findings): Promise<void> {
  const label = composed(name);
  // A class never reads a folder twice, nor those above the classes: links cannot lead in a circle.
  const isTaken = await collect(directory, path, listing, new Set(found.above), found, { label, split });
  if (isTaken) found.classes.add(label);
}

/** Adds all pictures below `directory`, whose path is `path`, unless it is among those `read`. Returns whether it was. */
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
      message: "is a link to a folder that is read already",
    });
    return false;
  }
  read.add(listing.real);
  for (const skip of listing.skips) found.skips.push(skip);
  for (const each of listing.leftOut) found.leftOut.add(each);
  for (const name of listing.pictures) {
    found.photographs.push({ path: composed(`${path}/${name}`), file: join(directory, name), ...kind });
  }
  for (const name of listing.folders) {
    const [inner, innerPath] = [join(directory, name), `${path}/${name}`];
    await collect(inner, innerPath, await list(inner, `${innerPath}/`, found.signal), read, found, kind);
  }
  return true;
}

/** The photographs in the order of their paths; of two with one path, the one whose file's name comes first. */
function unique({ photographs, skips }: Findings): readonly Photograph[] {
  const kept: Photograph[] = [];
  for (const each of photographs.toSorted((a, b) => byCodeUnits(a.path, b.path) || byCodeUnits(a.file, b.file))) {
    const { path } = each;
    if (path !== kept.at(-1)?.path) kept.push(each);
    else skips.push({ path, code: "NAME_TWICE", message: "has another file's name, but for how accents are written" });
  }
  return kept;
}

/** How class folders should lie. */
const CLASS_FOLDERS =
  "Put the photographs of each class into a folder of its own: <folder>/car/*.jpg, <folder>/bus/*.jpg, or " +
  "<folder>/train/car/*.jpg and so on.";

/** Whether there are several classes, each with photographs to learn from. */
function checkLearnable(folder: string, { labels, photographs, skips }: Discovery): void {
  if (labels.length === 1) {
    const message = `Expected at least two class folders in ${folder}, but found only ${labels.join()}`;
    throw new TrainerError("ONE_CLASS", message, CLASS_FOLDERS);
  }
  const learned = photographs.filter(({ split }) => split === undefined || split === "train");
  const filled = new Set(learned.map(({ label }) => label));
  const empty = labels.toSorted(byCodeUnits).filter((name) => !filled.has(name));
  if (empty.length > 0) {
    const expected = `Expected photographs (${PICTURE_ENDINGS.join(" ")}) for every class of ${folder} to learn from`;
    const message = `${expected}, but found none of ${empty.join(", ")}`;
    const unread = skips.find(
      ({ path, code }) => code === "FORMAT_NOT_READ" && empty.includes(path.split("/").at(-2) ?? ""),
    );
    if (unread !== undefined) {
      const remedy = "Convert the pictures, add others, or move the folder away.";
      throw new TrainerError("EMPTY_CLASS", `${message}; ${unread.path} ${unread.message}`, remedy);
    }
    const kept = photographs.find(({ label }) => empty.includes(label));
    if (kept !== undefined) {
      const remedy = "Add photographs to those for training, or move the class's other folders away.";
      throw new TrainerError("EMPTY_CLASS", `${message}; ${kept.path} is for ${kept.split}`, remedy);
    }
    throw new TrainerError("EMPTY_CLASS", message, "Add photographs, or move the empty folder away.");
  }
}

/** `labels` as they were given, where they name exactly the class folders. */
function matched(labels: readonly string[], names: readonly string[], folder: string): readonly string[] {
  const given = labels.map(composed);
  const missing = given.filter((label) => !names.includes(label));
  const unnamed = names.filter((name) => !given.includes(name));
  if (missing.length > 0 || unnamed.length > 0 || new Set(given).size < given.length) {
    throw new TrainerError(
      "LABELS_MISMATCH",
      `Expected labels to name each class folder of ${folder} once (${labelList(names)}), but received ${labelList(labels)}`,
      `Use ${labelList(names)} in the order that you want, or move the other folders away.`,
    );
  }
  return given;
}
