// Runs side by side, by letters: which is better, and what was different. On a screen, all sections of each run follow.

import { dot, lineY, ruleY, text } from "@observablehq/plot";
import type { EpochRecord } from "@silhouette/trainer";

import type { ComparisonReport, RunReport, Setting } from "../report-data.ts";
import { Chart } from "./chart.tsx";
import { domainOf, epochScale, labelShifts, ticksOf } from "./curves.tsx";
import { Fold } from "./fold.tsx";
import { counted, decimal, duration, f1, intervalText, letterOf, percent, sum, whole } from "./numbers.ts";
import { RunView } from "./run-view.tsx";
import { Contents, Scrolling, Section } from "./section.tsx";
import { InnerName, Name, Sentence } from "./text.tsx";
import { verdictOf } from "./verdict.ts";

/** Number of colors that runs have; dashes differ beyond them. */
const COLORS = 6;
const DASHES = ["none", "6 3", "2 3"];

/** Height of a run in the chart of accuracies, and of a chart of curves, in pixels. */
const ROW = 34;
const CURVES = 280;
const MARGIN = { top: 20, bottom: 44 };

/** Classes that a screen shows at first. */
const FIRST = 20;

/** A run, and how it is drawn. */
interface Keyed {
  readonly run: RunReport;
  readonly letter: string;
  readonly color: string;
  readonly dash: string;
}

/** The comparison, then each run. */
export function ComparisonView({ comparison }: { readonly comparison: ComparisonReport }) {
  const runs = comparison.runs.map((run, index) => ({
    run,
    letter: letterOf(index),
    color: `var(--run-${(index % COLORS) + 1})`,
    dash: DASHES[Math.floor(index / COLORS) % DASHES.length] ?? "none",
  }));
  return (
    <>
      <Section name="summary" title="Result">
        <p class="advice">
          <Sentence text={comparison.advice} />
        </p>
        <Accuracies runs={runs} />
        <Pairs comparison={comparison} />
      </Section>
      <Contents
        entries={[
          ["curves", "Curves"],
          ["classes", "Classes"],
          ["settings", "Settings"],
          ...runs.map(({ letter }) => [`run-${letter}`, `Run ${letter}`] as const),
        ]}
      />
      <Section
        name="curves"
        title="Curves"
        lead="On validation pictures; on training pictures for runs without any. A dot marks the best epoch."
      >
        <Legend runs={runs} />
        <div class="pair">
          <figure>
            <figcaption>Loss per picture, in nats</figcaption>
            <Overlaid
              name="Loss"
              runs={runs}
              value={({ loss, valLoss }) => valLoss ?? loss}
              format={decimal}
              digits={2}
            />
          </figure>
          <figure>
            <figcaption>Accuracy</figcaption>
            <Overlaid
              name="Accuracy"
              runs={runs}
              value={({ accuracy, valAccuracy }) => valAccuracy ?? accuracy}
              format={percent}
              digits={0}
            />
          </figure>
        </div>
      </Section>
      <Section
        name="classes"
        title="F1 by class"
        lead="The classes that the runs differ most in come first; the best of a row is bold."
      >
        <ClassesOf runs={runs} />
      </Section>
      <Section name="settings" title="Settings" lead="What differs comes first.">
        <SettingsOf runs={runs} />
      </Section>
      <p class="note paper">On a screen, this page also has the full report of each run.</p>
      <div class="full-runs">
        {runs.map(({ run, letter }) => (
          <Section
            key={letter}
            name={`run-${letter}`}
            prefix={`${letter}-`}
            title={
              <>
                <span class="letter">{letter}</span> <Name text={run.name} />
              </>
            }
          >
            <RunView run={run} />
          </Section>
        ))}
      </div>
    </>
  );
}

