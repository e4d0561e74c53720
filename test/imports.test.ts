// Imports go one way, between packages and between the trainer's folders, and there are no cycles.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { describe, expect, it } from "vitest";

import { REPOSITORY } from "./programs.ts";

/** Source folders of the packages; each may import those before it. */
const PACKAGES = [
  "preprocess-wasm/ts",
  "training-wasm/ts",
  "trainer/src",
  "report/src",
  "studio/src",
  "bench/src",
  "cli/src",
] as const;

/** The trainer's folders, from the bottom up; each may import those before it. */
const ROOMS = ["values", "dataset", "backend", "network", "training", "model", "node"] as const;

/** Modules that use Node.js, native code, or files. */
const NOT_FOR_PAGES = /^(node:|sharp$|fs-native-extensions$|@tensorflow\/tfjs-node$)/;

interface SourceFile {
  /** Relative to its source folder, with `/`. */
  readonly path: string;
  /** The code, without comments. */
  readonly code: string;
  /** Its imports: files of the same source folder by path, everything else as written. */
  readonly imports: readonly string[];
  /** Those of them that are not of types alone. */
  readonly values: readonly string[];
}

/** The source files of a folder, without tests. */
function filesOf(source: string): readonly SourceFile[] {
  const root = join(REPOSITORY, "packages", source);
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.tsx?$/.test(path) && !/\.(test|d)\.ts$/.test(path) && !/(^|\/)testing\//.test(path))
    .map((path) => {
      const code = readFileSync(join(root, path), "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
      const namesIn = (text: string): readonly string[] =>
        [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) =>
          name.startsWith(".") ? relative(root, resolve(root, dirname(path), name)).replaceAll("\\", "/") : name,
        );
      const values = namesIn(code.replaceAll(/^(?:im|ex)port type [^;]*;/gm, ""));
      return { path, code, imports: namesIn(code), values };
    });
}

