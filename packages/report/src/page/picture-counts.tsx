// Pictures per class and split: a table whose bars are its chart.

import type { Split } from "@silhouette/trainer";

import { Fold } from "./fold.tsx";
import { sum, whole } from "./numbers.ts";
import { Scrolling } from "./section.tsx";
import { Name } from "./text.tsx";

/** Classes that a screen shows at first. */
const FIRST = 20;

const SPLITS = [
  ["train", "Training"],
  ["val", "Validation"],
  ["test", "Test"],
] as const;

export interface PictureCountsProps {
  readonly labels: readonly string[];
  readonly counts: Readonly<Record<Split, readonly number[]>>;
}

/** A row per class, and the totals. */
export function PictureCounts({ labels, counts }: PictureCountsProps) {
  const totals = labels.map((_, index) => sum(SPLITS.map(([split]) => counts[split][index] ?? 0)));
  const most = Math.max(...totals, 1);
  return (
    <Fold total={labels.length} first={FIRST} what="classes">
      {(isBeyond) => (
        <Scrolling label="Pictures per class and split">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">Class</th>
                {SPLITS.map(([split, title]) => (
                  <th key={split} scope="col">
                    <span class={`swatch ${split}`} aria-hidden="true" />
                    {title}
                  </th>
                ))}
                <th scope="col" class="wide">
                  All
                </th>
              </tr>
            </thead>
            <tbody>
              {labels.map((label, index) => (
                <tr key={label} class={isBeyond(index) ? "beyond" : undefined}>
                  <th scope="row">
                    <Name text={label} />
                  </th>
                  {SPLITS.map(([split]) => (
                    <td key={split}>{whole(counts[split][index] ?? 0)}</td>
                  ))}
                  <td class="wide">
                    <span class="stacked">
                      <span class="stack" aria-hidden="true">
                        {SPLITS.map(([split]) => (
                          <span
                            key={split}
                            class={split}
                            style={{ width: `${(100 * (counts[split][index] ?? 0)) / most}%` }}
                          />
                        ))}
                      </span>
                      {whole(totals[index] ?? 0)}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">All classes</th>
                {SPLITS.map(([split]) => (
                  <td key={split}>{whole(sum(counts[split]))}</td>
                ))}
                <td class="wide">{whole(sum(totals))}</td>
              </tr>
            </tfoot>
          </table>
        </Scrolling>
      )}
    </Fold>
  );
}
