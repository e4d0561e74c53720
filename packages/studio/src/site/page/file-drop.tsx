// Lets files and folders be dropped anywhere on the page, or pasted.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { ChosenFile } from "../engine/chosen-file.ts";
import { chosenFrom, droppedFrom } from "./chosen-files.ts";

/** What is done with files. */
export interface FileDropProps {
  /** Whether files are taken: only one place of the page takes them at a time. */
  readonly isActive: boolean;
  /** What the page says while files are above it. */
  readonly text: string;
  /** Gets the files. */
  readonly onFiles: (files: readonly ChosenFile[]) => void;
  /** Gets the error of a folder that cannot be read. */
  readonly onError: (error: unknown) => void;
}

/** Covers the page while files are above it. */
export function FileDrop({ isActive, text, onFiles, onError }: FileDropProps): JSX.Element | null {
  const [isAbove, setAbove] = useState(false);
  const take = useRef({ onFiles, onError });
  take.current = { onFiles, onError };

  useEffect(() => {
    if (!isActive) return undefined;
    const stop = new AbortController();
    const { signal } = stop;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
    addEventListener(
      "dragover",
      (event) => {
        if (!hasFiles(event)) return;
        // Otherwise the browser opens the file in place of the page.
        event.preventDefault();
        setAbove(true);
      },
      { signal },
    );
    addEventListener(
      "dragleave",
      ({ relatedTarget }) => {
        if (relatedTarget === null) setAbove(false);
      },
      { signal },
    );
    addEventListener(
      "drop",
      (event) => {
        setAbove(false);
        if (!hasFiles(event) || event.dataTransfer === null) return;
        event.preventDefault();
        droppedFrom(event.dataTransfer).then(
          (files) => take.current.onFiles(files),
          (error: unknown) => take.current.onError(error),
        );
      },
      { signal },
    );
    addEventListener(
      "paste",
      ({ clipboardData }) => {
        const files = chosenFrom(clipboardData?.files ?? null);
        if (files.length > 0) take.current.onFiles(files);
      },
      { signal },
    );
    return () => {
      stop.abort();
      setAbove(false);
    };
  }, [isActive]);

  return isAbove ? (
    <div class="drop-cover" aria-hidden="true">
      <p>{text}</p>
    </div>
  ) : null;
}
