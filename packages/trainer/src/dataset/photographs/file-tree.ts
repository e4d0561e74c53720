// Folders of photographs as a tree: what finding photographs in it needs to know, wherever the files are.

import { recognise } from "../picture-formats.ts";
import type { Skip } from "../skip.ts";
import { isSystemName } from "./folder-names.ts";
import type { Ignored } from "./ignored.ts";
import type { Names } from "./names.ts";

/** Extensions of the supported picture formats, in lower case. */
export const PICTURE_EXTENSIONS = [
  ".jpg",
  ".jpeg",
  ".jpe",
  ".jfif",
  ".png",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
] as const;

/** The content of one folder. */
export interface Listing {
  /** The folder's path, with links resolved. */
  readonly real: string;
  /** Names, sorted by code units. */
  readonly folders: readonly string[];
  /** Names, in any order. */
  readonly pictures: Names;
  /** Broken links, and pictures in unsupported formats. */
  readonly skips: readonly Skip[];
  /** What is ignored. */
  readonly ignored: readonly Ignored[];
}

/** Folders and files: on a disk, or as a page receives them. */
export interface FileTree {
  /**
   * The content of a folder, without hidden and system files.
   *
   * @param prefix prepended to the paths of what is skipped or left out
   * @param signal aborts the listing with the signal's reason
   */
  list(directory: string, prefix: string, signal: AbortSignal | undefined): Promise<Listing>;
  /** The folder or file `name` in `directory`. */
  inner(directory: string, name: string): string;
}

/** What a name says: whether the entry is left out, and whether a file of that name is assumed to be a picture. */
export function kindOfName(name: string): "hidden" | "system" | "picture" | "other" {
  if (name.startsWith(".")) return "hidden";
  if (isSystemName(name)) return "system";
  return (PICTURE_EXTENSIONS as readonly string[]).includes(extensionOf(name)) ? "picture" : "other";
}

/**
 * What the content of a file says that is not named like a picture.
 *
 * @param head the first bytes
 */
export function kindOfContent(head: Uint8Array, path: string): "picture" | "other" | Skip {
  const format = recognise(head);
  if (format.kind === "decodable") return "picture";
  return format.kind === "none" ? "other" : { path, code: "FORMAT_NOT_READ", message: format.message };
}

/** The extension of a name, in lower case and with its dot; empty without one. */
export function extensionOf(name: string): string {
  return /(?<=.)\.[^.]*$/su.exec(name)?.[0].toLowerCase() ?? "";
}

/** A name in Unicode's composed form (NFC): macOS may return accents as separate characters. */
export function composed(name: string): string {
  return name.normalize("NFC");
}

/** The same order in every locale. */
export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
