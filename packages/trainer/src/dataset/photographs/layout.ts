// Finds the class folders of a folder of photographs, and their splits: `<class>/*`, `<split>/<class>/*` or
// `<class>/<split>/*`, below any number of wrapper folders.

import { TrainerError } from "../../values/errors.ts";
import type { Skip } from "../skip.ts";
import { SPLITS, type Split } from "../split.ts";
import { composed, type FileTree, type Listing } from "./file-tree.ts";
import { folderRole } from "./folder-names.ts";
import type { Ignored } from "./ignored.ts";

/** Maximum depth of wrapper folders above the classes, as archives and downloads create them. */
const MOST_WRAPPERS = 8;

/** A folder whose pictures are one class. */
export interface ClassFolder {
  readonly directory: string;
  /** Relative to the folder of photographs, with `/`. */
  readonly path: string;
  /** The class name. */
  readonly name: string;
  /** The split of its pictures; undefined if it is drawn. */
  readonly split: Split | undefined;
  /** Its content. */
  readonly listing: Listing;
}

/** The layout of a folder of photographs. */
export interface Layout {
  /** Whether folders define any split. */
  readonly layout: "classes" | "splits";
  /** The splits that are drawn, in the order of {@link SPLITS}: none, or those that divide the training pictures. */
  readonly drawn: readonly Split[];
  readonly classes: readonly ClassFolder[];
  /** Decisions that might not be what was intended, each as a sentence without its full stop. */
  readonly notes: readonly string[];
  readonly skips: readonly Skip[];
  readonly ignored: readonly Ignored[];
  /** Real paths of the folders above the classes; links back to them are not followed. */
  readonly above: ReadonlySet<string>;
}

/** A listed folder. */
interface Place {
  readonly directory: string;
  /** Prefix of the paths of its content: empty, or with a trailing `/`. */
  readonly prefix: string;
  readonly listing: Listing;
}

/** Lists folders, each once, and collects what {@link layoutOf} returns besides the classes. */
class Survey {
  readonly notes: string[] = [];
  readonly skips: Skip[] = [];
  readonly ignored: Ignored[] = [];
  readonly above = new Set<string>();
  readonly #listings = new Map<string, Promise<Listing>>();
  readonly #tree: FileTree;
  readonly #signal: AbortSignal | undefined;

  constructor(tree: FileTree, signal: AbortSignal | undefined) {
    this.#tree = tree;
    this.#signal = signal;
  }

  async place(directory: string, prefix: string): Promise<Place> {
    this.#signal?.throwIfAborted();
    let listing = this.#listings.get(directory);
    if (listing === undefined) {
      listing = this.#tree.list(directory, prefix, this.#signal);
      this.#listings.set(directory, listing);
    }
    return { directory, prefix, listing: await listing };
  }

