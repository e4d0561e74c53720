// A report as one HTML page, without scripts or files of its own.

import type { ReportData } from "./report-data.ts";

/** A page that shows a report. Pictures are those of the data. */
export function reportPage(data: ReportData): string {
  const title = data.kind === "inspection" ? data.source : data.kind;
  const findings = data.kind === "inspection" ? data.findings : [];
  const sections = findings.map(({ title: head, explanation, total, examples }) => {
    const rows = examples.map(({ note, pictures }) => {
      const shown = pictures.map(
        ({ path, label, split, photograph, silhouette }) =>
          `<figure>${imageOf(photograph)}${imageOf(silhouette)}<figcaption>${escaped(`${path} (${label}, ${split})`)}</figcaption></figure>`,
      );
      return `<p>${escaped(note)}</p>${shown.join("")}`;
    });
    return `<section><h2>${escaped(`${head}: ${total}`)}</h2><p>${escaped(explanation)}</p>${rows.join("")}</section>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><h1>${escaped(title)}</h1><p>${escaped("advice" in data ? data.advice : "")}</p>${sections.join("")}</html>\n`;
}

function imageOf(url: string | null): string {
  return url === null ? "" : `<img src="${escaped(url)}" alt="" height="120">`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
