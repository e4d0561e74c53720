// Loss and accuracy by epoch, of one run.

import { dot, lineY, pointerX, ruleX, text, tip } from "@observablehq/plot";
import type { EpochRecord } from "@silhouette/trainer";

import { Chart } from "./chart.tsx";
import { counted, decimal, duration, percent, tickDigits } from "./numbers.ts";
import { Fold } from "./fold.tsx";
import { Scrolling } from "./section.tsx";

/** In pixels: a chart's height, its margins, and the least distance between the labels of two lines. */
const HEIGHT = 260;
const MARGIN = { top: 28, right: 76, bottom: 44, left: 52 };
const LABEL = 15;

/** Up to this number, each epoch has a dot. */
const DOTS = 40;

/** A value of an epoch. */
interface Point {
  readonly epoch: number;
  readonly value: number;
}

/** A line and its name. */
interface Curve {
  readonly name: "training" | "validation";
  readonly points: readonly Point[];
}

export interface CurvesProps {
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number | null;
}

/** Both charts, and their values as a table. */
export function Curves({ history, bestEpoch }: CurvesProps) {
  const loss = curvesOf(
    history,
    ({ loss: value }) => value,
    ({ valLoss }) => valLoss,
  );
  const accuracy = curvesOf(
    history,
    ({ accuracy: value }) => value,
    ({ valAccuracy }) => valAccuracy,
  );
  return (
    <>
      <div class="pair">
        <figure>
          <figcaption>Loss per picture, in nats</figcaption>
          <EpochChart name="Loss" curves={loss} bestEpoch={bestEpoch} format={decimal} digits={2} />
        </figure>
        <figure>
          <figcaption>Accuracy</figcaption>
          <EpochChart name="Accuracy" curves={accuracy} bestEpoch={bestEpoch} format={percent} digits={0} />
        </figure>
      </div>
      <details>
        <summary>Values of {counted(history.length, "epoch")}</summary>
        <Fold total={history.length} first={100} what="epochs">
          {(isBeyond) => (
            <Scrolling label="Values by epoch">
              <table class="numbers">
                <thead>
                  <tr>
                    <th scope="col">Epoch</th>
                    <th scope="col">Training loss</th>
                    <th scope="col">Validation loss</th>
                    <th scope="col">Training accuracy</th>
                    <th scope="col">Validation accuracy</th>
                    <th scope="col">Duration</th>
                  </tr>
                </thead>
                <tbody>
                  {history.map((record, index) => (
                    <tr key={record.epoch} class={isBeyond(index) ? "beyond" : undefined}>
                      <th scope="row">
                        {record.epoch}
                        {record.epoch === bestEpoch && <span class="tag">best</span>}
                      </th>
                      <td>{decimal(record.loss, 4)}</td>
                      <td>{decimal(record.valLoss, 4)}</td>
                      <td>{percent(record.accuracy)}</td>
                      <td>{percent(record.valAccuracy)}</td>
                      <td>{duration(record.seconds)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scrolling>
          )}
        </Fold>
      </details>
    </>
  );
}

/** The curves that have values. Values that are not finite are left out: a loss that has become NaN ends its line. */
function curvesOf(
  history: readonly EpochRecord[],
  training: (record: EpochRecord) => number,
  validation: (record: EpochRecord) => number | null,
): readonly Curve[] {
  const pointsOf = (value: (record: EpochRecord) => number | null): readonly Point[] =>
    history.flatMap((record) => {
      const each = value(record);
      return each === null || !Number.isFinite(each) ? [] : [{ epoch: record.epoch, value: each }];
    });
  const curves: readonly Curve[] = [
    { name: "training", points: pointsOf(training) },
    { name: "validation", points: pointsOf(validation) },
  ];
  return curves.filter(({ points }) => points.length > 0);
}

interface EpochChartProps {
  readonly name: string;
  readonly curves: readonly Curve[];
  readonly bestEpoch: number | null;
  /** A value as text. */
  readonly format: (value: number, digits: number) => string;
  /** Its decimals; the axis may need more. */
  readonly digits: number;
}

function EpochChart({ name, curves, bestEpoch, format, digits }: EpochChartProps) {
  const points = curves.flatMap(({ points: each }) => each);
  const y = domainOf(points.map(({ value }) => value));
  const shifts = labelShifts(
    curves.map(({ points: each }) => each.at(-1)?.value ?? 0),
    y,
    HEIGHT - MARGIN.top - MARGIN.bottom,
  );
  return (
    <Chart
      label={describe(name, curves, bestEpoch, (value) => format(value, digits))}
      height={HEIGHT}
      options={{
        marginTop: MARGIN.top,
        marginRight: MARGIN.right,
        marginBottom: MARGIN.bottom,
        marginLeft: MARGIN.left,
        x: epochScale(points.map(({ epoch }) => epoch)),
        y: { domain: [...y], label: null, grid: true, ticks: 5, tickFormat: ticksOf(y, format, digits), tickSize: 0 },
        marks: [
          ...(bestEpoch === null
            ? []
            : [
                ruleX([bestEpoch], { stroke: "var(--muted)", strokeDasharray: "2 3" }),
                text([`best: ${bestEpoch}`], {
                  x: () => bestEpoch,
                  frameAnchor: "top",
                  dy: -16,
                  fill: "var(--muted)",
                }),
              ]),
          ...curves.flatMap(({ name: split, points: each }, index) => {
            const color = `var(--${split})`;
            return [
              lineY(each, {
                x: "epoch",
                y: "value",
                stroke: color,
                strokeWidth: 2,
                ...(split === "training" ? { strokeDasharray: "5 3" } : {}),
              }),
              ...(each.length <= DOTS
                ? [dot(each, { x: "epoch", y: "value", r: each.length === 1 ? 5 : 2.5, fill: color })]
                : []),
              text(each.slice(-1), {
                x: "epoch",
                y: "value",
                text: () => split,
                textAnchor: "start",
                dx: 9,
                dy: shifts[index] ?? 0,
                fill: color,
              }),
              tip(
                each,
                pointerX({
                  x: "epoch",
                  y: "value",
                  title: ({ epoch, value }: Point) => `epoch ${epoch}, ${split}: ${format(value, digits + 1)}`,
                }),
              ),
            ];
          }),
        ],
      }}
    />
  );
}

/** The scale of epochs: whole numbers, and room around a single one. */
export function epochScale(epochs: readonly number[]): {
  readonly label: string;
  readonly domain: number[];
  readonly ticks: number[];
  readonly tickFormat: "d";
} {
  const [first, last] = [Math.min(...epochs, Infinity), Math.max(...epochs, 1)];
  const from = Math.min(first, last);
  const step = Math.max(1, Math.ceil((last - from) / 6));
  const ticks = Array.from({ length: Math.floor((last - from) / step) + 1 }, (_, index) => from + index * step);
  return {
    label: "epoch",
    domain: from === last ? [from - 1, last + 1] : [from, last],
    ticks,
    tickFormat: "d",
  };
}

/** The range of `values`, with some room. */
export function domainOf(values: readonly number[]): readonly [low: number, high: number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low || Math.abs(high) || 1);
  return [Math.max(0, low - room), high + room];
}

/**
 * By how many pixels the labels of lines have to move down so that they do not touch, each as little as possible. Labels that would touch
 * become a block around the mean of their places: isotonic regression by pooling adjacent violators.
 *
 * @param values what the labels stand at
 * @param domain range of the axis, which is `height` pixels high
 */
export function labelShifts(
  values: readonly number[],
  [low, high]: readonly [low: number, high: number],
  height: number,
): readonly number[] {
  const wanted = values
    .map((value, index) => ({ index, place: ((high - value) / (high - low)) * height }))
    .toSorted((a, b) => a.place - b.place);
  const blocks: { first: number; members: number; mean: number }[] = [];
  for (const [rank, { place }] of wanted.entries()) {
    let block = { first: rank, members: 1, mean: place - rank * LABEL };
    for (let above = blocks.at(-1); above !== undefined && above.mean > block.mean; above = blocks.at(-1)) {
      blocks.pop();
      const members = above.members + block.members;
      const mean = (above.mean * above.members + block.mean * block.members) / members;
      block = { first: above.first, members, mean };
    }
    blocks.push(block);
  }
  const shifts = values.map(() => 0);
  for (const { first, members, mean } of blocks) {
    for (const [offset, { index, place }] of wanted.slice(first, first + members).entries()) {
      shifts[index] = mean + (first + offset) * LABEL - place;
    }
  }
  return shifts;
}

/** The text of ticks: with as many decimals as the axis needs. Percentages need two fewer than the values that they are of. */
export function ticksOf(
  [low, high]: readonly [low: number, high: number],
  format: (value: number, digits: number) => string,
  digits: number,
): (value: number) => string {
  const needed = tickDigits(format === percent ? 100 * (high - low) : high - low, digits);
  return (value) => format(value, needed);
}

function describe(
  name: string,
  curves: readonly Curve[],
  bestEpoch: number | null,
  format: (value: number) => string,
): string {
  const parts = curves.map(({ name: split, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) return split;
    return first === last
      ? `${split} ${format(first.value)} in epoch ${first.epoch}`
      : `${split} from ${format(first.value)} in epoch ${first.epoch} to ${format(last.value)} in epoch ${last.epoch}`;
  });
  return `${name} by epoch: ${parts.join("; ")}${bestEpoch === null ? "" : `; best epoch ${bestEpoch}`}`;
}
