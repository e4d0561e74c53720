// The engines that take turns: this Node.js, others, and browsers.

import { delimiter } from "node:path";

/** An engine: a Node.js, or a browser that playwright-core drives. */
export interface Engine {
  readonly name: string;
  readonly kind: "node" | "chromium" | "firefox";
  /** Path of its program. */
  readonly program: string;
}

/** Browsers where Debian's packages install them. */
const BROWSERS: readonly Engine[] = [
  { name: "Chromium", kind: "chromium", program: "/usr/bin/chromium" },
  { name: "Firefox", kind: "firefox", program: "/usr/bin/firefox-esr" },
];

/** In the order of their turns and rows: this process' Node.js, those of `SILHOUETTE_NODES`, and browsers. */
export function enginesHere(): readonly Engine[] {
  const others = (process.env["SILHOUETTE_NODES"] ?? "").split(delimiter).filter((path) => path !== "");
  return [
    { name: "Node", kind: "node", program: process.execPath },
    ...others.map((program, index): Engine => ({ name: `Node of SILHOUETTE_NODES ${index + 1}`, kind: "node", program })),
    ...BROWSERS,
  ];
}