/** A cycle of imports among `files`, if there is one. */
function circleOf(files: readonly SourceFile[]): readonly string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): readonly string[] | undefined => {
    if (above.includes(path)) return [...above.slice(above.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of byPath.get(path)?.imports ?? []) {
      const circle = byPath.has(next) ? visit(next, [...above, path]) : undefined;
      if (circle !== undefined) return circle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const circle = visit(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

const roomOf = (path: string): string => path.split("/")[0] ?? "";

describe.each(PACKAGES)("packages/%s", (source) => {
  const files = filesOf(source);

  it("has files with imports", () => {
    expect(files.length).toBeGreaterThan(4);
    expect(files.flatMap(({ imports }) => imports).filter((name) => name.endsWith(".ts")).length).toBeGreaterThan(4);
  });

  it("needs only packages that its manifest names", () => {
    const folder = source.split("/")[0] ?? "";
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(REPOSITORY, "packages", folder, "package.json"), "utf8"),
    ) as Readonly<Record<"dependencies" | "peerDependencies", object | undefined>>;
    const named = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    const others = files
      // Bundled by the build.
      .filter(({ path }) => folder !== "studio" || !/^(site|service-worker)\//.test(path))
      .flatMap(({ path, values }) =>
        values
          .filter(
            (name) => /^(@[\w.-]+\/)?\w[\w.-]*(\/[\w./-]+)?$/.test(name) && !files.some((file) => file.path === name),
          )
          .map((name) => ({ path, name: /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? "" })),
      )
      .filter(({ name }) => !named.has(name));
    expect(others).toEqual([]);
  });

  it("has no import cycles", () => {
    expect(circleOf(files)).toBeUndefined();
  });

  it("imports only packages that come before it", () => {
    const names = PACKAGES.map((each) => `@silhouette/${each.split("/")[0]}`);
    const allowed = new Set(names.slice(0, PACKAGES.indexOf(source)));
    const others = files.flatMap(({ path, imports }) =>
      imports
        .filter((name) => names.some((each) => name === each || name.startsWith(`${each}/`)))
        .filter((name) => !allowed.has(name.split("/").slice(0, 2).join("/")))
        .map((name) => `${path} imports ${name}`),
    );
    expect(others).toEqual([]);
  });
});

describe("the trainer", () => {
  const files = filesOf("trainer/src");

  it("has all its files in these folders, except the entries", () => {
    const entries = files.filter(({ path }) => !path.includes("/")).map(({ path }) => path);
    expect(entries.toSorted()).toEqual([
      "browser.ts",
      "config.ts",
      "datasets.ts",
      "facts.ts",
      "index.ts",
      "light.ts",
      "predict.ts",
      "runs.ts",
      "step.ts",
    ]);
    const rooms = new Set(files.filter(({ path }) => path.includes("/")).map(({ path }) => roomOf(path)));
    expect([...rooms].toSorted()).toEqual([...ROOMS].toSorted());
  });

  it("has folders that only import those below them", () => {
    const floor = (path: string): number => (ROOMS as readonly string[]).indexOf(roomOf(path));
    const upwards = files.flatMap(({ path, imports }) =>
      imports
        .filter((name) => path.includes("/") && name.endsWith(".ts") && (floor(name) > floor(path) || floor(name) < 0))
        .map((name) => `${path} imports ${name}`),
    );
    expect(upwards).toEqual([]);
  });

  it("uses Node.js, native code and files only in the folder node", () => {
    const reached = files
      .filter(
        ({ path }) => ["browser.ts", "facts.ts"].includes(path) || (path.includes("/") && roomOf(path) !== "node"),
      )
      .flatMap(({ path, code, imports }) => [
        ...imports
          .filter((name) => NOT_FOR_PAGES.test(name) || roomOf(name) === "node")
          .map((name) => `${path}: ${name}`),
        ...[...code.matchAll(/(?<![.\w])(process|Buffer|__dirname)\b(?!\s*:)/g)].map(([, name]) => `${path}: ${name}`),
      ]);
    expect(reached).toEqual([]);
  });
});

describe("the report", () => {
  const files = filesOf("report/src");
  const isOfPage = (path: string): boolean => roomOf(path) === "page";

  it("has views that import nothing of Node.js, and of the rest only plain data, pixels and text", () => {
    const page = files.filter(({ path }) => isOfPage(path));
    expect(page.length).toBeGreaterThan(10);
    const others = page.flatMap(({ path, code, imports }) => [
      ...imports
        .filter((name) => NOT_FOR_PAGES.test(name) || (/\.tsx?$/.test(name) && !isOfPage(name)))
        .filter((name) => !["report-data.ts", "printable.ts", "picture-encoder.ts"].includes(name))
        .map((name) => `${path}: ${name}`),
      // Types alone: the trainer would bring its libraries.
      ...[...code.matchAll(/^import (?!type )[^;]*"@silhouette\/trainer/gm)].map(() => `${path}: @silhouette/trainer`),
    ]);
    expect(others).toEqual([]);
  });

  it("has data for pages that need nothing of Node.js, nor the part of the trainer that does", () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set(["data.ts"]);
    for (const path of reached)
      for (const name of byPath.get(path)?.values ?? []) if (byPath.has(name)) reached.add(name);
    expect(reached.size).toBeGreaterThan(8);
    const others = [...reached].flatMap((path) => {
      const { code = "", values = [] } = byPath.get(path) ?? {};
      return [
        ...values.filter((name) => NOT_FOR_PAGES.test(name) || name === "@silhouette/trainer"),
        ...[...code.matchAll(/(?<![.\w])(process|Buffer|__dirname)\b(?!\s*:)/g)].map(([, name = ""]) => name),
      ].map((name) => `${path}: ${name}`);
    });
    expect(others).toEqual([]);
  });

  it("has nothing outside of the views that imports one", () => {
    const inwards = files.flatMap(({ path, imports }) =>
      imports.filter((name) => !isOfPage(path) && isOfPage(name)).map((name) => `${path}: ${name}`),
    );
    expect(inwards).toEqual([]);
  });
});

it("the benchmark's measure/ does not depend on suites", () => {
  const files = filesOf("bench/src").filter(({ path }) => roomOf(path) === "measure");
  expect(files.length).toBeGreaterThan(4);
  const others = files.flatMap(({ path, imports }) =>
    imports.filter((name) => name.endsWith(".ts") && roomOf(name) !== "measure").map((name) => `${path}: ${name}`),
  );
  expect(others).toEqual([]);
});

it("no suite of the benchmark imports another", () => {
  const suites = new Set(["preprocess", "training", "convolutions"]);
  const others = filesOf("bench/src").flatMap(({ path, imports }) =>
    imports
      .filter((name) => suites.has(roomOf(path)) && name.endsWith(".ts"))
      .filter((name) => !["measure", "testing", roomOf(path)].includes(roomOf(name)))
      .map((name) => `${path}: ${name}`),
  );
  expect(others).toEqual([]);
});

describe("the studio", () => {
  const files = filesOf("studio/src");
  const of = (room: string) => files.filter(({ path }) => path.startsWith(`site/${room}/`));

  it("has a page whose only libraries are its own: those of the trainer are in its worker", () => {
    expect(of("page").length).toBeGreaterThan(10);
    const others = of("page").flatMap(({ path, code, imports }) => [
      ...imports.filter((name) => NOT_FOR_PAGES.test(name)).map((name) => `${path}: ${name}`),
      ...[...code.matchAll(/^import (?!type )[^;]*"@silhouette\/trainer/gm)].map(() => `${path}: @silhouette/trainer`),
    ]);
    expect(others).toEqual([]);
  });

  it("has a worker that needs nothing of Node.js, nor of the page", () => {
    expect(of("engine").length).toBeGreaterThan(10);
    const others = of("engine").flatMap(({ path, imports }) =>
      imports
        .filter((name) => NOT_FOR_PAGES.test(name) || name.startsWith("site/page/") || name === "preact")
        .map((name) => `${path}: ${name}`),
    );
    expect(others).toEqual([]);
  });
});