/** Each run's accuracy, as numbers and as dots with intervals. */
function Accuracies({ runs }: { readonly runs: readonly Keyed[] }) {
  const tested = runs.flatMap(({ run, ...key }) =>
    run.test === null || run.test.metrics.accuracy === null
      ? []
      : [{ ...key, share: run.test.metrics.accuracy, interval: run.test.metrics.interval95 }],
  );
  const least = Math.max(0, Math.min(...tested.map(({ interval: [low] }) => low)) - 0.02);
  return (
    <>
      <Scrolling label="Accuracy of the runs">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Accuracy</th>
              <th scope="col">95 % interval</th>
              <th scope="col">Correct</th>
              <th scope="col">Incorrect</th>
              <th scope="col">Training</th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ run, letter }) => (
              <tr key={letter}>
                <th scope="row">
                  <span class="letter">{letter}</span>{" "}
                  <a href={`#run-${letter}`}>
                    <InnerName text={run.name} />
                  </a>
                </th>
                <td>{percent(run.test?.metrics.accuracy ?? null)}</td>
                <td>{run.test === null ? "not tested" : intervalText(run.test.metrics.interval95).slice(INTERVAL)}</td>
                <td>{run.test === null ? "–" : whole(run.test.metrics.correct)}</td>
                <td>{run.test === null ? "–" : whole(run.test.metrics.incorrect)}</td>
                <td>
                  {counted(run.history.length, "epoch")}, {duration(run.training.seconds)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {tested.length > 0 && (
        <figure>
          <figcaption>Accuracy with 95 % intervals</figcaption>
          <Chart
            label={`Accuracy: ${tested.map(({ letter, share, interval }) => `${letter} ${percent(share)}, ${intervalText(interval)}`).join("; ")}`}
            height={ROW * tested.length + 46}
            options={{
              marginLeft: 34,
              marginRight: 24,
              marginBottom: 36,
              x: {
                domain: [least, 1],
                tickFormat: ticksOf([least, 1], percent, 0),
                label: null,
                grid: true,
                ticks: 5,
                tickSize: 0,
              },
              y: { type: "band", domain: tested.map(({ letter }) => letter), label: null, tickSize: 0 },
              marks: [
                ruleY(tested, {
                  y: "letter",
                  x1: ({ interval: [low] }: { interval: readonly [number, number] }) => low,
                  x2: ({ interval: [, high] }: { interval: readonly [number, number] }) => high,
                  stroke: "color",
                  strokeWidth: 3,
                }),
                dot(tested, { y: "letter", x: "share", r: 6, fill: "color", stroke: "var(--paper)", strokeWidth: 2 }),
                text(tested, {
                  y: "letter",
                  x: "share",
                  text: ({ share }: { share: number }) => percent(share),
                  dy: -14,
                  fill: "var(--ink)",
                }),
              ],
              color: { type: "identity" },
            }}
          />
        </figure>
      )}
    </>
  );
}

/** Number of characters of "95 % interval ". */
const INTERVAL = intervalText([0, 1]).indexOf("0.0");

/** The paired tests in words. */
function Pairs({ comparison: { runs, pairs } }: { readonly comparison: ComparisonReport }) {
  return (
    <>
      <ul class="verdicts">
        {runs.slice(1).map((_, index) => (
          <li key={letterOf(index + 1)}>{verdictOf(pairs[index] ?? null, letterOf(0), letterOf(index + 1))}</li>
        ))}
      </ul>
      <p class="note">
        McNemar's exact test on the test pictures that two runs share
        {pairs.length > 1 ? `; with ${whole(pairs.length)} tests, one may find a difference by chance` : ""}.
      </p>
    </>
  );
}

function Legend({ runs }: { readonly runs: readonly Keyed[] }) {
  return (
    <ul class="legend">
      {runs.map(({ run, letter, color, dash }) => (
        <li key={letter}>
          <svg viewBox="0 0 28 8" aria-hidden="true">
            <line x1="0" x2="28" y1="4" y2="4" stroke={color} stroke-width="3" stroke-dasharray={dash} />
          </svg>
          <span class="letter">{letter}</span> <Name text={run.name} />
        </li>
      ))}
    </ul>
  );
}

interface OverlaidProps {
  readonly name: string;
  readonly runs: readonly Keyed[];
  readonly value: (record: EpochRecord) => number;
  readonly format: (value: number, digits: number) => string;
  /** Decimals of a value as text; the axis may need more. */
  readonly digits: number;
}

