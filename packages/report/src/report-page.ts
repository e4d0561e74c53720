// The report as one HTML file: data ─▶ JSON beside the bundled views, which draw it when the file is opened. Nothing is fetched, and
// nothing but the two bundles can run or style the page, whatever the data holds: a content security policy names them by hash.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { printableHtml, printableJson } from "./printable.ts";
import type { ReportData } from "./report-data.ts";

/** A dark shape and its mask: the icon of the page. */
const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f5f99"/>' +
      '<path d="M2 11V9l2-.6L6 5h5l2 3.2 1 .6V11h-1.6a1.5 1.5 0 0 1-2.8 0H6.4a1.5 1.5 0 0 1-2.8 0z" fill="#fff"/></svg>',
  );

/**
 * A report as one HTML file. It opens from disk and makes no request: script, style, data and pictures are in it. Its pictures have to be
 * `data:` URLs; others are not loaded. Needs a browser of 2024 or later.
 *
 * @param data a run, a comparison of runs, or an inspected dataset. Its texts are shown as text, whatever they contain
 * @returns the file, which is to be written in UTF-8
 * @example
 * import { writeFile } from "node:fs/promises";
 *
 * import { reportPage, type ReportData } from "@silhouette/report";
 *
 * declare const data: ReportData;
 * await writeFile("report.html", reportPage(data));
 */
export function reportPage(data: ReportData): string {
  const script = bundled("page.bundle.js");
  const style = bundled("page.bundle.css");
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Silhouette ${printableHtml(data.version)}">
<title>${printableHtml(titleOf(data))}</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<div id="report" class="report"><noscript><p class="noscript">This report is drawn by a script in this file. Enable JavaScript for it; it loads nothing from the network.</p></noscript></div>
<script type="application/json" id="data">${jsonOf(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** A bundle of the views, as the build wrote it beside this module. */
function bundled(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

/** The source expression that allows `text` in a content security policy. */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** The data as JSON that ends neither its element nor, in an editor, the line. */
function jsonOf(data: ReportData): string {
  return printableJson(JSON.stringify(data)).replaceAll("<", String.raw`\u003c`);
}

function titleOf(data: ReportData): string {
  if (data.kind === "run") return `${data.name}: run report`;
  if (data.kind === "inspection") return `${data.source}: inspection of a dataset`;
  return `${data.runs.map(({ name }) => name).join(", ")}: comparison of runs`;
}
