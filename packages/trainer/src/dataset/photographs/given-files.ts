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

/** A file: `File` and `Blob` have what is needed of it. */
export interface GivenFile {
  /** Path relative to the folder of photographs, with `/`. */
  readonly path: string;
  /** Its content. */
  readonly content: Pick<Blob, "slice">;
}

/** What is directly in a folder. */
interface Content {
  readonly folders: Set<string>;
  readonly files: Map<string, GivenFile>;
}

/** A tree of the given files. Its top folder is the empty string. */
export class GivenFiles implements FileTree {
  readonly #folders = new Map<string, Content>([["", empty()]]);

  /** @param files of two with the same path, the last counts */
  constructor(files: Iterable<GivenFile>) {
    for (const file of files) {
      const names = file.path.split("/").filter((name) => name !== "");
      const name = names.pop();
      if (name === undefined) continue;
      let folder = "";
      for (const each of names) {
        this.#content(folder).folders.add(each);
        folder = this.inner(folder, each);
      }
      this.#content(folder).files.set(name, file);
    }
  }

  async list(directory: string, prefix: string, signal: AbortSignal | undefined): Promise<Listing> {
    const content = this.#folders.get(directory);
    if (content === undefined) {
      const message = `Expected a folder of photographs at ${directory}, but it does not exist`;
      throw new TrainerError("FOLDER_NOT_FOUND", message, "Name a folder with one subfolder per class.");
    }
    const ignored = new IgnoredTally();
    const skips: Skip[] = [];
    const [folders, pictures]: [string[], string[]] = [[], []];
    for (const name of content.folders) {
      const kind = kindOfName(name);
      if (kind === "hidden" || kind === "system") {
        ignored.add({ kind, extension: "", count: 1, example: composed(`${prefix}${name}`) });
      } else folders.push(name);
    }
    for (const [name, file] of content.files) {
      const path = composed(`${prefix}${name}`);
      const kind = kindOfName(name);
      if (kind === "picture") pictures.push(name);
      else if (kind === "other") {
        signal?.throwIfAborted();
        const found = kindOfContent(await headOf(file), path);
        if (found === "picture") pictures.push(name);
        else if (found === "other")
          ignored.add({ kind: "file", extension: extensionOf(name), count: 1, example: path });
        else skips.push(found);
      } else ignored.add({ kind, extension: "", count: 1, example: path });
    }
    return { real: directory, folders: folders.toSorted(byCodeUnits), pictures, skips, ignored: ignored.kinds };
  }

  inner(directory: string, name: string): string {
    return directory === "" ? name : `${directory}/${name}`;
  }

  #content(folder: string): Content {
    let content = this.#folders.get(folder);
    if (content === undefined) {
      content = empty();
      this.#folders.set(folder, content);
    }
    return content;
  }
}

function empty(): Content {
  return { folders: new Set(), files: new Map() };
}

/** The first bytes; none of a file that cannot be read. */
async function headOf({ content }: GivenFile): Promise<Uint8Array> {
  try {
    return new Uint8Array(await content.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}
