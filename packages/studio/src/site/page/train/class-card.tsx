// A class that is being put together: its name, its photographs, and ways to add more.

import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { chosenFiles, droppedFiles, type GivenFile } from "../given-files.ts";
import type { Draft, DraftPhotograph } from "./drafts.ts";

/** Photographs that are shown, the latest first: more would take memory, not tell more. */
const SHOWN = 12;

export interface ClassCardProps {
  readonly draft: Draft;
  readonly onRename: (name: string) => void;
  readonly onAdd: (files: readonly GivenFile[]) => void;
  readonly onRemovePhotograph: (path: string) => void;
  readonly onRemove: () => void;
}

/** A card, which takes dropped photographs. */
export function ClassCard({ draft, onRename, onAdd, onRemovePhotograph, onRemove }: ClassCardProps): JSX.Element {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const { name, photographs } = draft;
  const shown = photographs.slice(-SHOWN).toReversed();
  const called = name.trim() === "" ? "this class" : name;

  return (
    <section
      class={isOver ? "class-card over" : "class-card"}
      aria-labelledby={id}
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
        if (event.dataTransfer !== null) void droppedFiles(event.dataTransfer).then(onAdd);
      }}
    >
      <div class="class-head">
        <label id={id}>
          <span class="quiet">Class</span>
          <input
            class="class-name"
            value={name}
            placeholder="Name"
            maxLength={80}
            spellcheck={false}
            onInput={({ currentTarget }) => onRename(currentTarget.value)}
          />
        </label>
        <button type="button" class="quiet-button" aria-label={`Remove the class ${called}`} onClick={onRemove}>
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
      <div class="class-actions">
        <button type="button" onClick={() => input.current?.click()}>
          Add photographs
        </button>
        <input
          ref={input}
          type="file"
          accept="image/*"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            onAdd(chosenFiles(currentTarget.files));
            currentTarget.value = "";
          }}
        />
      </div>
    </section>
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
