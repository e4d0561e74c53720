// Buttons that let files or a folder be chosen.

import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";

import type { ChosenFile } from "../engine/chosen-file.ts";
import { chosenFrom } from "./chosen-files.ts";

/** What a button lets be chosen. */
export interface FileButtonProps {
  /** Whether a folder is chosen, with all files in it. Default: any number of files. */
  readonly isFolder?: boolean;
  /** What file dialogs offer, as in `accept`. Default: all files. */
  readonly accept?: string;
  /** Whether it is the main button of its place. */
  readonly isMain?: boolean;
  /** Gets the files. */
  readonly onFiles: (files: readonly ChosenFile[]) => void;
  /** Its text. */
  readonly children: ComponentChildren;
}

/** A button that opens the system's dialog. */
export function FileButton({
  isFolder = false,
  accept,
  isMain = false,
  onFiles,
  children,
}: FileButtonProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={isMain ? "main" : undefined} onClick={() => input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={accept}
        // Preact has no property of this name.
        {...(isFolder ? { webkitdirectory: true } : {})}
        onChange={({ currentTarget }) => {
          const files = chosenFrom(currentTarget.files);
          // The same files can be chosen again.
          currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}
