// Takes photographs and the camera's picture, and shows what a model answers for them.

import { counted, fileNameOf, probability } from "@silhouette/report/parts";
import { printable } from "@silhouette/report/printable";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";

import type { Answer, ModelFacts } from "../../engine/current-model.ts";
import type { ChosenFile } from "../../engine/chosen-file.ts";
import { Announcer } from "../announcer.tsx";
import type { ClassifierLink } from "./classifier-link.ts";
import { FileButton } from "../file-buttons.tsx";
import { CameraView } from "./camera-view.tsx";
import { useOpenedPicture } from "./opened-picture.ts";
import { PhotographView } from "./photograph-view.tsx";
import type { Photographs } from "./photographs.ts";
import { PictureGallery } from "./picture-gallery.tsx";
import type { ListedPicture } from "./picture-queue.ts";

/** An answer is told after the threshold has not been moved for this long, in milliseconds. */
const SETTLED_MS = 700;

export interface ClassificationProps {
  readonly engine: ClassifierLink;
  readonly model: ModelFacts;
  readonly photographs: Photographs;
  /** Gets files that are chosen. */
  readonly onFiles: (files: readonly ChosenFile[]) => void;
}

/** What takes photographs, then the open one in detail, then all of them. */
export function Classification({ engine, model, photographs, onFiles }: ClassificationProps): JSX.Element {
  const detail = useRef<HTMLDivElement>(null);
  const { pictures, selected, isCameraOn, isAttentionShown, select, setCameraOn, showAttention } = photographs;
  const at = pictures.findIndex(({ id }) => id === selected);
  const picture = pictures[at];
  const opened = useOpenedPicture(engine, isCameraOn ? undefined : picture, model);
  const step = (by: number): (() => void) | undefined => {
    const next = pictures[at + by];
    return next === undefined ? undefined : () => select(next.id);
  };

  return (
    <>
      <div class={pictures.length === 0 && !isCameraOn ? "intake empty" : "intake"}>
        <div class="buttons">
          <FileButton accept="image/*" isMain onFiles={onFiles}>
            Choose photographs…
          </FileButton>
          <FileButton isFolder onFiles={onFiles}>
            Choose a folder…
          </FileButton>
          <button type="button" aria-pressed={isCameraOn} onClick={() => setCameraOn(!isCameraOn)}>
            Camera
          </button>
        </div>
        <p class="note for-pointers">Or drop photographs and folders anywhere on this page, or paste them.</p>
      </div>
      <div ref={detail}>
        {isCameraOn ? (
          <CameraView
            engine={engine}
            model={model}
            isAttentionShown={isAttentionShown}
            onAttention={showAttention}
            onKeep={photographs.keep}
            onStop={() => setCameraOn(false)}
          />
        ) : (
          picture !== undefined && (
            <PhotographView
              picture={picture}
              model={model}
              opened={opened}
              onThreshold={opened.moveThreshold}
              isAttentionShown={isAttentionShown}
              onAttention={showAttention}
              onPrevious={step(-1)}
              onNext={step(1)}
            />
          )
        )}
      </div>
      {(pictures.length > 1 || isCameraOn) && pictures.length > 0 && (
        <PictureGallery
          pictures={pictures}
          labels={model.labels}
          selected={isCameraOn ? undefined : selected}
          onSelect={(id) => {
            select(id);
            detail.current?.scrollIntoView({ block: "nearest" });
          }}
          onClear={photographs.clear}
        />
      )}
      <Announcer text={announcement(picture, opened.isOpening ? undefined : opened.answer)} settledMs={SETTLED_MS} />
      <Announcer text={progressText(pictures)} settledMs={SETTLED_MS} />
    </>
  );
}

function announcement(picture: ListedPicture | undefined, answer: Answer | undefined): string {
  const [first] = answer?.classes ?? [];
  if (picture === undefined || first === undefined) return "";
  const verdict = answer?.noneOfThese === true ? "none of these" : printable(first.label);
  return `${fileNameOf(picture.path)}: ${verdict}, ${probability(first.probability)}`;
}

/** What is told of the overview: its end, not its progress. */
function progressText(pictures: readonly ListedPicture[]): string {
  if (pictures.length < 2) return "";
  const isDone = pictures.every(({ result }) => result !== undefined);
  return isDone ? `${counted(pictures.length, "photograph")} classified` : "Classifying photographs";
}
