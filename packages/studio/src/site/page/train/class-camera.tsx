// Takes photographs of a class with the camera.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { ChosenFile } from "../../engine/chosen-file.ts";
import { problemOf, type Problem } from "../../../problem.ts";
import { frameOf, startCamera } from "../../../camera/camera-stream.ts";
import { ProblemNotice } from "../problem-notice.tsx";

/** Milliseconds between two photographs while the button is held: more are hardly different. */
const EACH_MS = 200;

export interface ClassCameraProps {
  /** What the class is called. */
  readonly name: string;
  /** Gets each photograph. */
  readonly onTake: (files: readonly ChosenFile[]) => void;
}

/** Starts the camera, and stops it when it is removed. */
export function ClassCamera({ name, onTake }: ClassCameraProps): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [isReady, setIsReady] = useState(false);
  const [isHeld, setIsHeld] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const take = useRef(onTake);
  take.current = onTake;

  useEffect(() => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      const stream = await startCamera();
      const halt = (): void => stream.getTracks().forEach((track) => track.stop());
      if (stop.signal.aborted || video.current === null) return halt();
      stop.signal.addEventListener("abort", halt);
      video.current.srcObject = stream;
      await video.current.play();
      setIsReady(true);
    };
    run().catch((error: unknown) => {
      if (!stop.signal.aborted) setProblem(problemOf(error));
    });
    return () => stop.abort();
  }, []);

  useEffect(() => {
    if (!isHeld) return undefined;
    const capture = async (): Promise<void> => {
      const file = video.current === null ? undefined : await frameOf(video.current, nextName(), "image/jpeg");
      if (file !== undefined) take.current([{ path: file.name, file }]);
    };
    void capture();
    const timer = setInterval(() => void capture(), EACH_MS);
    return () => clearInterval(timer);
  }, [isHeld]);

  if (problem !== undefined) return <ProblemNotice problem={problem} />;
  return (
    <div class="class-camera">
      <video ref={video} muted playsInline aria-label={`The camera, for the class ${name}`} />
      <button
        type="button"
        class="main"
        disabled={!isReady}
        aria-pressed={isHeld}
        onPointerDown={() => setIsHeld(true)}
        onPointerUp={() => setIsHeld(false)}
        onPointerLeave={() => setIsHeld(false)}
        onPointerCancel={() => setIsHeld(false)}
        onKeyDown={({ key, repeat }) => {
          if (!repeat && (key === " " || key === "Enter")) setIsHeld(true);
        }}
        onKeyUp={() => setIsHeld(false)}
        onBlur={() => setIsHeld(false)}
        onContextMenu={(event) => event.preventDefault()}
      >
        Hold to take photographs
      </button>
    </div>
  );
}

let taken = 0;

/** A name of its own for each photograph of this visit. */
function nextName(): string {
  taken++;
  return `camera-${String(taken).padStart(5, "0")}`;
}
