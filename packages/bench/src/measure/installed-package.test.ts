// Packages that may be beside this one.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { describePackage, installedPackage, loadPackage } from "./installed-package.ts";

const missing = expect.objectContaining({
  code: "NOT_INSTALLED",
  message: "Cannot find module '@silhouette/of-nobody'",
}) as Error;

describe("a package that is not installed", () => {
  it("is an error with its name, on one line, to whoever loads or describes it", () => {
    expect(() => loadPackage("@silhouette/of-nobody")).toThrow(missing);
    expect(() => describePackage("@silhouette/of-nobody")).toThrow(missing);
  });

  it("has no folder", () => {
    expect(installedPackage("@silhouette/of-nobody")).toBe(undefined);
  });
});

describe("a package that is installed", () => {
  it("is loaded", () => {
    expect(loadPackage("sharp")).toBeTypeOf("function");
  });

  it("without dependencies has its version and the size of its own files", () => {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve("tinybench")));
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
      statSync(join(folder, name)),
    );
    const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string };
    expect(describePackage("tinybench")).toEqual({ name: "tinybench", version, installedBytes: bytes });
    expect(installedPackage("tinybench")).toEqual({ folder, version });
  });

  it("has the size of what it depends on, too: sharp's own files are a small part of it", () => {
    const { installedBytes } = describePackage("sharp");
    expect(installedBytes).toBeGreaterThan(5e6);
    // Nothing is counted twice: all packages for one system are smaller than this.
    expect(installedBytes).toBeLessThan(5e7);
  });
});
