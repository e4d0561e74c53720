// One run: the result, then what explains it, then how to repeat it.

import type { ComponentChildren } from "preact";

import type { ReportPicture, RunReport, TestReport } from "../report-data.ts";
import { IntervalBar } from "./bar.tsx";
import { Calibration } from "./calibration.tsx";
import { ClassTable } from "./class-table.tsx";
import { ConfusionMatrix } from "./confusion-matrix.tsx";
import { Curves } from "./curves.tsx";
import { PictureCounts } from "./picture-counts.tsx";
import { AttentionSwitch, Gallery, Mark, WithAttention } from "./pictures.tsx";
import { counted, duration, intervalText, percent, sum, whole } from "./numbers.ts";
import { confusedPairs, mistakesOf, picturesOf, type ConfusedPair } from "./ranking.ts";
import { Contents, Heading, Section } from "./section.tsx";
import { Command, Settings } from "./settings.tsx";
import { Name, Sentence } from "./text.tsx";

/** Pairs of confused classes that have pictures, and pictures of each direction. */
const PAIRS = 5;
const PER_DIRECTION = 3;

/** All sections of a run. */
export function RunView({ run }: { readonly run: RunReport }) {
  const { test, history, bestEpoch, training } = run;
  return (
    <WithAttention>
      <Summary run={run} />
      <Contents entries={sectionsOf(run)} />
      {history.length > 0 && (
        <Section name="curves" title="Curves" lead={bestEpochText(run)}>
          <Curves history={history} bestEpoch={bestEpoch} />
        </Section>
      )}
      {test !== null && <TestSections test={test} />}
      {!isImported(run) && (
        <Section name="pictures" title="Pictures it was trained on">
          <PictureCounts labels={training.labels} counts={training.counts} />
        </Section>
      )}
      <Section
        name="settings"
        title="What was run"
        lead={
          training.command === null
            ? "The model was imported, and not trained here."
            : "The command repeats the run with all its settings."
        }
      >
        {training.command !== null && <Command command={training.command} />}
        <Settings settings={training.settings} />
      </Section>
    </WithAttention>
  );
}

/** Whether the run's model was imported: then nothing is known of its training. */
function isImported({ training }: RunReport): boolean {
  return training.command === null;
}

function sectionsOf(run: RunReport): readonly (readonly [name: string, title: string])[] {
  const { history, test } = run;
  return [
    ...(history.length > 0 ? ([["curves", "Curves"]] as const) : []),
    ...(test === null
      ? []
      : ([
          ["confusion", "Confusion matrix"],
          ["classes", "Classes"],
          ["calibration", "Calibration"],
          ["mistakes", "Mistakes"],
          ...(test.metrics.incorrect > 0 ? ([["pairs", "Confused pairs"]] as const) : []),
        ] as const)),
    ...(isImported(run) ? [] : ([["pictures", "Pictures"]] as const)),
    ["settings", "Settings"],
  ];
}

function bestEpochText({ history, bestEpoch }: RunReport): string {
  if (bestEpoch === null) return counted(history.length, "epoch");
  const by = history.some(({ valLoss }) => valLoss !== null)
    ? "validation loss"
    : "training loss: there were no validation pictures";
  return `${counted(history.length, "epoch")}. Epoch ${bestEpoch} has the lowest ${by}.`;
}

/** The result in one look. */
function Summary({ run }: { readonly run: RunReport }) {
  const { test, training, history, bestEpoch, advice } = run;
  const { labels, counts, source, size, seconds } = training;
  const best = history.find(({ epoch }) => epoch === bestEpoch);
  return (
    <Section name="summary" title={test === null ? "Not tested yet" : "Result"}>
      <div class="summary">
        {test === null ? (
          <div class="headline">
            <p class="figure">{percent(best?.valAccuracy ?? best?.accuracy ?? null)}</p>
            <p>
              {best === undefined
                ? isImported(run)
                  ? "No results."
                  : "No epoch was completed."
                : `accuracy on ${best.valAccuracy === null ? "training" : "validation"} pictures in epoch ${best.epoch}. The training was stopped before its test.`}
            </p>
          </div>
        ) : (
          <TestHeadline test={test} />
        )}
        <dl class="facts">
          <Fact name={isImported(run) ? "Imported from" : "Trained on"}>
            <Name text={source} />
          </Fact>
          {!isImported(run) && (
            <Fact name="Pictures">
              {whole(sum(counts.train))} training, {whole(sum(counts.val))} validation, {whole(sum(counts.test))} test
            </Fact>
          )}
          <Fact name="Classes">
            <ClassList labels={labels} />
          </Fact>
          <Fact name="The network sees">
            {size.width} × {size.height} pixels
          </Fact>
          {!isImported(run) && (
            <Fact name="Training">
              {counted(history.length, "epoch")} in {duration(seconds)}
            </Fact>
          )}
        </dl>
      </div>
      <p class="advice">
        <Sentence text={advice} />
      </p>
      {test !== null && test.missing !== null && (
        <p class="lead">
          <Sentence text={test.missing} />
        </p>
      )}
    </Section>
  );
}

