// The camera's picture, its silhouette and the model's answer, live.

import { printable } from "@silhouette/report/printable";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { FrameAnswer, ModelFacts } from "../../engine/current-model.ts";
import { problemOf, StudioError, type Problem } from "../../../problem.ts";
import { Announcer } from "../announcer.tsx";
import type { ClassifierLink } from "./classifier-link.ts";
import { ProblemNotice } from "../problem-notice.tsx";
import { AnswerView, millisecondsText } from "./answer-view.tsx";
import { answerFrames, type CameraRate } from "./camera-frames.ts";
import { cameraChoices, frameOf, startCamera, type CameraChoice } from "../../../camera/camera-stream.ts";
import { AttentionSwitch, Panel } from "./photograph-view.tsx";
import { Attention, Levels } from "../pixel-canvas.tsx";

export interface CameraViewProps {
  readonly engine: ClassifierLink;
  readonly model: ModelFacts;
  readonly isAttentionShown: boolean;
  readonly onAttention: (isShown: boolean) => void;
  /** Gets a frame as a photograph. */
  readonly onKeep: (photograph: File) => void;
  readonly onStop: () => void;
}

/** A class is told after it has been the answer for this long, in milliseconds. */
const SETTLED_MS = 1500;

/** Starts the camera, and stops it when it is removed. */
export function CameraView({
  engine,
  model,
  isAttentionShown,
  onAttention,
  onKeep,
  onStop,
}: CameraViewProps): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const attention = useRef(isAttentionShown);
  attention.current = isAttentionShown;
  const [deviceId, setDeviceId] = useState<string>();
  const [choices, setChoices] = useState<readonly CameraChoice[]>([]);
  const [shown, setShown] = useState<{ readonly deviceId: string; readonly isMirrored: boolean }>();
  const [problem, setProblem] = useState<Problem>();
  const [answer, setAnswer] = useState<FrameAnswer>();
  const [rate, setRate] = useState<CameraRate>();
  const [ratio, setRatio] = useState(4 / 3);

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    setProblem(undefined);
    const run = async (): Promise<void> => {
      const stream = await startCamera(deviceId);
      const halt = (): void => stream.getTracks().forEach((track) => track.stop());
      if (signal.aborted) return halt();
      signal.addEventListener("abort", halt);
      const element = video.current;
      const [track] = stream.getVideoTracks();
      if (element === null || track === undefined) return halt();
      track.addEventListener("ended", () => {
        setProblem(ended());
        stop.abort();
      });
      element.srcObject = stream;
      await element.play();
      setRatio(element.videoWidth / element.videoHeight || 4 / 3);
      const settings = track.getSettings();
      // A camera that faces its user is expected to be a mirror.
      setShown({ deviceId: settings.deviceId ?? "", isMirrored: settings.facingMode !== "environment" });
      setChoices(await cameraChoices());
      await answerFrames(engine, element, {
        views: model.views,
        attention: () => attention.current,
        onAnswer: setAnswer,
        onRate: setRate,
        signal,
      });
    };
    run().catch((error: unknown) => {
      if (signal.aborted) return;
      setProblem(problemOf(error));
      stop.abort();
    });
    return () => stop.abort();
  }, [engine, model, deviceId]);

  const keep = async (): Promise<void> => {
    if (video.current === null) return;
    const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "-");
    const frame = await frameOf(video.current, `camera-${time}`, "image/png");
    if (frame !== undefined) onKeep(frame);
  };

  const map = isAttentionShown ? (answer?.attention ?? null) : null;
  const overlay = map !== null && <Attention map={map} />;
  const [first] = answer?.classes ?? [];
  return (
    <section class="card detail camera" aria-labelledby="camera-title">
      <header class="detail-head">
        <h2 id="camera-title">Camera</h2>
        <p class="note detail-size">
          {rate === undefined ? "\u00A0" : rateText(rate, answer?.views ?? 1, model.views)}
        </p>
        <div class="detail-steps">
          <button type="button" disabled={answer === undefined} onClick={() => void keep()}>
            Keep this frame
          </button>
          <button type="button" onClick={onStop}>
            {problem === undefined ? "Stop the camera" : "Close"}
          </button>
        </div>
      </header>
      {problem !== undefined && <ProblemNotice problem={problem} />}
      <div class="detail-body" hidden={problem !== undefined}>
        <div class={shown?.isMirrored === true ? "panels two mirrored" : "panels two"}>
          <Panel caption="Camera" ratio={ratio}>
            <video ref={video} class="pixels" muted playsInline aria-label="The camera's picture" />
            {overlay}
          </Panel>
          <Panel caption={model.thresholds === 0 ? "What the network sees, in gray" : "Silhouette"} ratio={ratio}>
            {answer && (
              <Levels
                levels={answer.levels}
                width={model.width}
                height={model.height}
                thresholds={answer.thresholds}
                label="Silhouette of the camera's picture"
              />
            )}
            {overlay}
          </Panel>
        </div>
        <AnswerView answer={answer} model={model} />
        <div class="detail-foot">
          <AttentionSwitch isShown={isAttentionShown} onChange={onAttention} />
          {choices.length > 1 && (
            <p class="camera-choice">
              <label>
                Camera{" "}
                <select value={shown?.deviceId} onChange={({ currentTarget }) => setDeviceId(currentTarget.value)}>
                  {choices.map(({ deviceId: id, name }) => (
                    <option key={id} value={id}>
                      {printable(name)}
                    </option>
                  ))}
                </select>
              </label>
            </p>
          )}
          <dl class="times">
            <div>
              <dt>Preprocessing</dt>
              <dd>{rate === undefined ? "–" : millisecondsText(rate.preprocessingMs)}</dd>
            </div>
            <div>
              <dt>Network</dt>
              <dd>{rate === undefined ? "–" : millisecondsText(rate.networkMs)}</dd>
            </div>
          </dl>
        </div>
      </div>
      <Announcer
        text={first === undefined ? "" : answer?.noneOfThese === true ? "none of these" : printable(first.label)}
        settledMs={SETTLED_MS}
      />
    </section>
  );
}

/** Frames per second, and by how many views. */
function rateText({ answered, given }: CameraRate, used: number, views: number): string {
  const dropped = given - answered >= 1 ? `, of ${given.toFixed(0)} that the camera gives` : "";
  const by = views === 1 ? "" : used === 1 ? "; by 1 view instead of the model's 4, to keep up" : `; by ${used} views`;
  return `${answered.toFixed(0)} frames per second${dropped}${by}`;
}

function ended(): StudioError {
  return new StudioError(
    "CAMERA_MISSING",
    "Expected the camera to go on, but it was disconnected, or its permission was withdrawn",
    "Connect it again, and start it again.",
  );
}
