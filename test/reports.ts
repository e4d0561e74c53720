// Data of report pages, generated: runs with drawn pictures, comparisons of them, and inspections. Same arguments, same data.

import type { ComparisonReport, InspectionReport, ReportPicture, RunReport, TestReport } from "@silhouette/report";
import { metricsOf } from "@silhouette/trainer/browser";
import sharp from "sharp";

/** Size of the drawn pictures in pixels; the network's input is square. */
const DRAWN = { width: 48, height: 36 };
const INPUT = 32;

/** What a generated run is like. */
export interface RunOptions {
  readonly name?: string;
  readonly labels?: readonly string[];
  readonly epochs?: number;
  readonly perClass?: number;
  /** Share of incorrect answers. */
  readonly mistakes?: number;
  readonly hasValidation?: boolean;
  readonly isTested?: boolean;
  readonly hasPhotographs?: boolean;
  /** Why something is not shown. */
  readonly missing?: string | null;
  /** Pictures that are kept of each cell. */
  readonly kept?: number;
  readonly seed?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Files are called like this, and a number. */
  readonly file?: string;
}

/** URLs of a drawn picture. */
interface Drawn {
  readonly photograph: string;
  readonly silhouette: string;
  readonly attention: string;
}

/** Uniform numbers of 0 to 1, from mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A few pictures of vehicles, which reports repeat. */
async function drawn(): Promise<readonly Drawn[]> {
  const url = async (svg: string, size: { width: number; height: number }, format: "jpeg" | "png"): Promise<string> => {
    const drawing = sharp(Buffer.from(svg)).resize(size.width, size.height, { fit: "fill", kernel: "nearest" });
    const bytes = await (format === "jpeg" ? drawing.jpeg({ quality: 60 }) : drawing.png()).toBuffer();
    return `data:image/${format};base64,${bytes.toString("base64")}`;
  };
  return Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      const body = `<rect x="${4 + index}" y="${10 + 2 * (index % 3)}" width="${38 - 3 * index}" height="${17 - (index % 4)}" rx="3"/><circle cx="14" cy="28" r="4"/><circle cx="33" cy="28" r="4"/>`;
      const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 36" width="${4 * DRAWN.width}" height="${4 * DRAWN.height}" preserveAspectRatio="none">`;
      const hue = 40 * index;
      return {
        photograph: await url(
          `${open}<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(205 60% 80%)"/><stop offset="1" stop-color="hsl(40 30% 85%)"/></linearGradient></defs><rect width="48" height="36" fill="url(#sky)"/><rect y="30" width="48" height="6" fill="#9a938a"/><g fill="hsl(${hue} 55% 38%)">${body}</g></svg>`,
          { width: 3 * DRAWN.width, height: 3 * DRAWN.height },
          "jpeg",
        ),
        silhouette: await url(
          `${open}<rect width="48" height="36" fill="#fff"/><g shape-rendering="crispEdges">${body}</g></svg>`,
          { width: INPUT, height: INPUT },
          "png",
        ),
        attention: await url(
          `${open}<defs><radialGradient id="a"><stop stop-color="#e30" stop-opacity=".75"/><stop offset="1" stop-color="#fd0" stop-opacity="0"/></radialGradient></defs><circle cx="${16 + 3 * index}" cy="20" r="15" fill="url(#a)"/></svg>`,
          { width: 16, height: 16 },
          "png",
        ),
      };
    }),
  );
}

