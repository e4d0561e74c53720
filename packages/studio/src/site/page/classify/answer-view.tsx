// A model's answer: the class, the probabilities of all of them as bars, and the times it took.

import { counted, InnerName, Name, probability } from "@silhouette/report/parts";
import type { JSX } from "preact";

import type { Answer, ModelFacts } from "../../engine/current-model.ts";

/** Classes that are shown in the model's order; of more classes, the most probable ones are shown. */
const FEW = 6;

interface AnswerViewProps {
  readonly answer: Answer | undefined;
  readonly model: ModelFacts;
}

/** The answer; without one, the place that it will have. */
export function AnswerView({ answer, model }: AnswerViewProps): JSX.Element {
  const { labels, isCalibrated } = model;
  const [first] = answer?.classes ?? [];
  const shares = new Map(answer?.classes.map((each) => [each.label, each.probability]));
  const shown = labels.length <= FEW ? labels : (answer?.classes ?? []).slice(0, FEW - 1).map(({ label }) => label);
  const others = labels.length - shown.length;
  const rest = 1 - shown.reduce((sum, label) => sum + (shares.get(label) ?? 0), 0);
  return (
    <div class="answer-view">
      <p class="verdict">{answer === undefined || first === undefined ? "\u00A0" : <Verdict answer={answer} />}</p>
      <ul class="shares">
        {shown.map((label) => (
          <Share key={label} share={shares.get(label)} isFirst={label === first?.label && !answer?.noneOfThese}>
            <Name text={label} />
          </Share>
        ))}
        {others > 0 && (
          <Share share={answer === undefined ? undefined : Math.max(rest, 0)} isFirst={false}>
            {counted(others, "other class", "other classes")}
          </Share>
        )}
      </ul>
      {isCalibrated && (
        <p class="note">
          {answer?.noneOfThese === true
            ? "It is unlike the training pictures: probably none of these classes, whatever the bars say."
            : "Probabilities are calibrated; pictures that are unlike the training pictures are called none of these."}
        </p>
      )}
    </div>
  );
}

/** The class of an answer, and its probability. */
export function Verdict({ answer: { classes, noneOfThese } }: { readonly answer: Answer }): JSX.Element | null {
  const [first] = classes;
  if (first === undefined) return null;
  if (noneOfThese) return <strong>none of these</strong>;
  return (
    <>
      <strong>
        <InnerName text={first.label} />
      </strong>{" "}
      <span class="probability">{probability(first.probability)}</span>
    </>
  );
}

interface ShareProps {
  readonly share: number | undefined;
  readonly isFirst: boolean;
  readonly children: JSX.Element | string;
}

function Share({ share, isFirst, children }: ShareProps): JSX.Element {
  return (
    <li class={isFirst ? "first" : undefined}>
      <span class="share-name">{children}</span>
      <span class="share-bar" aria-hidden="true">
        <span style={{ scale: `${share ?? 0} 1` }} />
      </span>
      <span class="share-value">{share === undefined ? "–" : probability(share)}</span>
    </li>
  );
}

/** How long the answer took, step by step. */
export function TimesView({ answer }: { readonly answer: Answer | undefined }): JSX.Element {
  const times = answer?.milliseconds;
  const network = answer === undefined || answer.views === 1 ? "Network" : `Network, ${answer.views} views`;
  const steps = [
    // Another threshold needs no decoding.
    ["Decoding", times?.decoding === 0 ? undefined : times?.decoding],
    ["Preprocessing", times?.preprocessing],
    [network, times?.network],
    ["Attention", times?.attention],
  ] as const;
  return (
    <dl class="times">
      {steps.map(([name, milliseconds]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{milliseconds === undefined ? "–" : millisecondsText(milliseconds)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A time in milliseconds, with a decimal below 10. */
export function millisecondsText(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 9.95 ? 1 : 0)}\u00A0ms`;
}
