// Frames of a video, one at a time: the next one is taken when the answer for the last one is there. Frames in between are dropped.

import type { ViewCount } from "@silhouette/trainer/browser";
import { transfer } from "comlink";

import type { FrameAnswer } from "../../engine/current-model.ts";
import type { ClassifierLink } from "./classifier-link.ts";

/** How fast frames are answered. */
export interface CameraRate {
  /** Answers per second. */
  readonly answered: number;
  /** Frames per second that the camera gives. */
  readonly given: number;
  /** Mean time to prepare a frame, and for the network's answer, in milliseconds. */
  readonly preprocessingMs: number;
  readonly networkMs: number;
}

/** What is done with frames. */
export interface FrameOptions {
  /** Number of views of the model. */
  readonly views: ViewCount;
  /** Whether attention is asked for, before each frame. */
  readonly attention: () => boolean;
  readonly onAnswer: (answer: FrameAnswer) => void;
  /** Called about twice a second. */
  readonly onRate: (rate: CameraRate) => void;
  readonly signal: AbortSignal;
}

/** Time over which rates are measured, in milliseconds. */
const MEASURED_MS = 500;

/** All views are used while a frame takes less than this, in milliseconds: 25 frames per second. */
const FAST_MS = 40;

/** Until when more than one view is not tried again, after it was too slow. */
const RETRY_MS = 10_000;

/**
 * Answers for frames of `video` until `signal` aborts.
 *
 * @throws what the engine throws
 */
export async function answerFrames(
  engine: ClassifierLink,
  video: HTMLVideoElement,
  { views, attention, onAnswer, onRate, signal }: FrameOptions,
): Promise<void> {
  let used: ViewCount = 1;
  let triedAt = performance.now();
  let measured = { since: performance.now(), frames: 0, busyMs: 0, preprocessingMs: 0, networkMs: 0 };
  let firstPresented: number | undefined;
  for (;;) {
    const presented = await nextFrame(video, signal);
    if (signal.aborted) return;
    firstPresented ??= presented;
    const begin = performance.now();
    const frame = await createImageBitmap(video);
    const options = { views: used, attention: attention() };
    const answer = await engine.answerFrame(transfer(frame, [frame]), options);
    if (signal.aborted) return;
    const now = performance.now();
    if ("unusable" in answer) throw new Error(`Expected frames of the camera, but one ${answer.unusable.message}`);
    onAnswer(answer);
    measured.frames++;
    measured.busyMs += now - begin;
    measured.preprocessingMs += answer.milliseconds.decoding + answer.milliseconds.preprocessing;
    measured.networkMs += answer.milliseconds.network;
    const elapsed = now - measured.since;
    if (elapsed < MEASURED_MS) continue;
    const { frames, busyMs, preprocessingMs, networkMs } = measured;
    onRate({
      answered: (1000 * frames) / elapsed,
      given: (1000 * (presented - firstPresented)) / elapsed,
      preprocessingMs: preprocessingMs / frames,
      networkMs: networkMs / frames,
    });
    if (busyMs / frames > FAST_MS) {
      if (used !== 1) triedAt = now + RETRY_MS;
      used = 1;
    } else if (now >= triedAt) used = views;
    firstPresented = presented;
    measured = { since: now, frames: 0, busyMs: 0, preprocessingMs: 0, networkMs: 0 };
  }
}

/** Waits for a frame. @returns how many the camera has given */
function nextFrame(video: HTMLVideoElement, signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const abort = (): void => resolve(0);
    signal.addEventListener("abort", abort, { once: true });
    video.requestVideoFrameCallback((_, { presentedFrames }) => {
      signal.removeEventListener("abort", abort);
      resolve(presentedFrames);
    });
  });
}
