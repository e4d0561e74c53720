// From a folder to the list of its photographs, with label and split: folder names are the classes. Opens no picture.

import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";

import { systemErrorCode, TrainerError } from "./errors.ts";
import { holdsOnlyRuns } from "./run-claim.ts";
import { SPLITS, splitOf, type Split, type SplitFractions } from "./split.ts";

/** Endings of the picture formats that are decoded; upper and lower case are one. */
const PICTURE_ENDINGS = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"] as const;

/** A picture file that is worth opening. */
export interface Photograph {
  /** Relative to the folder, with `/`, in Unicode's composed form (NFC): the same on every system. */
  readonly path: string;
  /** Where to open it. */
  readonly file: string;
  /** Its class: the name of its folder. */
  readonly label: string;
  /** What it is for. */
  readonly split: Split;
}

/**
 * Why a file is left out.
 *
 * - `EMPTY_FILE`, `FILE_UNREADABLE`: nothing to decode, or no permission.
 * - `LINK_BROKEN`: a link to nothing, to itself, or to a folder that is read already.
 * - `OUTSIDE_CLASSES`: a picture that lies beside the class folders.
 * - `NAME_TWICE`: two names that are one in Unicode's composed form.
 * - `NOT_A_PICTURE`, `PICTURE_DAMAGED`, `PICTURE_TOO_LARGE`: what decoding found.
 */
export type SkipReason =
  | "EMPTY_FILE"
  | "FILE_UNREADABLE"
  | "LINK_BROKEN"
  | "OUTSIDE_CLASSES"
  | "NAME_TWICE"
  | "NOT_A_PICTURE"
  | "PICTURE_DAMAGED"
  | "PICTURE_TOO_LARGE";

/** A file or folder that looked like a photograph and is left out. */
export interface Skip {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** Why, for programs. */
  readonly code: SkipReason;
  /** What was found, as the end of a sentence. */
  readonly message: string;
}

/** What {@link discover} found. */
export interface Discovery {
  /** Where the splits come from: hashed paths of `<class>/*`, or the folders of `{train,val,test}/<class>/*`. */
  readonly layout: "classes" | "splits";
  /** Class names; a class's place is its index in one-hot labels. */
  readonly labels: readonly string[];
  /** In the order of their paths. */
  readonly photographs: readonly Photograph[];
  /** Links, folders and pictures that are left out, in the order of their paths. */
  readonly skips: readonly Skip[];
  /** Files that are no pictures by their endings. */
  readonly otherFiles: number;
}

