// Files that are read from anywhere: a folder, the content of an archive, the origin private file system of a page.

import { systemErrorCode } from "./errors.ts";

/**
 * Reads a file.
 *
 * @param path with `/`, relative to the folder that is read
 * @returns its bytes; undefined if there is no such file
 */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** The content of a file, or why there is none. */
export type Opened =
  | { readonly bytes: Uint8Array }
  | {
      readonly bytes: undefined;
      readonly isMissing: boolean;
      /** The reason, as the end of a sentence that begins with the file. */
      readonly reason: string;
      readonly cause: unknown;
    };

/** Reads a file. Never throws. */
export async function opened(read: ReadFile, path: string): Promise<Opened> {
  try {
    const bytes = await read(path);
    if (bytes !== undefined) return { bytes };
    return { bytes, isMissing: true, reason: "does not exist", cause: undefined };
  } catch (cause) {
    const code = systemErrorCode(cause);
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    return { bytes: undefined, isMissing, reason: `cannot be opened (${code ?? String(cause)})`, cause };
  }
}

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder("utf-8", { ignoreBOM: true }) };

/** The bytes of a text in UTF-8. */
export function textBytes(text: string): Uint8Array {
  return utf8.encoder.encode(text);
}

/** The text of bytes in UTF-8; a byte order mark stays. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decoder.decode(bytes);
}
