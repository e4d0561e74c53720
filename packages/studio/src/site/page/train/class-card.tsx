// A class that is being put together: its name, its photographs, and ways to add more.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { ChosenFile } from "../../engine/chosen-file.ts";
import { droppedFrom } from "../chosen-files.ts";
import { FileButton } from "../file-buttons.tsx";
import { ClassCamera } from "./class-camera.tsx";
import type { Draft, DraftPhotograph } from "./drafts.ts";

/** Photographs that are shown, the latest first: more would take memory, not tell more. */
const SHOWN = 12;

export interface ClassCardProps {
  readonly draft: Draft;
  readonly onRename: (name: string) => void;
  readonly onAdd: (files: readonly ChosenFile[]) => void;
  readonly onRemovePhotograph: (path: string) => void;
  readonly onRemove: () => void;
  /** Whether it takes photographs with the camera: one class at a time. */
  readonly isCameraOn: boolean;
  readonly onCamera: (isOn: boolean) => void;
  /** Gets the error of a folder that cannot be read. */
  readonly onError: (error: unknown) => void;
}

/** A card, which takes dropped photographs. */
export function ClassCard({
  draft,
  isCameraOn,
  onCamera,
  onRename,
  onAdd,
  onRemovePhotograph,
  onRemove,
  onError,
}: ClassCardProps): JSX.Element {
  const [isOver, setIsOver] = useState(false);
  const { name, photographs } = draft;
  const shown = photographs.slice(-SHOWN).toReversed();
  const called = name.trim() === "" ? "without a name" : name;

  return (
    <div
      role="group"
      class={isOver ? "class-card over" : "class-card"}
      aria-label={`Class ${called}`}
      onDragOver={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setIsOver(false);
        if (event.dataTransfer !== null) void droppedFrom(event.dataTransfer).then(onAdd, onError);
      }}
    >
      <div class="class-head">
        <label>
          <span class="note">Class</span>
          <input
            class="class-name"
            value={name}
            placeholder="Name"
            maxLength={80}
            spellcheck={false}
            onInput={({ currentTarget }) => onRename(currentTarget.value)}
          />
        </label>
        <button type="button" class="quiet" aria-label={`Remove the class ${called}`} onClick={onRemove}>
          Remove
        </button>
      </div>
      <p class="class-count" role="status">
        {photographs.length === 0 ? "No photographs yet: drop some here." : countText(photographs.length)}
      </p>
      <ul class="class-pictures">
        {shown.map((photograph) => (
          <li key={photograph.path}>
            <Thumbnail photograph={photograph} />
            <button
              type="button"
              class="remove-picture"
              aria-label={`Remove ${photograph.path}`}
              onClick={() => onRemovePhotograph(photograph.path)}
            >
              ×
            </button>
          </li>
        ))}
        {photographs.length > SHOWN && <li class="more">+{(photographs.length - SHOWN).toLocaleString("en")}</li>}
      </ul>
      {isCameraOn && <ClassCamera name={called} onTake={onAdd} />}
      <div class="class-actions">
        <FileButton accept="image/*" onFiles={onAdd}>
          Add photographs
        </FileButton>
        <button type="button" aria-pressed={isCameraOn} onClick={() => onCamera(!isCameraOn)}>
          Camera
        </button>
      </div>
    </div>
  );
}

/** A photograph, drawn by the browser from its file. */
function Thumbnail({ photograph: { path, file } }: { readonly photograph: DraftPhotograph }): JSX.Element {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return <img src={url} alt="" title={path} width="64" height="64" loading="lazy" decoding="async" />;
}

function countText(count: number): string {
  return count === 1 ? "1 photograph" : `${count.toLocaleString("en")} photographs`;
}