  async inner({ directory, prefix }: Place, name: string): Promise<Place> {
    return this.place(this.#tree.inner(directory, name), `${prefix}${name}/`);
  }

  /** Records the content of a folder above the classes: pictures there have no class. */
  passOver({ prefix, listing }: Place): void {
    this.above.add(listing.real);
    for (const skip of listing.skips) this.skips.push(skip);
    this.ignored.push(...listing.ignored);
    for (const name of listing.pictures) {
      this.skips.push({
        path: composed(`${prefix}${name}`),
        code: "OUTSIDE_CLASSES",
        message: "is outside the class folders",
      });
    }
  }

  async classFolder(place: Place, name: string, split: Split | undefined): Promise<ClassFolder> {
    const { directory, prefix, listing } = await this.inner(place, name);
    return { directory, path: prefix.slice(0, -1), name, split, listing };
  }

  /** Descends through wrapper folders, and not into folders that match `stop`. */
  async unwrapped(place: Place, stop: (name: string) => boolean = () => false): Promise<Place> {
    let here = place;
    const seen = new Set([here.listing.real]);
    for (let depth = 0; depth < MOST_WRAPPERS; depth++) {
      const [only, ...others] = here.listing.folders;
      if (only === undefined || others.length > 0 || stop(composed(only))) break;
      const inner = await this.inner(here, only);
      if (inner.listing.folders.length === 0 || seen.has(inner.listing.real)) break;
      seen.add(inner.listing.real);
      this.passOver(here);
      here = inner;
    }
    return here;
  }

  /** Whether `place` contains a picture at any depth. */
  async holdsPictures(place: Place, seen = new Set<string>()): Promise<boolean> {
    if (seen.has(place.listing.real)) return false;
    seen.add(place.listing.real);
    if (place.listing.pictures.length > 0) return true;
    for (const name of place.listing.folders) {
      if (await this.holdsPictures(await this.inner(place, name), seen)) return true;
    }
    return false;
  }
}

/**
 * Finds the class folders of `folder`. Folders named train, val or test, or like the splits of public datasets, are splits
 * if they contain folders; otherwise they can be classes among others.
 *
 * @param toLearn whether training pictures are required
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`; `LAYOUT_MIXED` for splits that are incomplete, ambiguous,
 * or next to class folders
 */
export async function layoutOf(
  tree: FileTree,
  folder: string,
  signal: AbortSignal | undefined,
  toLearn: boolean,
): Promise<Layout> {
  const survey = new Survey(tree, signal);
  const top = await survey.place(folder, "");
  const root = await survey.unwrapped(top);
  if (root !== top) survey.notes.push(`Class folders were found in ${root.prefix.slice(0, -1)}`);
  survey.passOver(root);
  const named = root.listing.folders.filter((name) => isSplit(folderRole(name)));
  const places = await Promise.all(named.map((name) => survey.inner(root, name)));
  const splits = named.filter((_, index) => (places[index]?.listing.folders.length ?? 0) > 0);
  if (splits.length > 0) return splitsIn(folder, root, named, splits, survey, toLearn);
  if (named.length > 0 && named.length === root.listing.folders.length) {
    throw mixed(folder, root, " without class folders");
  }
  for (const name of named) survey.notes.push(`${name} is treated as a class because it contains no class folders`);
  return (await splitsInClasses(root, survey)) ?? classesIn(root, survey);
}

function isSplit(role: ReturnType<typeof folderRole>): role is Split {
  return role !== undefined && role !== "unsorted";
}

async function classesIn(root: Place, survey: Survey): Promise<Layout> {
  const classes: ClassFolder[] = [];
  for (const name of root.listing.folders) classes.push(await survey.classFolder(root, name, undefined));
  return laidOut("classes", SPLITS, classes, survey);
}

/** `<split>/<class>/*`: `named` folders have the name of a split, and `splits` are those of them that contain folders. */
async function splitsIn(
  folder: string,
  root: Place,
  named: readonly string[],
  splits: readonly string[],
  survey: Survey,
  toLearn: boolean,
): Promise<Layout> {
  const nameOf = (split: Split): string | undefined => {
    const [first, second] = splits.filter((name) => folderRole(name) === split);
    if (second !== undefined) throw mixed(folder, root, `, where both ${first} and ${second} are the ${split} split`);
    return first;
  };
  const [train, val, test] = [nameOf("train"), nameOf("val"), nameOf("test")];
  if (train === undefined && toLearn) throw mixed(folder, root, "");
  const training = train === undefined ? undefined : await survey.unwrapped(await survey.inner(root, train));
  const trained = new Set(training?.listing.folders.map(composed));
  for (const name of root.listing.folders) {
    if (splits.includes(name)) continue;
    const place = await survey.inner(root, name);
    const path = composed(`${root.prefix}${name}`);
    if (named.includes(name)) {
      survey.notes.push(`${path} is ignored because it contains no class folders`);
      survey.passOver(place);
    } else if (folderRole(name) === "unsorted" || !(await survey.holdsPictures(place))) {
      survey.ignored.push({ kind: "folder", extension: "", count: 1, example: path });
    } else if ((val ?? test) === undefined || place.listing.folders.some((each) => trained.has(composed(each)))) {
      // It may be a class next to one that is named train, or misplaced training pictures.
      throw mixed(folder, root, "");
    } else {
      survey.notes.push(`${path} is ignored because it is not train, val or test`);
      survey.ignored.push({ kind: "folder", extension: "", count: 1, example: path });
    }
  }
  const other = splits.filter((name) => !(SPLITS as readonly string[]).includes(name));
  if (other.length > 0) survey.notes.push(other.map((name) => `${name} is used as ${folderRole(name)}`).join(", "));

  const drawn = train === undefined ? [] : drawnBeside(val, test);
  const classes: ClassFolder[] = [];
  for (const [split, name] of [["train", train] as const, ["val", val] as const, ["test", test] as const]) {
    if (name === undefined) continue;
    const place =
      split === "train" && training !== undefined
        ? training
        : await survey.unwrapped(await survey.inner(root, name), (only) => trained.has(only));
    survey.passOver(place);
    const given = split === "train" && drawn.length > 0 ? undefined : split;
    for (const each of place.listing.folders) classes.push(await survey.classFolder(place, each, given));
  }
  return laidOut("splits", drawn, classes, survey);
}

/** `<class>/<split>/*`, if all subfolders of all classes are named like splits; otherwise undefined. */
async function splitsInClasses(root: Place, survey: Survey): Promise<Layout | undefined> {
  const found: { readonly place: Place; readonly name: string; readonly label: string; readonly split: Split }[] = [];
  for (const label of root.listing.folders) {
    const place = await survey.inner(root, label);
    const { folders, pictures } = place.listing;
    if (folders.length === 0 && pictures.length === 0) continue;
    const roles = folders.map((name) => ({ name, split: folderRole(name) }));
    if (pictures.length > 0 || !roles.some(({ split }) => split === "train")) return undefined;
    for (const { name, split } of roles) {
      if (!isSplit(split)) return undefined;
      found.push({ place, name, label, split });
    }
  }
  if (found.length === 0) return undefined;
  const named = (split: Split): string | undefined => found.find((each) => each.split === split)?.name;
  const drawn = drawnBeside(named("val"), named("test"));
  for (const place of new Set(found.map((each) => each.place))) survey.passOver(place);
  survey.notes.push("Each class folder has its own splits");
  const classes: ClassFolder[] = [];
  for (const { place, name, label, split } of found) {
    const given = split === "train" && drawn.length > 0 ? undefined : split;
    classes.push({ ...(await survey.classFolder(place, name, given)), name: label });
  }
  return laidOut("splits", drawn, classes, survey);
}

function laidOut(
  layout: Layout["layout"],
  drawn: readonly Split[],
  classes: readonly ClassFolder[],
  { notes, skips, ignored, above }: Survey,
): Layout {
  if (layout === "splits" && drawn.length > 0) {
    notes.push(`There is no test folder: the ${drawn.slice(1).join(" and ")} pictures are drawn from train`);
  }
  return { layout, drawn, classes, notes, skips, ignored, above };
}

/** The splits drawn from the training pictures, given the names of the validation and test folders, if there are any. */
function drawnBeside(val: string | undefined, test: string | undefined): readonly Split[] {
  if (test !== undefined) return [];
  return val === undefined ? SPLITS : ["train", "test"];
}

function mixed(folder: string, { prefix, listing }: Place, what: string): TrainerError {
  return new TrainerError(
    "LAYOUT_MIXED",
    `Expected ${folder} to have class folders, or train, val and test with class folders in each, ` +
      `but found ${listing.folders.map((name) => `${prefix}${name}`).join(", ")}${what}`,
    "Sort the photographs into <folder>/<class>/ or into <folder>/train/<class>/, <folder>/test/<class>/, and move other folders elsewhere.",
  );
}
