// All pictures with their answers, a page at a time; one of them can be opened.

import { counted, FileName, fileNameOf, InnerName, whole } from "@silhouette/report/parts";
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useMemo, useState } from "preact/hooks";

import type { Glance } from "../../engine/current-model.ts";
import { Verdict } from "./answer-view.tsx";
import type { ListedPicture } from "./picture-queue.ts";

export interface PictureGalleryProps {
  readonly pictures: readonly ListedPicture[];
  readonly labels: readonly string[];
  /** The picture that is open. */
  readonly selected: number | undefined;
  readonly onSelect: (id: number) => void;
  readonly onClear: () => void;
}

/** Pictures on a page, which is drawn at once: a multiple of 2, 3, 4 and 6 columns. */
const PAGE = 48;

/** What pictures are grouped by. */
type Group = { readonly kind: "class"; readonly label: string } | { readonly kind: "none" | "failed" | "waiting" };

/** The gallery. */
export function PictureGallery({ pictures, labels, selected, onSelect, onClear }: PictureGalleryProps): JSX.Element {
  const [filter, setFilter] = useState<string>();
  const [page, setPage] = useState(0);
  const keys = useMemo(() => pictures.map((picture) => keyOf(groupOf(picture))), [pictures]);
  const tally = new Map<string, number>();
  for (const key of keys) tally.set(key, (tally.get(key) ?? 0) + 1);
  const filters: readonly (readonly [string, JSX.Element | string])[] = [
    ...labels.map((label) => [keyOf({ kind: "class", label }), <InnerName key={label} text={label} />] as const),
    [keyOf({ kind: "none" }), "none of these"],
    [keyOf({ kind: "failed" }), "not classified"],
  ];
  const isFiltered = filter !== undefined && tally.has(filter);
  const shown = isFiltered ? pictures.filter((_, index) => keys[index] === filter) : pictures;
  const pages = Math.max(1, Math.ceil(shown.length / PAGE));
  const current = Math.min(page, pages - 1);
  const waiting = tally.get(keyOf({ kind: "waiting" })) ?? 0;
  const done = pictures.length - waiting;
  return (
    <section class="overview" aria-labelledby="overview-title">
      <header class="overview-head">
        <h2 id="overview-title">{counted(pictures.length, "photograph")}</h2>
        <progress
          class={waiting === 0 ? "done" : undefined}
          max={pictures.length}
          value={done}
          aria-label="Photographs classified"
        />
        <p class="note overview-count">{waiting > 0 && `${whole(done)} of ${whole(pictures.length)} classified`}</p>
        <button type="button" onClick={onClear}>
          {waiting > 0 ? "Stop and clear" : "Clear"}
        </button>
      </header>
      <div class="filters" role="group" aria-label="Show">
        <Filter count={pictures.length} isOn={!isFiltered} onClick={() => setFilter(undefined)}>
          all
        </Filter>
        {filters.map(([key, text]) => {
          const count = tally.get(key);
          if (count === undefined) return null;
          const choose = (): void => {
            setFilter(key);
            setPage(0);
          };
          return (
            <Filter key={key} count={count} isOn={isFiltered && filter === key} onClick={choose}>
              {text}
            </Filter>
          );
        })}
      </div>
      <ul class="cards">
        {shown.slice(PAGE * current, PAGE * (current + 1)).map((picture) => (
          <li key={picture.id}>
            <PictureCard picture={picture} isSelected={picture.id === selected} onSelect={onSelect} />
          </li>
        ))}
      </ul>
      {pages > 1 && (
        <nav class="pages" aria-label="Pages of photographs">
          <button type="button" disabled={current === 0} onClick={() => setPage(current - 1)}>
            Previous page
          </button>
          <span>
            Page {whole(current + 1)} of {whole(pages)}
          </span>
          <button type="button" disabled={current === pages - 1} onClick={() => setPage(current + 1)}>
            Next page
          </button>
        </nav>
      )}
    </section>
  );
}

function groupOf({ result }: ListedPicture): Group {
  if (result === undefined) return { kind: "waiting" };
  if ("message" in result) return { kind: "failed" };
  return result.noneOfThese ? { kind: "none" } : { kind: "class", label: result.classes[0]?.label ?? "" };
}

/** No two groups have the same: labels may be any text. */
function keyOf(group: Group): string {
  return group.kind === "class" ? `class ${group.label}` : group.kind;
}

interface FilterProps {
  readonly count: number;
  readonly isOn: boolean;
  readonly onClick: () => void;
  readonly children: JSX.Element | string;
}

function Filter({ count, isOn, onClick, children }: FilterProps): JSX.Element {
  return (
    <button type="button" class="filter" aria-pressed={isOn} onClick={onClick}>
      {children} <span class="count">{whole(count)}</span>
    </button>
  );
}

interface PictureCardProps {
  readonly picture: ListedPicture;
  readonly isSelected: boolean;
  readonly onSelect: (id: number) => void;
}

/** Drawn again only if its picture changes: there may be thousands of updates. */
const PictureCard = memo(function PictureCard({ picture, isSelected, onSelect }: PictureCardProps): JSX.Element {
  const { id, path, result } = picture;
  if (result !== undefined && "message" in result) {
    return (
      <div class="shot failed">
        <p>
          <FileName path={path} /> {result.message}.
        </p>
      </div>
    );
  }
  return (
    <button
      type="button"
      class="shot"
      title={fileNameOf(path)}
      aria-current={isSelected ? "true" : undefined}
      onClick={() => onSelect(id)}
    >
      <span class="shot-pictures">
        {result === undefined ? <span class="waiting" /> : <Pictures glance={result} />}
      </span>
      <span class="shot-verdict">{result === undefined ? "\u00A0" : <Verdict answer={result} />}</span>
      <span class="shot-name">{fileNameOf(path)}</span>
    </button>
  );
});

function Pictures({ glance: { thumbnail, seen } }: { readonly glance: Glance }): JSX.Element {
  return (
    <>
      <img src={thumbnail} alt="" decoding="async" />
      <img class="crisp" src={seen} alt="" decoding="async" />
    </>
  );
}
