// What workers have besides pages, as far as it is used.

/** Reads files at once. */
declare class FileReaderSync {
  /** The content of a file as a `data:` URL. */
  readAsDataURL(file: Blob): string;
}