/** A run's report. */
export async function runReport({
  name = "vehicles-compact",
  labels = ["bus", "car", "motorcycle"],
  epochs = 24,
  perClass = 40,
  mistakes = 0.12,
  hasValidation = true,
  isTested = true,
  hasPhotographs = true,
  missing = null,
  kept = 5,
  seed = 1,
  settings = {},
  file = "IMG_",
}: RunOptions = {}): Promise<RunReport> {
  const random = generator(seed);
  const history = Array.from({ length: epochs }, (_, index) => {
    const done = index / Math.max(1, epochs - 1);
    const loss = 1.1 * Math.exp(-2.6 * done) + 0.05 * random();
    return {
      epoch: index + 1,
      loss,
      accuracy: 1 - 0.45 * loss,
      valLoss: hasValidation ? loss + 0.12 + 0.25 * done * done + 0.06 * random() : null,
      valAccuracy: hasValidation ? 0.95 - 0.42 * loss - 0.02 * random() : null,
      learningRate: 0.001,
      seconds: 4.2 + random(),
    };
  });
  const compared = history.map(({ loss, valLoss }) => valLoss ?? loss);
  const perSplit = (share: number): readonly number[] =>
    labels.map((_, index) => Math.round(perClass * share * (1 + (index % 3) / 2)));
  return {
    kind: "run",
    name,
    created: "2026-05-04T10:20:30.000Z",
    version: "0.1.0",
    advice: isTested
      ? `Most mistakes are between ${labels[0]} and ${labels[1] ?? labels[0]}: more photographs of both will help most.`
      : "The training was stopped: silhouette train --resume continues it.",
    training: {
      source: "photos/vehicles",
      labels,
      counts: { train: perSplit(4), val: hasValidation ? perSplit(0.6) : labels.map(() => 0), test: perSplit(1) },
      size: { width: INPUT, height: INPUT },
      settings: Object.entries({
        Recipe: "compact",
        Network: "compact, 112,883 parameters",
        Input: "binary1, thresholded at each step",
        Epochs: String(epochs),
        Batch: "32",
        "Learning rate": "0.001, cosine to 0",
        Seed: "7",
        Backend: "wasm (simd128), 2 threads",
        ...settings,
      }).map(([setting, value]) => ({ name: setting, value })),
      command: `silhouette train photos/vehicles --config runs/${name}/config.json --out runs/${name}-again`,
      seconds: history.reduce((total, { seconds }) => total + seconds, 0),
    },
    history,
    bestEpoch: epochs === 0 ? null : compared.indexOf(Math.min(...compared)) + 1,
    test: isTested
      ? testReport(await drawn(), { labels, perClass, mistakes, hasPhotographs, missing, kept, file }, random)
      : null,
  };
}

function testReport(
  pictures: readonly Drawn[],
  options: Required<
    Pick<RunOptions, "labels" | "perClass" | "mistakes" | "hasPhotographs" | "missing" | "kept" | "file">
  >,
  random: () => number,
): TestReport {
  const { labels, perClass, mistakes, hasPhotographs, missing, kept, file } = options;
  const answers = labels.flatMap((_, actual) =>
    Array.from({ length: Math.round(perClass * (1 + (actual % 3) / 2)) }, (__, number) => {
      const isMistake = random() < mistakes && labels.length > 1;
      // Neighbours are confused most.
      const step = random() < 0.7 ? 1 : 1 + Math.floor(random() * (labels.length - 1));
      const predicted = isMistake ? (actual + step) % labels.length : actual;
      const top = isMistake ? 0.4 + 0.59 * random() : 0.5 + 0.499 * Math.sqrt(random());
      const second = isMistake ? actual : (actual + 1) % labels.length;
      const rest = (1 - top) / Math.max(1, labels.length - 1);
      const probabilities = labels.map((___, label) => (label === predicted ? top : rest));
      if (isMistake && labels.length > 2) {
        probabilities[second] = (1 - top) * 0.8;
        for (const label of labels.keys()) {
          if (label !== predicted && label !== second) probabilities[label] = ((1 - top) * 0.2) / (labels.length - 2);
        }
      }
      return { actual, predicted, probabilities, top, number };
    }),
  );
  const counts = labels.map((_, actual) =>
    labels.map(
      (__, predicted) => answers.filter((each) => each.actual === actual && each.predicted === predicted).length,
    ),
  );
  const metrics = metricsOf({ labels, counts }, 0.31);
  const perCell = new Map<string, number>();
  const shown = answers.filter(({ actual, predicted }) => {
    const cell = `${actual} ${predicted}`;
    perCell.set(cell, (perCell.get(cell) ?? 0) + 1);
    return (perCell.get(cell) ?? 0) <= kept;
  });
  const bins = Array.from({ length: 10 }, (_, index) => {
    const inside = answers.filter(({ top }) => top > index / 10 && top <= (index + 1) / 10);
    return {
      from: index / 10,
      to: (index + 1) / 10,
      pictures: inside.length,
      correct: inside.filter(({ actual, predicted }) => actual === predicted).length,
      probability: inside.length === 0 ? null : inside.reduce((total, { top }) => total + top, 0) / inside.length,
    };
  });
  const error = bins.reduce(
    (total, bin) =>
      total + (bin.probability === null ? 0 : Math.abs(bin.correct - bin.probability * bin.pictures) / answers.length),
    0,
  );
  return {
    metrics,
    calibration: { bins, error, temperature: missing === null ? 1.34 : "unknown" },
    missing,
    pictures: shown.map(({ actual, predicted, probabilities, number }, index): ReportPicture => {
      const picture = pictures[index % pictures.length];
      const separability = 0.25 + 0.7 * random();
      return {
        path: `${labels[actual]}/${file}${4100 + 37 * index + number}.jpg`,
        actual,
        predicted,
        probabilities,
        isNone: actual !== predicted && random() < 0.15,
        photograph: hasPhotographs ? (picture?.photograph ?? null) : null,
        silhouette: picture?.silhouette ?? "",
        attention: picture?.attention ?? null,
        threshold: Math.round(90 + 80 * random()),
        separability,
        blame: actual === predicted ? null : blameAt(index, separability),
      };
    }),
  };
}

