// Test pictures: photograph and silhouette side by side, the answer, and what a wrong one is due to. Where the network looked can be
// laid over both.

import { createContext, type ComponentChildren } from "preact";
import { useContext, useState } from "preact/hooks";

import { printable } from "../printable.ts";
import type { ReportPicture } from "../report-data.ts";
import { Fold } from "./fold.tsx";
import { decimal, probability } from "./numbers.ts";
import { probabilityOf } from "./ranking.ts";
import { FileName, fileNameOf, Hidden, Name } from "./text.tsx";

/** Whether attention is shown, and how to change that: one switch, at several places. */
interface Attention {
  readonly isShown: boolean;
  readonly show: (isShown: boolean) => void;
}

const AttentionContext = createContext<Attention>({ isShown: false, show: () => {} });

/** Holds the switch for all pictures within. */
export function WithAttention({ children }: { readonly children: ComponentChildren }) {
  const [isShown, show] = useState(false);
  return <AttentionContext.Provider value={{ isShown, show }}>{children}</AttentionContext.Provider>;
}

/** The switch, if there is something to see. */
export function AttentionSwitch({ pictures }: { readonly pictures: readonly ReportPicture[] }) {
  const { isShown, show } = useContext(AttentionContext);
  if (pictures.every(({ attention }) => attention === null)) return null;
  return (
    <p class="switch">
      <label>
        <input
          type="checkbox"
          role="switch"
          checked={isShown}
          onChange={({ currentTarget }) => show(currentTarget.checked)}
        />
        Show where the network looked
      </label>
      <span class="note">Colored areas contributed most to the predicted class.</span>
    </p>
  );
}

export interface GalleryProps {
  readonly pictures: readonly ReportPicture[];
  readonly labels: readonly string[];
  /** Number of pictures that a screen shows at first. */
  readonly first?: number;
}

/** Pictures with their answers. */
export function Gallery({ pictures, labels, first = 12 }: GalleryProps) {
  return (
    <Fold total={pictures.length} first={first} what="pictures">
      {(isBeyond) => (
        <ul class="gallery">
          {pictures.map((picture, index) => (
            <li key={picture.path} class={isBeyond(index) ? "beyond" : undefined}>
              <PictureCard picture={picture} labels={labels} />
            </li>
          ))}
        </ul>
      )}
    </Fold>
  );
}

interface PictureCardProps {
  readonly picture: ReportPicture;
  readonly labels: readonly string[];
}

function PictureCard({ picture, labels }: PictureCardProps) {
  const { path, actual, predicted, photograph, silhouette, attention, threshold, isNone, blame } = picture;
  // Silhouettes have the proportions of the network's input: shown like the photograph, they can be compared.
  const [ratio, setRatio] = useState(1);
  const answer = `${fileNameOf(path)}, ${nameOf(labels, actual)} classified as ${nameOf(labels, predicted)}`;
  return (
    <figure class="picture">
      <div class={photograph === null ? "views single" : "views"}>
        {photograph !== null && (
          <View caption="Photograph">
            <Framed src={photograph} alt={answer} ratio={ratio} onRatio={setRatio} attention={attention} />
          </View>
        )}
        <View caption={`Silhouette, threshold ${threshold}`}>
          <Framed
            src={silhouette}
            alt={photograph === null ? answer : `Silhouette of ${fileNameOf(path)}`}
            ratio={ratio}
            {...(photograph === null ? { onRatio: setRatio } : {})}
            attention={attention}
            isCrisp
          />
        </View>
        {attention !== null && (
          <View caption="Where the network looked" isForPaper>
            <Framed src={photograph ?? silhouette} alt="" ratio={ratio} attention={attention} isAlways />
          </View>
        )}
      </div>
      <figcaption>
        <dl class="answer">
          <Answer
            role="predicted"
            label={nameOf(labels, predicted)}
            share={probabilityOf(picture, predicted)}
            isCorrect={actual === predicted}
          />
          {actual !== predicted && (
            <Answer role="actual" label={nameOf(labels, actual)} share={probabilityOf(picture, actual)} />
          )}
        </dl>
        {isNone && <p class="none">The model calls it none of these classes.</p>}
        {blame !== null && <Blame picture={picture} blame={blame} />}
        <p class="path">
          <FileName path={path} />
        </p>
      </figcaption>
    </figure>
  );
}

