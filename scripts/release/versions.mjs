// Where the packages' version is written, besides package.json.

export const VERSIONED = [
  { path: "packages/trainer/src/values/version.ts", pattern: /(?<=VERSION = ")[^"]+/ },
  { path: "packages/preprocess-wasm/ts/kernels.ts", pattern: /(?<=VERSION = ")[^"]+/ },
  { path: "packages/preprocess-wasm/Cargo.toml", pattern: /(?<=^version = ")[^"]+/m },
  { path: "packages/training-wasm/Cargo.toml", pattern: /(?<=^version = ")[^"]+/m },
  { path: "python/pyproject.toml", pattern: /(?<=^version = ")[^"]+/m },
];
