# Two functions in workerd, each on a free port of its own.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "answers", worker = .answers), (name = "example", worker = .example)],
  sockets = [
    (name = "answers", address = "127.0.0.1:0", http = (), service = "answers"),
    (name = "example", address = "127.0.0.1:0", http = (), service = "example"),
  ]
);

const answers :Workerd.Worker = (
  modules = [
    (name = "worker", esModule = embed "edge/worker.js"),
    (name = "@silhouette/preprocess-wasm/simd128.wasm", wasm = embed "edge/kernels.wasm"),
  ],
  compatibilityDate = "2026-01-01",
);

const example :Workerd.Worker = (
  modules = [
    (name = "worker", esModule = embed "edge/example.js"),
    (name = "@silhouette/preprocess-wasm/simd128.wasm", wasm = embed "edge/kernels.wasm"),
  ],
  compatibilityDate = "2026-01-01",
);
