// What a page shows of an inspection: its issues by kind, with pictures as data URIs.

import { join } from "node:path";

import { exampleIssues, ISSUE_KINDS, type DataIssue, type Inspection, type IssueKind } from "@silhouette/trainer";
import sharp from "sharp";

import type { FindingGroup, InspectedPicture, InspectionReport } from "./report-data.ts";
import { silhouetteResizer } from "./resized-silhouette.ts";

/** Issues of each kind that a page shows with pictures; `inspect` has to return the silhouettes of as many. */
export const PAGE_EXAMPLES = 24;

/** Pictures of one issue that a page shows: a picture may have hundreds of copies. */
const PICTURES_PER_ISSUE = 8;

/** Longer side of a photograph's thumbnail, and both sides of a silhouette, in pixels. */
const SIDE = 120;

/** Titles and explanations of the kinds of issues. */
export const ISSUE_TEXTS: Readonly<Record<IssueKind, { readonly title: string; readonly explanation: string }>> = {
  "copies-across-labels": {
    title: "One picture under two labels",
    explanation: "At least one of the labels is wrong: keep the copy with the right one, and leave the others out.",
  },
  "copies-across-splits": {
    title: "Copies across splits",
    explanation:
      "A test says nothing about a picture that was learned from, so results look better than they are. Leave the training copy out: the test picture stays, so that results can still be compared.",
  },
  "wrong-label": {
    title: "Labels that are probably wrong",
    explanation:
      "Networks that have not learned from the picture confidently predict another class, and find its own improbable. Look at each: move it to the class that it shows, or leave it out.",
  },
  "empty-class": {
    title: "Empty classes",
    explanation: "A class without usable pictures cannot be learned: add pictures, or move its folder elsewhere.",
  },
  "unusable-file": {
    title: "Unusable files",
    explanation: "They are skipped. Repair them, convert them to JPEG or PNG, or leave them out.",
  },
  "blank-silhouette": {
    title: "Blank silhouettes",
    explanation:
      "At least 98 % of the silhouette is black, or white, so that hardly anything can be learned from it: replace the picture, or leave it out.",
  },
  "few-pictures": {
    title: "Few test pictures",
    explanation:
      "With fewer than 10 test pictures of a class, its accuracy is hardly known: add pictures, or cross-validate.",
  },
  "class-imbalance": {
    title: "Class imbalance",
    explanation:
      "A network learns to prefer the larger class: add pictures of the smaller one, or balance the sampling.",
  },
  copies: {
    title: "Copies",
    explanation:
      "The same picture again, in the same class and split, adds no information but weighs as much: keep one.",
  },
  "fragmented-silhouette": {
    title: "Fragmented silhouettes",
    explanation:
      "The silhouette falls into many small regions, as of noise or fine texture, and may not show the object.",
  },
  "odd-size": {
    title: "Odd sizes",
    explanation: "Tiny pictures have no detail, and very long ones are distorted, since all are stretched to one size.",
  },
};

/** What a page says besides. */
export interface InspectionFacts {
  /** When it was made. */
  readonly created: Date;
  /** Version of Silhouette. */
  readonly version: string;
  /** One sentence on what to do next. */
  readonly advice: string;
}

/**
 * The report of an inspection.
 *
 * @param inspection with the silhouettes of {@link PAGE_EXAMPLES} issues of each kind
 */
export async function inspectionReport(
  inspection: Inspection,
  { created, version, advice }: InspectionFacts,
): Promise<InspectionReport> {
  const { source, labels, counts, issues } = inspection;
  const pictures = new PagePictures(inspection);
  const findings: FindingGroup[] = [];
  for (const kind of ISSUE_KINDS) {
    const own = issues.filter((issue) => issue.kind === kind);
    const [first] = own;
    if (first === undefined) continue;
    const examples = [];
    for (const issue of exampleIssues(own, PAGE_EXAMPLES)) {
      examples.push({ note: noteOf(issue), pictures: await pictures.of(issue) });
    }
    findings.push({ ...ISSUE_TEXTS[kind], severity: first.severity, total: own.length, examples });
  }
  return { kind: "inspection", created: created.toISOString(), version, source, advice, labels, counts, findings };
}

/** What is remarkable, and what helps. */
function noteOf({ pictures: [first], note, remedy }: DataIssue): string {
  const sentence = first === undefined ? note : `It ${note}`;
  return `${sentence.replace(/^It are /, "These are ")}. ${remedy}`;
}

/** Pictures as data URIs. */
class PagePictures {
  readonly #inspection: Inspection;
  #resized: ((pixels: Uint8Array, source: Inspection["size"]) => Uint8Array) | undefined;

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  async of(issue: DataIssue): Promise<readonly InspectedPicture[]> {
    const shown = [];
    for (const { path, label, split } of issue.pictures.slice(0, PICTURES_PER_ISSUE)) {
      shown.push({
        path,
        label: label ?? "",
        split: split ?? "",
        photograph: issue.kind === "unusable-file" ? null : await this.#photograph(path),
        silhouette: await this.#silhouette(path),
      });
    }
    return shown;
  }

  /** A thumbnail of a photograph of a folder; null for a dataset file, which has none, and if the photograph is gone. */
  async #photograph(path: string): Promise<string | null> {
    const { source } = this.#inspection;
    if (source.endsWith(".arrow")) return null;
    try {
      const jpeg = await sharp(join(source, path), { autoOrient: true })
        .resize({ width: SIDE, height: SIDE, fit: "inside", withoutEnlargement: true })
        .flatten({ background: "white" })
        .jpeg({ quality: 75 })
        .toBuffer();
      return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
    } catch {
      return null;
    }
  }

  async #silhouette(path: string): Promise<string | null> {
    const { silhouettes, size } = this.#inspection;
    const bits = silhouettes.get(path);
    if (bits === undefined) return null;
    this.#resized ??= await silhouetteResizer({ width: SIDE, height: SIDE });
    const raw = { width: SIDE, height: SIDE, channels: 1 } as const;
    const png = await sharp(this.#resized(bits, size), { raw }).png({ palette: true, colors: 16 }).toBuffer();
    return `data:image/png;base64,${png.toString("base64")}`;
  }
}