/** What {@link discover} can be told. */
export interface DiscoverOptions {
  /** All class names, in the order of their one-hot labels. Default: alphabetical, by code units. */
  readonly labels?: readonly string[] | undefined;
  /** Shares of the splits, where folders do not give them: each 0 to 1, training above 0, together 1. */
  readonly split: SplitFractions;
  /** Seed of the split: a whole number of 0 to 2^53 - 1. */
  readonly seed: number;
  /** Stops the search, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the photographs of `folder`, in subfolders of class folders too. Links are followed; names that begin with a
 * dot are not looked at. No picture is opened.
 *
 * A photograph of `<class>/*` belongs to a split by its path and the seed alone, so that adding or removing others never
 * moves it: with u = the first 8 bytes of sha256("\<seed\>/\<path\>"), big-endian, / 2^64, it is for training if u is below
 * the first share, for validation if it is below the first two together, else for the test.
 *
 * @param folder with `<class>/*` or `{train,val,test}/<class>/*`
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`, `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`,
 * `LAYOUT_MIXED`, `LABELS_MISMATCH`
 * @example
 * import { discover } from "@silhouette/trainer";
 *
 * const { labels, photographs, skips } = await discover("photos", { split: [0.8, 0.1, 0.1], seed: 0 });
 * console.log(labels, photographs.length, skips.length);
 */
export async function discover(folder: string, options: DiscoverOptions): Promise<Discovery> {
  const top = await readable(folder, "");
  const layout = await layoutOf(folder, top);
  const found: Findings = {
    root: top.real,
    classes: new Set(),
    photographs: [],
    skips: [...top.skips, ...outside("", top.pictures)],
    otherFiles: top.otherFiles,
    signal: options.signal,
  };
  if (layout === "classes") {
    for (const name of top.folders) {
      await collectClass(join(folder, name), name, name, found, (path) => splitOf(path, options.seed, options.split));
    }
  } else {
    for (const split of SPLITS) if (top.folders.includes(split)) await collectSplit(folder, split, found);
  }

  const names = [...found.classes].toSorted(byCodeUnits);
  const photographs = unique(found);
  const learned = photographs.filter((each) => layout === "classes" || each.split === "train");
  checkClasses(folder, names, new Set(learned.map(({ label }) => label)));
  return {
    layout,
    labels: options.labels === undefined ? names : matched(options.labels, names, folder),
    photographs,
    skips: found.skips.toSorted((a, b) => byCodeUnits(a.path, b.path)),
    otherFiles: found.otherFiles,
  };
}

/**
 * All pictures below `folder`, which need no classes. Their paths begin with `folder`.
 *
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`
 */
export async function picturesBelow(
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly photographs: readonly Pick<Photograph, "path" | "file">[]; readonly skips: readonly Skip[] }> {
  const listing = await readable(folder, `${folder}/`);
  const found: Findings = { root: "", classes: new Set(), photographs: [], skips: [], otherFiles: 0, signal };
  await collect(folder, folder, listing, new Set(), found, () => ({ label: "", split: "test" }));
  return { photographs: unique(found), skips: found.skips };
}

interface Findings {
  /** Real path of the folder. */
  readonly root: string;
  readonly classes: Set<string>;
  readonly photographs: Photograph[];
  readonly skips: Skip[];
  otherFiles: number;
  readonly signal: AbortSignal | undefined;
}

/** One folder's content; links are already followed. */
interface Listing {
  /** The folder's path without links. */
  readonly real: string;
  readonly folders: readonly string[];
  readonly pictures: readonly string[];
  readonly skips: readonly Skip[];
  readonly otherFiles: number;
}

/**
 * Folders called train, val or test are splits if one of them has folders; they can be classes only beside others.
 *
 * @throws {TrainerError} `LAYOUT_MIXED` for splits that are misspelt, incomplete, or beside other folders
 */
async function layoutOf(folder: string, top: Listing): Promise<Discovery["layout"]> {
  const splits: readonly string[] = SPLITS;
  const named = top.folders.filter((name) => splits.includes(name.toLowerCase()));
  const listings = await Promise.all(named.map((name) => readable(join(folder, name), `${name}/`)));
  const hasClasses = listings.some(({ folders }) => folders.length > 0);
  if (named.length === 0 || (!hasClasses && named.length < top.folders.length)) return "classes";
  const others = top.folders.filter((name) => !splits.includes(name));
  if (!hasClasses || others.length > 0 || !top.folders.includes("train")) {
    throw new TrainerError(
      "LAYOUT_MIXED",
      `Expected ${folder} to have class folders, or train, val and test with class folders in each, ` +
        `but found ${top.folders.join(", ")}${hasClasses ? "" : " without class folders"}`,
      "Sort the photographs into <folder>/<class>/ or into <folder>/train/<class>/, <folder>/test/<class>/, all lower case.",
    );
  }
  return "splits";
}

/** {@link list}, for folders without which nothing can be done. */
async function readable(directory: string, prefix: string): Promise<Listing> {
  try {
    return await list(directory, prefix);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new TrainerError(
        "FOLDER_NOT_FOUND",
        `Expected a folder of photographs at ${directory}, but ${code === "ENOENT" ? "nothing is there" : "that is a file"}`,
        "Name the folder that has one subfolder for each class.",
        { cause },
      );
    }
    throw new TrainerError(
      "FOLDER_UNREADABLE",
      `Expected a readable folder at ${directory}, but it cannot be read (${code ?? String(cause)})`,
      "Check its permissions.",
      { cause },
    );
  }
}

/** Everything in `directory` that does not begin with a dot; `prefix` leads the paths of its skips. */
async function list(directory: string, prefix: string): Promise<Listing> {
  const folders: string[] = [];
  const pictures: string[] = [];
  const skips: Skip[] = [];
  let otherFiles = 0;
  const real = await realpath(directory);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const path = composed(`${prefix}${entry.name}`);
    let kind: { isDirectory(): boolean; isFile(): boolean } = entry;
    if (entry.isSymbolicLink()) {
      try {
        kind = await stat(join(directory, entry.name));
      } catch (error) {
        const target = systemErrorCode(error) === "ELOOP" ? "is a link that leads to itself" : "is a link to nothing";
        skips.push({ path, code: "LINK_BROKEN", message: target });
        continue;
      }
    }
    if (kind.isDirectory()) {
      // Runs are no photographs, whoever has put them here.
      if (!(await holdsOnlyRuns(join(directory, entry.name)))) folders.push(entry.name);
    } else if (kind.isFile() && isPictureName(entry.name)) pictures.push(entry.name);
    else otherFiles++;
  }
  return { real, folders: folders.toSorted(byCodeUnits), pictures, skips, otherFiles };
}