function TestHeadline({ test: { metrics } }: { readonly test: TestReport }) {
  const { accuracy, interval95, correct, incorrect, pictures } = metrics;
  if (accuracy === null) return <p class="headline">There were no test pictures.</p>;
  return (
    <div class="headline">
      <p class="figure">{percent(accuracy)}</p>
      <p>accuracy on {counted(pictures, "test picture")}</p>
      <IntervalBar share={accuracy} interval={interval95} />
      <p class="note">{intervalText(interval95)}</p>
      <p class="tally">
        <span>
          <Mark isCorrect /> {whole(correct)} correct
        </span>
        <span>
          <Mark isCorrect={false} /> {whole(incorrect)} incorrect
        </span>
      </p>
    </div>
  );
}

/** Classes by name if they are few. */
function ClassList({ labels }: { readonly labels: readonly string[] }) {
  const few = labels.slice(0, 4);
  return (
    <>
      {labels.length > few.length && `${whole(labels.length)}: `}
      {few.map((label, index) => (
        <span key={label} class="listed">
          <Name text={label} />
          {index < few.length - 1 && ", "}
        </span>
      ))}
      {labels.length > few.length && " …"}
    </>
  );
}

export interface FactProps {
  readonly name: string;
  readonly children: ComponentChildren;
}

/** A term and its value, in a list of facts. */
export function Fact({ name, children }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function TestSections({ test }: { readonly test: TestReport }) {
  const { metrics, calibration, pictures } = test;
  const mistakes = mistakesOf(pictures);
  const pairs = confusedPairs(metrics.confusion);
  return (
    <>
      <Section
        name="confusion"
        title="Confusion matrix"
        lead={
          pictures.length === 0 ? "The report has no pictures of this test." : "Select a number to see its pictures."
        }
      >
        <ConfusionMatrix test={test} />
      </Section>
      <Section
        name="classes"
        title="Classes"
        lead="Precision: of the pictures classified as a class, the share that is correct. Recall: of the pictures of a class, the share that was found. F1: their harmonic mean."
      >
        <ClassTable metrics={metrics} />
      </Section>
      <Section name="calibration" title="Calibration" lead="How often answers of a given probability are correct.">
        <Calibration calibration={calibration} />
      </Section>
      <Section name="mistakes" title="Most confident mistakes" lead={mistakesText(test, mistakes)}>
        {mistakes.length > 0 && (
          <>
            <AttentionSwitch pictures={mistakes} />
            <Gallery pictures={mistakes} labels={metrics.labels} />
          </>
        )}
      </Section>
      {pairs.length > 0 && (
        <Section name="pairs" title="Most confused pairs" lead={pairsText(pairs)}>
          {pairs.slice(0, PAIRS).map((pair) => (
            <Pair key={`${pair.first} ${pair.second}`} pair={pair} test={test} />
          ))}
        </Section>
      )}
    </>
  );
}

function mistakesText({ metrics, pictures }: TestReport, mistakes: readonly ReportPicture[]): string {
  if (metrics.incorrect === 0) return "None: every test picture was classified correctly.";
  if (mistakes.length === 0) return "The report has no pictures of them.";
  const shown =
    mistakes.length < metrics.incorrect
      ? `${whole(mistakes.length)} of ${counted(metrics.incorrect, "mistake")}`
      : counted(mistakes.length, "mistake");
  const photographs = pictures.every(({ photograph }) => photograph === null) ? " Photographs were not kept." : "";
  return `${shown}, the most confident first, each with its likely cause: a mask that hardly shows the object, or the network.${photographs}`;
}

function pairsText(pairs: readonly ConfusedPair[]): string {
  return pairs.length > PAIRS
    ? `The first ${PAIRS} of ${whole(pairs.length)} pairs of classes with mistakes between them.`
    : "Classes with mistakes between them, in either direction.";
}

/** Two classes, and examples of both directions. */
function Pair({
  pair: { first, second, firstAsSecond, secondAsFirst },
  test,
}: {
  readonly pair: ConfusedPair;
  readonly test: TestReport;
}) {
  const { labels } = test.metrics;
  const [one, other] = [labels[first] ?? "", labels[second] ?? ""];
  const pictures = [
    ...picturesOf(test.pictures, first, second).slice(0, PER_DIRECTION),
    ...picturesOf(test.pictures, second, first).slice(0, PER_DIRECTION),
  ];
  return (
    <div class="confused">
      <Heading>
        <Name text={one} /> and <Name text={other} />
      </Heading>
      <p class="lead">
        {whole(firstAsSecond)} <Name text={one} /> classified as <Name text={other} />
        {secondAsFirst > 0 && (
          <>
            , {whole(secondAsFirst)} <Name text={other} /> classified as <Name text={one} />
          </>
        )}
      </p>
      {pictures.length > 0 && <Gallery pictures={pictures} labels={labels} />}
    </div>
  );
}
