// Files as a page receives them, as a tree: a list of paths, without links.

import { TrainerError } from "../../values/errors.ts";
import { HEAD_BYTES } from "../picture-formats.ts";
import type { Skip } from "../skip.ts";
import {
  byCodeUnits,
  composed,
  extensionOf,
  kindOfContent,
  kindOfName,
  type FileTree,
  type Listing,
} from "./file-tree.ts";
import { IgnoredTally } from "./ignored.ts";
import { Names } from "./names.ts";

/** A file with a path. */
export interface GivenFile<Content> {
  /** Path relative to the folder of photographs, with `/`. */
  readonly path: string;
  /** Its content, such as a `File`. */
  readonly content: Content;
}

/** What is directly in a folder. */
interface Folder<Content> {
  readonly folders: Set<string>;
  readonly files: Map<string, Content>;
}

/** A tree of given files. */
export class GivenFiles<Content extends Pick<Blob, "slice">> implements FileTree {
  /** The top folder, as errors call it. */
  readonly folder: string;
  readonly #folders = new Map<string, Folder<Content>>();

  /**
   * Makes a tree of files.
   *
   * @param files of two with the same path, the last counts
   * @param folder what errors call the top folder
   */
  constructor(files: Iterable<GivenFile<Content>>, folder: string) {
    this.folder = folder;
    this.#at(folder);
    for (const { path, content } of files) {
      const names = path.split("/").filter((name) => name !== "");
      const name = names.pop();
      if (name === undefined) continue;
      let directory = folder;
      for (const each of names) {
        this.#at(directory).folders.add(each);
        directory = this.inner(directory, each);
      }
      this.#at(directory).files.set(name, content);
    }
  }

  /** The content of a photograph that was found; undefined for another file. */
  contentOf(file: string): Content | undefined {
    const end = file.lastIndexOf("/");
    return this.#folders.get(file.slice(0, end))?.files.get(file.slice(end + 1));
  }

  async list(directory: string, prefix: string, signal: AbortSignal | undefined): Promise<Listing> {
    const found = this.#folders.get(directory);
    if (found === undefined) {
      const message = `Expected a folder of photographs at ${directory}, but it does not exist`;
      throw new TrainerError("FOLDER_NOT_FOUND", message, "Name a folder with one subfolder per class.");
    }
    const ignored = new IgnoredTally();
    const skips: Skip[] = [];
    const folders: string[] = [];
    const pictures = new Names();
    for (const name of found.folders) {
      const kind = kindOfName(name);
      if (kind === "hidden" || kind === "system") {
        ignored.add({ kind, extension: "", count: 1, example: composed(`${prefix}${name}`) });
      } else folders.push(name);
    }
    for (const [name, file] of found.files) {
      const path = composed(`${prefix}${name}`);
      const kind = kindOfName(name);
      if (kind === "picture") pictures.push(name);
      else if (kind === "other") {
        signal?.throwIfAborted();
        const content = kindOfContent(await headOf(file), path);
        if (content === "picture") pictures.push(name);
        else if (content === "other")
          ignored.add({ kind: "file", extension: extensionOf(name), count: 1, example: path });
        else skips.push(content);
      } else ignored.add({ kind, extension: "", count: 1, example: path });
    }
    return { real: directory, folders: folders.toSorted(byCodeUnits), pictures, skips, ignored: ignored.kinds };
  }

  inner(directory: string, name: string): string {
    return `${directory}/${name}`;
  }

  #at(directory: string): Folder<Content> {
    let folder = this.#folders.get(directory);
    if (folder === undefined) {
      folder = { folders: new Set(), files: new Map() };
      this.#folders.set(directory, folder);
    }
    return folder;
  }
}

/** The first bytes; none of a file that cannot be read. */
async function headOf(content: Pick<Blob, "slice">): Promise<Uint8Array> {
  try {
    return new Uint8Array(await content.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}
