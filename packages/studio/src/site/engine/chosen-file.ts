// Files that people give the page.

/** A file that was chosen or dropped. */
export interface ChosenFile {
  /** Where it was in what was chosen, with `/`. */
  readonly path: string;
  /** Its content. */
  readonly file: File;
}