/** Adds a class folder with all pictures below it; `path` is its path. */
async function collectClass(
  directory: string,
  path: string,
  name: string,
  found: Findings,
  split: (path: string) => Split,
): Promise<void> {
  const label = composed(name);
  const listing = await readable(directory, `${path}/`);
  // A class never reads a folder twice, nor the folder that all classes lie in: links cannot lead in a circle.
  const read = new Set([found.root]);
  const isTaken = await collect(directory, path, listing, read, found, (picture) => ({ label, split: split(picture) }));
  if (isTaken) found.classes.add(label);
}

/** Adds all pictures below `directory`, whose path is `path`, unless it is among those `read`. Returns whether it was. */
async function collect(
  directory: string,
  path: string,
  listing: Listing,
  read: Set<string>,
  found: Findings,
  classify: (path: string) => { readonly label: string; readonly split: Split },
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
  found.skips.push(...listing.skips);
  found.otherFiles += listing.otherFiles;
  for (const name of listing.pictures) {
    const picture = composed(`${path}/${name}`);
    found.photographs.push({ path: picture, file: join(directory, name), ...classify(picture) });
  }
  for (const name of listing.folders) {
    const [inner, innerPath] = [join(directory, name), `${path}/${name}`];
    const innerListing = await list(inner, `${innerPath}/`).catch(systemErrorCode);
    if (typeof innerListing === "object") {
      await collect(inner, innerPath, innerListing, read, found, classify);
    } else {
      const message = `cannot be read (${String(innerListing)})`;
      found.skips.push({ path: composed(innerPath), code: "FILE_UNREADABLE", message });
    }
  }
  return true;
}

/** Adds the pictures of `<folder>/<split>/<class>/*`. */
async function collectSplit(folder: string, split: Split, found: Findings): Promise<void> {
  const { folders, pictures, skips, otherFiles } = await readable(join(folder, split), `${split}/`);
  found.skips.push(...skips, ...outside(`${split}/`, pictures));
  found.otherFiles += otherFiles;
  for (const name of folders) {
    await collectClass(join(folder, split, name), `${split}/${name}`, name, found, () => split);
  }
}

/** Pictures that lie where only class folders should. */
function outside(prefix: string, pictures: readonly string[]): readonly Skip[] {
  const message = "lies outside the class folders";
  return pictures.map((name) => ({ path: composed(`${prefix}${name}`), code: "OUTSIDE_CLASSES", message }));
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

/** `filled` are the classes that have photographs to learn from. */
function checkClasses(folder: string, names: readonly string[], filled: ReadonlySet<string>): void {
  const hint =
    "Put the photographs of each class into a folder of its own: <folder>/car/*.jpg, <folder>/bus/*.jpg, or " +
    "<folder>/train/car/*.jpg and so on.";
  if (names.length === 0) {
    throw new TrainerError("NO_CLASSES", `Expected class folders in ${folder}, but it has none`, hint);
  }
  if (names.length === 1) {
    const message = `Expected at least two class folders in ${folder}, but found only ${names.join()}`;
    throw new TrainerError("ONE_CLASS", message, hint);
  }
  const empty = names.filter((name) => !filled.has(name));
  if (empty.length > 0) {
    throw new TrainerError(
      "EMPTY_CLASS",
      `Expected photographs (${PICTURE_ENDINGS.join(" ")}) for every class of ${folder} to learn from, but found none of ${empty.join(", ")}`,
      "Add photographs, or move the empty folder away.",
    );
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
      `Expected labels to name each class folder of ${folder} once (${names.join(",")}), but received ${labels.join(",")}`,
      `Use ${names.join(",")} in the order that you want, or move the other folders away.`,
    );
  }
  return given;
}

function isPictureName(name: string): boolean {
  return (PICTURE_ENDINGS as readonly string[]).includes(extname(name).toLowerCase());
}

/** macOS may hand out names with accents apart from their letters; elsewhere they are one. */
function composed(name: string): string {
  return name.normalize("NFC");
}

/** The same order in every locale. */
function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
