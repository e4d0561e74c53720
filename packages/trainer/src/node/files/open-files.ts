// Files that are read at any place. Only a few of them are open at a time: a dataset may have more files than a process may open.

import { open, type FileHandle } from "node:fs/promises";

/** Number of files that are open at a time, as far as reading allows. */
const MOST_OPEN = 64;

/** An open file. */
interface OpenFile {
  readonly handle: Promise<FileHandle>;
  /** Number of reads in progress. */
  readers: number;
}

/** Files that are opened when they are read, and closed when others are. */
export class OpenFiles {
  /** By path, the one that has not been read for the longest time first. */
  readonly #open = new Map<string, OpenFile>();

  /**
   * Reads `length` bytes of the file `path` from `offset`; fewer only at the end.
   *
   * @throws the system's error
   */
  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const file = this.#open.get(path) ?? { handle: open(path), readers: 0 };
    this.#open.delete(path);
    this.#open.set(path, file);
    file.readers++;
    try {
      return await readFrom(await file.handle, offset, length);
    } finally {
      file.readers--;
      await this.#closeSome();
    }
  }

  /** Closes the file `path`, if it is open. */
  async close(path: string): Promise<void> {
    const file = this.#open.get(path);
    this.#open.delete(path);
    await closed(file);
  }

  /** Closes all files. */
  async closeAll(): Promise<void> {
    for (const path of this.#open.keys()) await this.close(path);
  }

  async #closeSome(): Promise<void> {
    for (const [path, { readers }] of this.#open) {
      if (this.#open.size <= MOST_OPEN) return;
      if (readers === 0) await this.close(path);
    }
  }
}

/** Closes a file that could be opened. */
async function closed(file: OpenFile | undefined): Promise<void> {
  const handle = await file?.handle.catch(() => undefined);
  await handle?.close();
}

async function readFrom(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
