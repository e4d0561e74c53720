// Classes that are being put together: names and photographs, before a training makes a dataset of them.

import type { HandedPhotograph } from "../../engine/handed-files.ts";

/** A class. */
export interface Draft {
  /** Tells classes apart while they are renamed. */
  readonly id: number;
  readonly name: string;
  readonly photographs: readonly DraftPhotograph[];
}

/** A photograph of a class. */
export interface DraftPhotograph extends Omit<HandedPhotograph, "label"> {
  /** Its content, to be shown. */
  readonly file: Blob;
}

/** A photograph that was found in a folder. */
export type FoundPhotograph = HandedPhotograph & DraftPhotograph;

let nextId = 0;

/** A class without photographs. */
export function newDraft(name: string): Draft {
  return { id: nextId++, name, photographs: [] };
}

/** Adds found photographs to the classes of their names, and classes for those that there are none of. */
export function withFound(drafts: readonly Draft[], found: readonly FoundPhotograph[]): readonly Draft[] {
  const names = [...new Set(found.map(({ label }) => label))];
  const missing = names.filter((name) => drafts.every((draft) => draft.name !== name));
  // The classes that a first visit begins with give way.
  const kept = drafts.filter(({ name, photographs }) => photographs.length > 0 || names.includes(name));
  return [...kept, ...missing.map(newDraft)].map((draft) =>
    withPhotographs(
      draft,
      found.filter(({ label }) => label === draft.name),
    ),
  );
}

/** Adds photographs to a class, each under a path of its own. */
export function withPhotographs(draft: Draft, more: readonly DraftPhotograph[]): Draft {
  const paths = new Set(draft.photographs.map(({ path }) => path));
  const added = more.map(({ path, split, file, number }) => {
    const own = freePath(path, paths);
    paths.add(own);
    return { path: own, split, file, number };
  });
  return { ...draft, photographs: [...draft.photographs, ...added] };
}

/** `path`, or one like it that is not among `taken`. */
function freePath(path: string, taken: ReadonlySet<string>): string {
  let free = path;
  for (let number = 2; taken.has(free); number++) free = path.replace(/(\.[^./]*)?$/, ` (${number})$1`);
  return free;
}

/** What a training gets: classes sorted by code units, as `silhouette train` sorts them. */
export function trainable(drafts: readonly Draft[]): {
  readonly labels: readonly string[];
  readonly photographs: readonly HandedPhotograph[];
} {
  const filled = drafts.filter(({ photographs }) => photographs.length > 0);
  const paths = new Set<string>();
  const photographs = filled.flatMap((draft) =>
    draft.photographs.map(({ path, split, number }) => {
      const own = freePath(path, paths);
      paths.add(own);
      return { path: own, split, number, label: nameOf(draft) };
    }),
  );
  return { labels: [...new Set(filled.map(nameOf))].toSorted(), photographs };
}

function nameOf({ name }: Draft): string {
  return name.trim().normalize("NFC");
}

/** Why classes cannot be trained on, as a sentence; undefined if they can. */
export function obstacleTo(drafts: readonly Draft[]): string | undefined {
  const filled = drafts.filter(({ photographs }) => photographs.length > 0);
  if (filled.length < 2) return "Add photographs of at least two classes.";
  if (filled.some((draft) => nameOf(draft) === "")) return "Give each class a name.";
  const names = filled.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return `Two classes are called ${twice}: give one of them another name.`;
  const small = filled.find(({ photographs }) => photographs.length < FEWEST);
  if (small !== undefined) return `Add photographs of ${nameOf(small)}: each class needs at least ${FEWEST}.`;
  return undefined;
}

/** Photographs of a class: one to train on, one to validate with, one to test with. */
export const FEWEST = 3;