function blameAt(index: number, separability: number): ReportPicture["blame"] {
  if (separability >= 0.5) return { what: "network" };
  return { what: "mask", because: (["levels", "blank", "fragments"] as const)[index % 3] ?? "levels" };
}

/** A comparison of generated runs; each after the first differs in seed and settings. */
export async function comparisonReport(names: readonly string[], options: RunOptions = {}): Promise<ComparisonReport> {
  const runs = await Promise.all(
    names.map((name, index) =>
      runReport({
        ...options,
        name,
        seed: index + 1,
        mistakes: 0.16 - 0.02 * index,
        settings: {
          "Learning rate": index === 0 ? "0.001, cosine to 0" : `0.00${index + 1}`,
          Batch: index > 1 ? "64" : "32",
        },
      }),
    ),
  );
  return {
    kind: "comparison",
    created: "2026-05-04T10:20:30.000Z",
    version: "0.1.0",
    advice: `${names[1] ?? names[0]} is the best of these runs: predict with it.`,
    runs,
    pairs: runs.slice(1).map((_, index) =>
      index === 2
        ? null
        : {
            pictures: 160,
            both: 140,
            onlyFirst: index === 0 ? 3 : 7,
            onlySecond: index === 0 ? 11 : 4,
            neither: 6,
            pValue: index === 0 ? 0.03 : 0.34,
          },
    ),
  };
}

/** An inspection with `kinds` kinds of findings. */
export async function inspectionReport(
  kinds: number,
  labels = ["bus", "car", "motorcycle"],
): Promise<InspectionReport> {
  const pictures = await drawn();
  const titles = [
    [
      "Copies across splits",
      "error",
      "Pictures of the test are copies of training pictures, so the test is too optimistic. Leave out the training ones.",
    ],
    ["One picture under two labels", "error", "Equal photographs have different labels. Decide which one is right."],
    [
      "Blank silhouettes",
      "warning",
      "Nearly all pixels are on one side of the threshold, so the network sees no shape.",
    ],
    ["Files that cannot be read", "warning", "These files are skipped."],
  ] as const;
  return {
    kind: "inspection",
    created: "2026-05-04T10:20:30.000Z",
    version: "0.1.0",
    source: "photos/vehicles",
    advice:
      kinds === 0
        ? "Nothing was found: silhouette train photos/vehicles trains on it."
        : "silhouette inspect photos/vehicles --fix leave-out.csv lists the files to leave out.",
    labels,
    counts: {
      train: labels.map((_, index) => 40 + 31 * index),
      val: labels.map((_, index) => 8 + index),
      test: labels.map(() => 10),
    },
    findings: titles.slice(0, kinds).map(([title, severity, explanation], kind) => ({
      title,
      severity,
      explanation,
      total: 9 * (kind + 1),
      examples: Array.from({ length: 8 }, (_, index) => ({
        note:
          kind === 3
            ? "VipsJpeg: premature end of file"
            : kind === 0
              ? `Differs by ${index + 1} gray levels`
              : "The same gray levels",
        pictures: Array.from({ length: kind === 3 ? 1 : kind < 2 ? 2 + (index % 2) : 1 }, (__, copy) => ({
          path: `${labels[copy % labels.length]}/IMG_${900 + 10 * index + copy}.jpg`,
          label: labels[copy % labels.length] ?? "",
          split: copy === 0 ? "test" : "train",
          photograph: kind === 3 ? null : (pictures[(index + kind) % pictures.length]?.photograph ?? null),
          silhouette: kind === 3 ? null : (pictures[(index + kind) % pictures.length]?.silhouette ?? null),
        })),
      })),
    })),
  };
}
