// From a folder to the list of its photographs, with label and split: folder names are the classes. Opens no picture.

import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";

import { systemErrorCode, TrainerError } from "./errors.ts";
import { SPLITS, splitOf, type Split, type SplitFractions } from "./split.ts";

/** Endings of the picture formats that are decoded; upper and lower case are one. */
export const PICTURE_ENDINGS = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"] as const;

/** A picture file that is worth opening. */
export interface Photograph {
  /** Relative to the folder, with `/`, in Unicode's composed form (NFC): the same on every system. */
  readonly path: string;
  /** Where to open it. */
  readonly file: string;
  /** Its class: the name of its folder. */
  readonly label: string;
  readonly split: Split;
}

/**
 * Why a file is left out.
 *
 * - `EMPTY_FILE`, `FILE_UNREADABLE`: nothing to decode, or no permission.
 * - `LINK_BROKEN`: a link to nothing, to itself, or to a folder that it lies in.
 * - `NOT_A_PICTURE`, `PICTURE_DAMAGED`, `PICTURE_TOO_LARGE`: what decoding found.
 */
export type SkipReason =
  "EMPTY_FILE" | "FILE_UNREADABLE" | "LINK_BROKEN" | "NOT_A_PICTURE" | "PICTURE_DAMAGED" | "PICTURE_TOO_LARGE";

/** A file or folder that looked like a photograph and is left out. */
export interface Skip {
  /** Relative to the folder, with `/`. */
  readonly path: string;
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
  /** Broken links, and folders that cannot be read. */
  readonly skips: readonly Skip[];
  /** Files with other endings than {@link PICTURE_ENDINGS}. */
  readonly otherFiles: number;
}

/** What {@link discover} can be told. */
export interface DiscoverOptions {
  /** All class names, in the order of their one-hot labels. Default: alphabetical, by code point. */
  readonly labels?: readonly string[] | undefined;
  /** Shares of the splits where folders do not give them. */
  readonly split: SplitFractions;
  /** Seed of the split, a whole number. */
  readonly seed: number;
}

/**
 * Finds the photographs of `folder`, in subfolders of class folders too. Links are followed; names that begin with a
 * dot are not looked at.
 *
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`, `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`,
 * `LAYOUT_MIXED`, `LABELS_MISMATCH`
 */
export async function discover(folder: string, { labels, split, seed }: DiscoverOptions): Promise<Discovery> {
  const top = await listTop(folder);
  const train = top.folders.includes("train") ? await list(join(folder, "train")) : undefined;
  const layout = train !== undefined && train.folders.length > 0 && train.pictures.length === 0 ? "splits" : "classes";

  const found: Findings = {
    classes: new Set(),
    photographs: [],
    skips: [...top.skips],
    otherFiles: top.otherFiles + top.pictures.length,
  };
  for (const name of top.folders) {
    if (layout === "classes") {
      await collectClass(join(folder, name), name, name, found, (path) => splitOf(path, seed, split));
    } else {
      await collectSplit(folder, name, found);
    }
  }

  const names = [...found.classes].toSorted(byCodePoint);
  const learned = found.photographs.filter((each) => layout === "classes" || each.split === "train");
  checkClasses(folder, names, new Set(learned.map(({ label }) => label)));
  return {
    layout,
    labels: labels === undefined ? names : matched(labels, names, folder),
    photographs: found.photographs.toSorted((a, b) => byCodePoint(a.path, b.path)),
    skips: found.skips.toSorted((a, b) => byCodePoint(a.path, b.path)),
    otherFiles: found.otherFiles,
  };
}

interface Findings {
  readonly classes: Set<string>;
  readonly photographs: Photograph[];
  readonly skips: Skip[];
  otherFiles: number;
}

/** One folder's content; links are already followed. */
interface Listing {
  readonly folders: readonly string[];
  readonly pictures: readonly string[];
  readonly skips: readonly Skip[];
  readonly otherFiles: number;
}

async function listTop(folder: string): Promise<Listing> {
  try {
    return await list(folder);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new TrainerError(
        "FOLDER_NOT_FOUND",
        `Expected a folder of photographs at ${folder}, but ${code === "ENOENT" ? "nothing is there" : "that is a file"}`,
        "Name the folder that has one subfolder for each class.",
        { cause },
      );
    }
    throw new TrainerError(
      "FOLDER_UNREADABLE",
      `Expected a readable folder at ${folder}, but it cannot be read (${code ?? String(cause)})`,
      "Check its permissions.",
      { cause },
    );
  }
}

/** Everything in `directory` that does not begin with a dot; `prefix` leads the paths of its skips. */
async function list(directory: string, prefix = ""): Promise<Listing> {
  const folders: string[] = [];
  const pictures: string[] = [];
  const skips: Skip[] = [];
  let otherFiles = 0;
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
    if (kind.isDirectory()) folders.push(entry.name);
    else if (kind.isFile() && isPictureName(entry.name)) pictures.push(entry.name);
    else otherFiles++;
  }
  return { folders, pictures, skips, otherFiles };
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
  found.classes.add(label);
  await collect(directory, path, [], found, (picture) => ({ label, split: split(picture) }));
}

/** Adds all pictures below `directory`, whose path is `path`. `above` are the real paths of the folders around it. */
async function collect(
  directory: string,
  path: string,
  above: readonly string[],
  found: Findings,
  classify: (path: string) => { readonly label: string; readonly split: Split },
): Promise<void> {
  const skip = (code: SkipReason, message: string): void => {
    found.skips.push({ path: composed(path), code, message });
  };
  let listing: Listing;
  let real: string;
  try {
    real = await realpath(directory);
    listing = await list(directory, `${path}/`);
  } catch (error) {
    skip("FILE_UNREADABLE", `cannot be read (${systemErrorCode(error) ?? String(error)})`);
    return;
  }
  if (above.includes(real)) {
    skip("LINK_BROKEN", "is a link to a folder that it lies in");
    return;
  }
  found.skips.push(...listing.skips);
  found.otherFiles += listing.otherFiles;
  for (const name of listing.pictures) {
    const picture = composed(`${path}/${name}`);
    found.photographs.push({ path: picture, file: join(directory, name), ...classify(picture) });
  }
  for (const name of listing.folders) {
    await collect(join(directory, name), `${path}/${name}`, [...above, real], found, classify);
  }
}

/** Adds the pictures of `<folder>/<name>/<class>/*`, where `name` has to be a split. */
async function collectSplit(folder: string, name: string, found: Findings): Promise<void> {
  const split = SPLITS.find((each) => each === name);
  if (split === undefined) {
    throw new TrainerError(
      "LAYOUT_MIXED",
      `Expected only train, val and test in ${folder}, since train has class folders, but found ${name} too`,
      `Move ${name} away, or put all class folders side by side.`,
    );
  }
  const { folders, pictures, skips, otherFiles } = await list(join(folder, name), `${name}/`);
  found.skips.push(...skips);
  found.otherFiles += otherFiles + pictures.length;
  for (const label of folders) {
    await collectClass(join(folder, name, label), `${name}/${label}`, label, found, () => split);
  }
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

/** Order by code units: the same in every locale. */
function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