interface AnswerProps {
  readonly role: "predicted" | "actual";
  readonly label: string;
  readonly share: number;
  /** Of a prediction: whether it is correct. */
  readonly isCorrect?: boolean;
}

function Answer({ role, label, share, isCorrect }: AnswerProps) {
  return (
    <div>
      <dt>{role}</dt>
      <dd>
        <Name text={label} />
        {isCorrect !== undefined && (
          <>
            <Mark isCorrect={isCorrect} />
            <Hidden text={isCorrect ? ", correct" : ", incorrect"} />
          </>
        )}
        <span class="share">{probability(share)}</span>
      </dd>
    </div>
  );
}

/** A tick or a cross, beside words that say it. */
export function Mark({ isCorrect }: { readonly isCorrect: boolean }) {
  return (
    <svg class={isCorrect ? "mark correct" : "mark incorrect"} viewBox="0 0 16 16" aria-hidden="true">
      <path d={isCorrect ? "m3 8.5 3.5 3.5 6.5-8" : "m3.5 3.5 9 9m0-9-9 9"} />
    </svg>
  );
}

function Blame({
  picture: { separability },
  blame,
}: {
  readonly picture: ReportPicture;
  readonly blame: NonNullable<ReportPicture["blame"]>;
}) {
  const measured = separability === null ? "" : ` (separability ${decimal(separability)})`;
  return blame.what === "mask" ? (
    <p class="blame">
      <strong>Mask to blame:</strong> {MASK_FAULTS[blame.because]}
      {blame.because === "levels" && measured}.
    </p>
  ) : (
    <p class="blame">
      <strong>Network to blame:</strong> the silhouette shows the object{measured}, and was misread.
    </p>
  );
}

/** Why a mask hardly shows its object. */
const MASK_FAULTS = {
  blank: "the silhouette is nearly all black, or all white",
  levels: "object and background have similar gray levels",
  fragments: "too much of the silhouette is in small fragments",
} as const;

interface ViewProps {
  readonly caption: string;
  readonly isForPaper?: boolean;
  readonly children: ComponentChildren;
}

function View({ caption, isForPaper = false, children }: ViewProps) {
  return (
    <div class={isForPaper ? "view paper" : "view"}>
      <div class="window">{children}</div>
      <span class="caption">{caption}</span>
    </div>
  );
}

export interface FramedProps {
  readonly src: string;
  readonly alt: string;
  /** Width over height. */
  readonly ratio: number;
  /** Gets the picture's own ratio. */
  readonly onRatio?: (ratio: number) => void;
  readonly attention: string | null;
  /** Scaled up without smoothing. */
  readonly isCrisp?: boolean;
  /** With attention, whatever the switch says. */
  readonly isAlways?: boolean;
}

/** A picture, and what is laid over it. */
export function Framed({ src, alt, ratio, onRatio, attention, isCrisp = false, isAlways = false }: FramedProps) {
  const { isShown } = useContext(AttentionContext);
  return (
    <span class="frame" style={{ "--ratio": String(ratio) }}>
      <img
        src={src}
        alt={alt}
        class={isCrisp ? "crisp" : undefined}
        decoding="async"
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
          if (naturalWidth > 0 && naturalHeight > 0) onRatio?.(naturalWidth / naturalHeight);
        }}
      />
      {attention !== null && (isAlways || isShown) && (
        <img class={isAlways ? "attention" : "attention screen"} src={attention} alt="" />
      )}
    </span>
  );
}

function nameOf(labels: readonly string[], index: number): string {
  return printable(labels[index] ?? String(index));
}
