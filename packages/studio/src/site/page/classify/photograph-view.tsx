// One photograph in detail: what the network saw of it, where its threshold is, what it answered and where it looked.

import { FileName, fileNameOf, whole } from "@silhouette/report/parts";
import type { ComponentChildren, JSX } from "preact";

import type { ModelFacts } from "../../engine/current-model.ts";
import { ProblemNotice } from "../problem-notice.tsx";
import { AnswerView, TimesView } from "./answer-view.tsx";
import type { OpenedPicture } from "./opened-picture.ts";
import type { ListedPicture } from "./picture-queue.ts";
import { Attention, Bitmap, Levels } from "../pixel-canvas.tsx";
import { Histogram, ThresholdSlider } from "./threshold-slider.tsx";

export interface PhotographViewProps {
  readonly picture: ListedPicture;
  readonly model: ModelFacts;
  readonly opened: OpenedPicture;
  readonly onThreshold: (threshold: number | undefined) => void;
  /** Whether attention is laid over the pictures. */
  readonly isAttentionShown: boolean;
  readonly onAttention: (isShown: boolean) => void;
  /** Opens the picture before or after this one; undefined if there is none. */
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

/** The view. */
export function PhotographView({
  picture,
  model,
  opened: { opened, answer, threshold, problem, isOpening },
  onThreshold,
  isAttentionShown,
  onAttention,
  onPrevious,
  onNext,
}: PhotographViewProps): JSX.Element {
  const name = fileNameOf(picture.path);
  const [otsu] = opened?.otsu ?? [];
  // One threshold is drawn at once, before the answer for it is there.
  const thresholds =
    opened !== undefined && model.thresholds === 1 ? [threshold ?? otsu ?? 0] : (answer?.thresholds ?? []);
  const ratio = opened === undefined ? 4 / 3 : opened.width / opened.height;
  const attention = isAttentionShown ? (answer?.attention ?? null) : null;
  const overlay = attention !== null && <Attention map={attention} />;
  return (
    <section class="card detail" aria-labelledby="detail-name" aria-busy={isOpening}>
      <header class="detail-head">
        <h2 id="detail-name" tabIndex={-1}>
          <FileName path={picture.path} />
        </h2>
        <p class="note detail-size">
          {opened === undefined ? "\u00A0" : `${whole(opened.width)} × ${whole(opened.height)} pixels`}
        </p>
        {(onPrevious ?? onNext) !== undefined && (
          <div class="detail-steps">
            <button type="button" disabled={onPrevious === undefined} onClick={onPrevious}>
              Previous
            </button>
            <button type="button" disabled={onNext === undefined} onClick={onNext}>
              Next
            </button>
          </div>
        )}
      </header>
      {problem !== undefined && <ProblemNotice problem={problem} />}
      {problem === undefined && (
        <div class="detail-body">
          <div class={model.thresholds === 0 ? "panels two" : "panels"}>
            <Panel caption="Photograph" ratio={ratio}>
              {opened && <Bitmap bitmap={opened.photograph} label={name} />}
              {overlay}
            </Panel>
            <Panel
              caption={`Gray, ${model.width} × ${model.height}${model.hasColors ? "; the network sees colors" : ""}`}
              ratio={ratio}
            >
              {opened && (
                <Levels
                  levels={opened.levels}
                  width={model.width}
                  height={model.height}
                  thresholds={[]}
                  label={`${name} in gray`}
                />
              )}
              {model.thresholds === 0 && overlay}
            </Panel>
            {model.thresholds > 0 && (
              <Panel caption={model.thresholds === 1 ? "Silhouette" : "Silhouette of three levels"} ratio={ratio}>
                {opened && (
                  <Levels
                    levels={opened.levels}
                    width={model.width}
                    height={model.height}
                    thresholds={thresholds}
                    label={`Silhouette of ${name}`}
                  />
                )}
                {overlay}
              </Panel>
            )}
          </div>
          <AnswerView answer={answer} model={model} />
          {opened === undefined || otsu === undefined ? (
            <div class="threshold">
              {opened && (
                <div class="threshold-track">
                  <Histogram histogram={opened.histogram} thresholds={[]} />
                </div>
              )}
              {opened && (
                <p class="note">Gray levels from black to white. This network sees them without a threshold.</p>
              )}
            </div>
          ) : (
            <ThresholdSlider
              histogram={opened.histogram}
              otsu={otsu}
              threshold={threshold ?? otsu}
              thresholds={thresholds}
              onThreshold={onThreshold}
            />
          )}
          <div class="detail-foot">
            <AttentionSwitch isShown={isAttentionShown} onChange={onAttention} isMissing={answer?.attention === null} />
            <TimesView answer={answer} />
          </div>
        </div>
      )}
    </section>
  );
}

interface PanelProps {
  readonly caption: string;
  /** Width over height. */
  readonly ratio: number;
  readonly children: ComponentChildren;
}

/** A picture in a place of fixed size, with its caption. */
export function Panel({ caption, ratio, children }: PanelProps): JSX.Element {
  return (
    <figure class="panel">
      <div class="panel-window">
        <div class="panel-frame" style={{ "--ratio": String(ratio) }}>
          {children}
        </div>
      </div>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

interface AttentionSwitchProps {
  readonly isShown: boolean;
  readonly onChange: (isShown: boolean) => void;
  /** Whether the network has no map of it. */
  readonly isMissing?: boolean;
}

/** Lays attention over the pictures. */
export function AttentionSwitch({ isShown, onChange, isMissing = false }: AttentionSwitchProps): JSX.Element {
  return (
    <p class="switch">
      <label>
        <input
          type="checkbox"
          role="switch"
          checked={isShown}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
        Show where the network looked
      </label>
      <span class="note">
        {isMissing ? "This network has no map of it." : "Colored areas contributed most to the answer."}
      </span>
    </p>
  );
}
