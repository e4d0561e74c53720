// The project of a user who has installed ONNX Runtime and LiteRT, where the examples run: they are no dependencies of this
// repository, since they take 470 MB.

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { createServer, type ViteDevServer } from "vite";

import { outputOf, REPOSITORY } from "./programs.ts";

/** `SILHOUETTE_MODEL_RUNTIMES` is a node_modules folder with the packages of model-runtimes/package.json. */
const { CI, SILHOUETTE_MODEL_RUNTIMES: PACKAGES } = process.env;

/** Whether what needs the runtimes is skipped: never in CI. */
export const HAS_NO_RUNTIMES = !PACKAGES && CI === undefined;

/** What onnxruntime-node and onnxruntime-web have in common, as far as the tests need it. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array): Promise<OnnxSession> };
  readonly Tensor: new (type: "float32", values: Float32Array, shape: readonly number[]) => object;
}

/** A loaded model. */
export interface OnnxSession {
  readonly outputNames: readonly string[];
  run(inputs: Readonly<Record<string, object>>): Promise<Readonly<Record<string, { readonly data: Float32Array }>>>;
}

/**
 * Creates a project with copies of examples.
 *
 * @param around a folder, which must not exist
 * @param examples names of files
 * @returns its folder
 */
export function makeProject(around: string, examples: readonly string[]): string {
  if (!PACKAGES) throw new Error("Expected setup to have installed the runtimes, since CI must not skip them");
  const project = join(around, "project");
  mkdirSync(project, { recursive: true });
  // Node.js, TypeScript and Vite look in the next folder for what a node_modules folder lacks.
  symlinkSync(join(REPOSITORY, "node_modules"), join(project, "node_modules"), "junction");
  symlinkSync(PACKAGES, join(around, "node_modules"), "junction");
  for (const name of examples) copyFileSync(join(REPOSITORY, "examples", name), join(project, name));
  const settings = {
    extends: join(REPOSITORY, "tsconfig.base.json"),
    compilerOptions: { outDir: "dist", rootDir: ".", declaration: false, declarationMap: false, sourceMap: false },
    include: ["*.ts"],
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(settings));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  return project;
}

/** ONNX Runtime, loaded from a project. */
export function onnxRuntime(project: string, name: "onnxruntime-node" | "onnxruntime-web"): OnnxRuntime {
  return createRequire(join(project, "package.json"))(name) as OnnxRuntime;
}

/** Checks the types of a project's programs, and compiles them; returns the path of one. */
export async function compile(project: string, name: string): Promise<string> {
  await outputOf(process.execPath, [join(REPOSITORY, "node_modules", "typescript", "bin", "tsc"), "-p", project]);
  return join(project, "dist", `${name}.js`);
}

/** Serves a project's pages. The packages are outside its folder. */
export async function serve(project: string): Promise<ViteDevServer> {
  const server = { port: 0, fs: { strict: false } };
  const vite = await createServer({ root: project, cacheDir: join(project, ".vite"), server, logLevel: "error" });
  return vite.listen();
}
