// A dataset before training: what is in it, and what may be wrong with it.

import { useState } from "preact/hooks";

import type { FindingExample, FindingGroup, InspectedPicture, InspectionReport } from "../report-data.ts";
import { Fold } from "./fold.tsx";
import { counted, sum, whole } from "./numbers.ts";
import { PictureCounts } from "./picture-counts.tsx";
import { Framed } from "./pictures.tsx";
import { Fact } from "./run-view.tsx";
import { Contents, Heading, Section } from "./section.tsx";
import { FileName, fileNameOf, Name, Sentence } from "./text.tsx";

/** Examples that a screen shows at first. */
const FIRST = 6;

/** Summary, pictures per class, and findings. */
export function InspectionView({ inspection }: { readonly inspection: InspectionReport }) {
  const { labels, counts, source, advice, findings } = inspection;
  const numberOf = (severity: FindingGroup["severity"]): number =>
    sum(findings.filter((group) => group.severity === severity).map(({ total }) => total));
  return (
    <>
      <Section name="summary" title="Summary">
        <div class="summary">
          <div class="headline">
            <p class="figure">{whole(sum(findings.map(({ total }) => total)))}</p>
            <p>
              {findings.length === 0
                ? "findings: nothing to look at"
                : `findings of ${counted(findings.length, "kind")}`}
            </p>
            {findings.length > 0 && (
              <p class="tally">
                <Severity severity="error" text={counted(numberOf("error"), "error")} />
                <Severity severity="warning" text={counted(numberOf("warning"), "warning")} />
              </p>
            )}
          </div>
          <dl class="facts">
            <Fact name="Source">
              <Name text={source} />
            </Fact>
            <Fact name="Pictures">
              {whole(sum(counts.train))} training, {whole(sum(counts.val))} validation, {whole(sum(counts.test))} test
            </Fact>
            <Fact name="Classes">{whole(labels.length)}</Fact>
          </dl>
        </div>
        <p class="advice">
          <Sentence text={advice} />
        </p>
      </Section>
      <Contents
        entries={[
          ["pictures", "Pictures"],
          ["findings", "Findings"],
        ]}
      />
      <Section name="pictures" title="Pictures per class">
        {labels.length === 0 ? <p>There are no pictures.</p> : <PictureCounts labels={labels} counts={counts} />}
      </Section>
      <Section name="findings" title="Findings" {...(findings.length === 0 ? { lead: "Nothing was found." } : {})}>
        {findings.map((group) => (
          <Findings key={group.title} group={group} />
        ))}
      </Section>
    </>
  );
}

/** How serious a finding is, as a word and a shape. */
function Severity({ severity, text }: { readonly severity: FindingGroup["severity"]; readonly text: string }) {
  return (
    <span class={`severity ${severity}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={severity === "error" ? "M8 1 15 8 8 15 1 8zM8 4.5v4M8 10.5v1" : "M8 2 15 14H1zM8 6v4M8 11.5v1"} />
      </svg>
      {text}
    </span>
  );
}

function Findings({ group: { title, severity, explanation, total, examples } }: { readonly group: FindingGroup }) {
  return (
    <div class="findings">
      <Heading>
        <Sentence text={title} />
      </Heading>
      <p class="lead">
        <Severity severity={severity} text={counted(total, severity)} />
        {examples.length > 0 && examples.length < total && `, ${whole(examples.length)} of them in this report`}.{" "}
        <Sentence text={explanation} />
      </p>
      <Fold total={examples.length} first={FIRST} what="findings">
        {(isBeyond) => (
          <ul class="examples">
            {examples.map((example, index) => (
              <li key={`${index} ${example.note}`} class={isBeyond(index) ? "beyond" : undefined}>
                <Example example={example} />
              </li>
            ))}
          </ul>
        )}
      </Fold>
    </div>
  );
}

function Example({ example: { note, pictures } }: { readonly example: FindingExample }) {
  return (
    <figure>
      {pictures.length > 0 && (
        <div class="copies">
          {pictures.map((picture) => (
            <Inspected key={picture.path} picture={picture} />
          ))}
        </div>
      )}
      <figcaption>
        <Sentence text={note} />
      </figcaption>
    </figure>
  );
}

function Inspected({
  picture: { path, label, split, photograph, silhouette },
}: {
  readonly picture: InspectedPicture;
}) {
  const [ratio, setRatio] = useState(1);
  const file = fileNameOf(path);
  return (
    <div class="inspected">
      <div class="views">
        {photograph !== null && (
          <div class="window">
            <Framed src={photograph} alt={`Photograph ${file}`} ratio={ratio} onRatio={setRatio} attention={null} />
          </div>
        )}
        {silhouette !== null && (
          <div class="window">
            <Framed
              src={silhouette}
              alt={`Silhouette of ${file}`}
              ratio={ratio}
              {...(photograph === null ? { onRatio: setRatio } : {})}
              attention={null}
              isCrisp
            />
          </div>
        )}
        {photograph === null && silhouette === null && <div class="window missing">no picture</div>}
      </div>
      <p class="path">
        <FileName path={path} />
      </p>
      <p class="note">
        <Name text={label} />, <Name text={split} />
      </p>
    </div>
  );
}
