// The confusion matrix: a row per actual class, a column per predicted one. A cell opens its pictures.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { printable } from "../printable.ts";
import type { TestReport } from "../report-data.ts";
import { counted, sum, whole } from "./numbers.ts";
import { AttentionSwitch, Gallery } from "./pictures.tsx";
import { countOf, mostConfusedClasses, picturesOf } from "./ranking.ts";
import { Scrolling, useAnchor } from "./section.tsx";
import { InnerName, Name } from "./text.tsx";

/** More classes than this are too many for one look: the most confused ones come first. */
const MANY = 20;
const SHOWN = 12;

/** Up to this number, the names of columns are horizontal. */
const HORIZONTAL = 6;

/** A cell, by the indices of its classes. */
interface Cell {
  readonly actual: number;
  readonly predicted: number;
}

/** The matrix, and the dialog with a cell's pictures. */
export function ConfusionMatrix({ test }: { readonly test: TestReport }) {
  const { labels, confusion } = test.metrics;
  const [isWhole, setWhole] = useState(false);
  const [opened, setOpened] = useState<Cell | null>(null);
  useEffect(() => {
    // Paper does not scroll.
    const shorten = (): void => setWhole(false);
    addEventListener("beforeprint", shorten);
    return () => removeEventListener("beforeprint", shorten);
  }, []);
  const isPart = labels.length > MANY && !isWhole;
  const classes = isPart ? mostConfusedClasses(confusion, SHOWN) : labels.map((_, index) => index);
  return (
    <>
      {labels.length > MANY && (
        <p>
          <button type="button" class="fold" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole ? `Show only the ${SHOWN} most confused classes` : `Show all ${whole(labels.length)} classes`}
          </button>
        </p>
      )}
      <Scrolling label="Confusion matrix">
        <table class={classes.length > HORIZONTAL ? "matrix upright" : "matrix"}>
          <caption>
            Rows are actual classes, columns predicted ones
            {isPart ? `: the ${SHOWN} classes that are confused most` : ""}.
          </caption>
          <thead>
            <tr>
              <td />
              {classes.map((predicted) => (
                <th key={predicted} scope="col">
                  <Name text={labels[predicted] ?? ""} />
                </th>
              ))}
              {isPart && <th scope="col">others</th>}
            </tr>
          </thead>
          <tbody>
            {classes.map((actual) => {
              const total = sum(confusion[actual] ?? []);
              const shown = sum(classes.map((predicted) => countOf(confusion, actual, predicted)));
              return (
                <tr key={actual}>
                  <th scope="row">
                    <Name text={labels[actual] ?? ""} />
                  </th>
                  {classes.map((predicted) => (
                    <CountCell
                      key={predicted}
                      test={test}
                      cell={{ actual, predicted }}
                      total={total}
                      onOpen={setOpened}
                    />
                  ))}
                  {isPart && <td class="others">{whole(total - shown)}</td>}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scrolling>
      <CellDialog test={test} cell={opened} onClose={() => setOpened(null)} />
    </>
  );
}

interface CountCellProps {
  readonly test: TestReport;
  readonly cell: Cell;
  /** Number of pictures of the row. */
  readonly total: number;
  readonly onOpen: (cell: Cell) => void;
}

function CountCell({ test: { metrics, pictures }, cell, total, onOpen }: CountCellProps) {
  const { actual, predicted } = cell;
  const count = countOf(metrics.confusion, actual, predicted);
  if (count === 0) return <td class="zero">0</td>;
  const hasPictures = pictures.some((picture) => picture.actual === actual && picture.predicted === predicted);
  return (
    <td class={actual === predicted ? "count correct" : "count incorrect"} style={{ "--share": String(count / total) }}>
      {hasPictures ? (
        <button
          type="button"
          aria-haspopup="dialog"
          aria-label={`${counted(count, "picture")} of ${printable(metrics.labels[actual] ?? "")} classified as ${printable(metrics.labels[predicted] ?? "")}`}
          onClick={() => onOpen(cell)}
        >
          {whole(count)}
        </button>
      ) : (
        <span>{whole(count)}</span>
      )}
    </td>
  );
}

interface CellDialogProps {
  readonly test: TestReport;
  readonly cell: Cell | null;
  readonly onClose: () => void;
}

function CellDialog({ test, cell, onClose }: CellDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const anchor = useAnchor("cell-title");
  useLayoutEffect(() => {
    if (cell !== null && dialog.current?.open === false) dialog.current.showModal();
  }, [cell]);
  const { labels, confusion } = test.metrics;
  const pictures = cell === null ? [] : picturesOf(test.pictures, cell.actual, cell.predicted);
  const count = cell === null ? 0 : countOf(confusion, cell.actual, cell.predicted);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={anchor}
      onClose={onClose}
      onClick={({ target, currentTarget }) => {
        // Of all that is clicked, only the backdrop is the dialog itself.
        if (target === currentTarget) currentTarget.close();
      }}
    >
      {cell !== null && (
        <div class="sheet">
          <header>
            <h2 id={anchor}>
              <InnerName text={labels[cell.actual] ?? ""} /> classified as{" "}
              <InnerName text={labels[cell.predicted] ?? ""} />
            </h2>
            <button type="button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </header>
          <p class="lead">
            {counted(count, "picture")}
            {pictures.length < count ? `, of which the report has ${whole(pictures.length)}` : ""}, the most confident
            answers first
          </p>
          <AttentionSwitch pictures={pictures} />
          <Gallery key={`${cell.actual} ${cell.predicted}`} pictures={pictures} labels={labels} first={24} />
        </div>
      )}
    </dialog>
  );
}
