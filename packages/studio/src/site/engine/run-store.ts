// Runs in the browser's storage: folders of the origin private file system, with the files of a run folder of `silhouette train`.
//
// A file is replaced when it is closed: a page that is closed or crashes in between leaves the one before.

import { StudioError } from "../../problem.ts";

/** The folder of all runs. */
const RUNS = "runs";

/** All runs that this browser has stored for this address. */
export class RunStore {
  readonly #folder: FileSystemDirectoryHandle;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /** @throws {StudioError} `STORAGE_UNAVAILABLE` where the browser has none, such as in private windows */
  static async open(): Promise<RunStore> {
    try {
      const root = await navigator.storage.getDirectory();
      return new RunStore(await root.getDirectoryHandle(RUNS, { create: true }));
    } catch (cause) {
      throw new StudioError(
        "STORAGE_UNAVAILABLE",
        "Expected storage for runs, but this browser provides none here",
        "Open the page in a window that is not private, and allow it to store data.",
        { cause },
      );
    }
  }

  /** Names of the runs, in the order of their creation, which their names begin with. */
  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const [name, handle] of this.#folder.entries()) if (handle.kind === "directory") names.push(name);
    return names.toSorted();
  }

  /** A run, which is created if there is none of this name. */
  async run(name: string): Promise<StoredRun> {
    return new StoredRun(name, await this.#folder.getDirectoryHandle(name, { create: true }));
  }

  /** Removes a run with all of its files. */
  async remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name, { recursive: true });
  }
}

/** The files of a run, by paths with `/`. */
export class StoredRun {
  /** Name of the run. */
  readonly name: string;
  readonly #folder: FileSystemDirectoryHandle;

  constructor(name: string, folder: FileSystemDirectoryHandle) {
    this.name = name;
    this.#folder = folder;
  }

  /**
   * Writes a file, which is replaced once all of it is written.
   *
   * @throws {StudioError} `STORAGE_FULL`; the file then is what it was before
   */
  async write(
    path: string,
    chunks: Iterable<Uint8Array<ArrayBuffer>> | AsyncIterable<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    const [folder, name] = await this.#place(path, true);
    const file = await folder.getFileHandle(name, { create: true });
    const writable = await file.createWritable();
    try {
      for await (const chunk of chunks) await writable.write(chunk);
      await writable.close();
    } catch (cause) {
      await writable.abort().catch(() => undefined);
      if (!(cause instanceof DOMException) || cause.name !== "QuotaExceededError") throw cause;
      throw new StudioError(
        "STORAGE_FULL",
        `Expected to store ${path} of the run ${this.name}, but this browser's storage for the page is full`,
        "Download runs and remove them here, or free space on the disk; then continue the training.",
        { cause },
      );
    }
  }

  /** A file; undefined if there is none. */
  async read(path: string): Promise<File | undefined> {
    try {
      const [folder, name] = await this.#place(path, false);
      return await (await folder.getFileHandle(name)).getFile();
    } catch (error) {
      if (error instanceof DOMException && (error.name === "NotFoundError" || error.name === "TypeMismatchError"))
        return undefined;
      throw error;
    }
  }

  /** Removes a file, if there is one. */
  async remove(path: string): Promise<void> {
    if ((await this.read(path)) === undefined) return;
    const [folder, name] = await this.#place(path, false);
    await folder.removeEntry(name);
  }

  /** Paths of all files, sorted. */
  async paths(): Promise<readonly string[]> {
    const paths: string[] = [];
    for await (const path of pathsIn(this.#folder, "")) paths.push(path);
    return paths.toSorted();
  }

  async #place(path: string, create: boolean): Promise<readonly [FileSystemDirectoryHandle, string]> {
    const names = path.split("/");
    const name = names.pop() ?? "";
    let folder = this.#folder;
    for (const each of names) folder = await folder.getDirectoryHandle(each, { create });
    return [folder, name];
  }
}

async function* pathsIn(folder: FileSystemDirectoryHandle, prefix: string): AsyncGenerator<string, void, undefined> {
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === "directory") yield* pathsIn(handle, `${prefix}${name}/`);
    // Files that browsers write while others are replaced.
    else if (!name.endsWith(".crswap")) yield `${prefix}${name}`;
  }
}
