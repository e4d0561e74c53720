// The engines that take turns: this Node.js, others, and browsers.

import { execFileSync } from "node:child_process";
import { delimiter } from "node:path";

/** An engine: a Node.js, or a browser that playwright-core drives. */
export interface Engine {
  /** With its version, if there are several of a kind. */
  readonly name: string;
  /** Node.js, or which browser. */
  readonly kind: "node" | "chromium" | "firefox";
  /** Path of its program. */
  readonly program: string;
}

/** Browsers where Debian's packages install them. */
const BROWSERS: readonly Engine[] = [
  { name: "Chromium", kind: "chromium", program: "/usr/bin/chromium" },
  { name: "Firefox", kind: "firefox", program: "/usr/bin/firefox-esr" },
];

/** In the order of their turns and rows: this process' Node.js, those of other versions in `SILHOUETTE_NODES`, and browsers. */
export function enginesHere(): readonly Engine[] {
  const others = (process.env["SILHOUETTE_NODES"] ?? "").split(delimiter).filter((path) => path !== "");
  const nodes = others.map((program): Engine => {
    const version = execFileSync(program, ["--version"], { encoding: "utf8" });
    return { name: nameOfNode(version), kind: "node", program };
  });
  const ours: Engine = { name: nameOfNode(process.version), kind: "node", program: process.execPath };
  return [ours, ...nodes.filter(({ name }) => name !== ours.name), ...BROWSERS];
}

/** `Node 24.1.0` of `v24.1.0`. */
function nameOfNode(version: string): string {
  return `Node ${version.trim().slice(1)}`;
}
