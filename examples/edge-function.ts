// An edge function that converts raw RGBA pixels to a mask. For Cloudflare Workers and other workerd hosts, which forbid
// compiling bytes: importing a .wasm file provides a compiled module for `initSync`.
//
//   npx esbuild examples/edge-function.ts --bundle --format=esm --external:*.wasm --outfile=worker.js
//   curl --data-binary @pixels.rgba "http://localhost:8080/?width=640&height=480"

import { initSync, PreprocessError, Preprocessor } from "@silhouette/preprocess-wasm";
import kernels from "@silhouette/preprocess-wasm/simd128.wasm";

/** Side length of the mask in pixels. */
const SIDE = 300;

let preprocessor: Preprocessor | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== "POST") return new Response("Expected RGBA pixels by POST\n", { status: 405 });
    const { searchParams } = new URL(request.url);
    const [width, height] = [Number(searchParams.get("width")), Number(searchParams.get("height"))];
    if (preprocessor === undefined) {
      initSync(kernels);
      preprocessor = new Preprocessor({ width: SIDE, height: SIDE });
    }
    const mask = new Uint8Array(preprocessor.packedBytes);
    try {
      const data = new Uint8Array(await request.arrayBuffer());
      const threshold = preprocessor.binarize({ data, width, height, channels: 4 }, mask);
      return new Response(mask, { headers: { "x-threshold": String(threshold) } });
    } catch (error) {
      if (error instanceof PreprocessError) return new Response(`${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};