/** The curve of each run in one chart. */
function Overlaid({ name, runs, value, format, digits }: OverlaidProps) {
  const curves = runs.map(({ run, ...key }) => ({
    ...key,
    best: run.bestEpoch,
    points: run.history
      .map((record) => ({ epoch: record.epoch, value: value(record) }))
      .filter((point) => Number.isFinite(point.value)),
  }));
  const points = curves.flatMap((curve) => curve.points);
  const domain = domainOf(points.map((point) => point.value));
  const shifts = labelShifts(
    curves.map((curve) => curve.points.at(-1)?.value ?? domain[0]),
    domain,
    CURVES - MARGIN.top - MARGIN.bottom,
  );
  const ends = curves.map(
    ({ letter, points: each }) => `${letter} ${format(each.at(-1)?.value ?? Number.NaN, digits)}`,
  );
  return (
    <Chart
      label={`${name} by epoch; in the last one: ${ends.join("; ")}`}
      height={CURVES}
      options={{
        marginTop: MARGIN.top,
        marginLeft: 52,
        marginRight: 36,
        marginBottom: MARGIN.bottom,
        x: epochScale(points.map(({ epoch }) => epoch)),
        y: {
          domain: [...domain],
          label: null,
          grid: true,
          ticks: 5,
          tickFormat: ticksOf(domain, format, digits),
          tickSize: 0,
        },
        marks: curves.flatMap(({ letter, color, dash, best, points: each }, index) => [
          lineY(each, {
            x: "epoch",
            y: "value",
            stroke: color,
            strokeWidth: 2,
            ...(dash === "none" ? {} : { strokeDasharray: dash }),
          }),
          dot(
            each.filter(({ epoch }) => epoch === best || each.length === 1),
            { x: "epoch", y: "value", r: 4.5, fill: color, stroke: "var(--paper)" },
          ),
          text(each.slice(-1), {
            x: "epoch",
            y: "value",
            text: () => letter,
            textAnchor: "start",
            dx: 8,
            dy: shifts[index] ?? 0,
            fill: color,
            fontWeight: 600,
          }),
        ]),
      }}
    />
  );
}

/** The head of a table with a column for each run. */
function RunsHead({ first, runs }: { readonly first: string; readonly runs: readonly Keyed[] }) {
  return (
    <tr>
      <th scope="col">{first}</th>
      {runs.map(({ letter }) => (
        <th key={letter} scope="col">
          {letter}
        </th>
      ))}
    </tr>
  );
}

/** F1 of each class that any run has. */
function ClassesOf({ runs }: { readonly runs: readonly Keyed[] }) {
  const labels = [...new Set(runs.flatMap(({ run }) => run.test?.metrics.labels ?? []))];
  const rows = labels
    .map((label) => ({ label, values: runs.map(({ run }) => f1Of(run, label)) }))
    .toSorted((a, b) => spread(b.values) - spread(a.values));
  if (rows.length === 0) return <p>None of the runs has been tested.</p>;
  return (
    <Fold total={rows.length} first={FIRST} what="classes">
      {(isBeyond) => (
        <Scrolling label="F1 by class and run">
          <table class="numbers">
            <thead>
              <RunsHead first="Class" runs={runs} />
            </thead>
            <tbody>
              {rows.map(({ label, values }, index) => (
                <tr key={label} class={isBeyond(index) ? "beyond" : undefined}>
                  <th scope="row">
                    <Name text={label} />
                  </th>
                  {values.map((value, column) => (
                    <td key={runs[column]?.letter}>
                      {value !== null && spread(values) > 0 && value === Math.max(...known(values)) ? (
                        <strong>{percent(value)}</strong>
                      ) : (
                        percent(value)
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </Fold>
  );
}

function f1Of({ test }: RunReport, label: string): number | null {
  const found = test?.metrics.perClass.find((each) => each.label === label);
  return found === undefined ? null : f1(found.precision, found.recall);
}

function known(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null);
}

/** The difference between the best and the worst of the values that are known. */
function spread(values: readonly (number | null)[]): number {
  const numbers = known(values);
  return numbers.length === 0 ? 0 : Math.max(...numbers) - Math.min(...numbers);
}

/** Every setting of any run, those that differ first and marked. */
function SettingsOf({ runs }: { readonly runs: readonly Keyed[] }) {
  const settings = runs.map(({ run }) => allSettings(run));
  const names = [...new Set(settings.flatMap((each) => each.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const values = settings.map((each) => each.find((setting) => setting.name === name)?.value ?? "–");
    return { name, values, differs: new Set(values).size > 1 };
  });
  const ordered = [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
  return (
    <Scrolling label="Settings of the runs">
      <table class="settings">
        <thead>
          <RunsHead first="Setting" runs={runs} />
        </thead>
        <tbody>
          {ordered.map(({ name, values, differs }) => (
            <tr key={name} class={differs ? "differs" : undefined}>
              <th scope="row">
                <Sentence text={name} />
                {differs && <span class="tag">differs</span>}
              </th>
              {values.map((value, column) => (
                <td key={runs[column]?.letter}>
                  <Sentence text={value} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

/** The settings, and what the run was trained on. */
function allSettings({ training: { source, counts, size, settings } }: RunReport): readonly Setting[] {
  return [
    { name: "Source", value: source },
    { name: "Training pictures", value: whole(sum(counts.train)) },
    { name: "Size", value: `${size.width} × ${size.height}` },
    ...settings,
  ];
}
