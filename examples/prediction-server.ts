// An HTTP server that classifies pictures with a run's model:
//
//   node examples/dist/prediction-server.js RUN 8080
//   curl --data-binary @street.jpg http://localhost:8080
//
// In a browser, the same address is a page that classifies photographs and the camera's picture on the visitor's own machine.
//
// The size and duration of requests and the number of concurrent ones are limited, so untrusted clients cannot overload it.

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { predictorPage } from "@silhouette/studio";
import { Predictor } from "@silhouette/trainer";

const [run = "runs/photos", port = "8080"] = process.argv.slice(2);

/** Maximum size of a picture in bytes. */
const MAX_BYTES = 20e6;
/** Maximum number of concurrent requests, whose pictures are all in memory. Clients are asked to retry further ones. */
const MAX_REQUESTS = 8;
/** Time limits in milliseconds for receiving the headers and all of a request. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000 };

/** A response. */
interface Reply {
  readonly status: number;
  /** A page, or what is sent as JSON. */
  readonly body: unknown;
  readonly headers?: OutgoingHttpHeaders;
}

const predictor = await Predictor.load(run);
const model = join(run, "model");
const page = await predictorPage({
  json: await readFile(join(model, "model.json"), "utf8"),
  readWeights: (name) => readFile(join(model, name)),
});
let activeRequests = 0;

/** The body, or undefined if it is too long; a client may declare no length, or a wrong one. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Keeps the connection open for the response.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function replyTo(request: IncomingMessage): Promise<Reply> {
  if (request.method === "GET" && request.url === "/")
    return { status: 200, body: page, headers: { "content-type": "text/html; charset=utf-8" } };
  if (request.method !== "POST")
    return { status: 405, body: { error: "Expected a picture by POST" }, headers: { allow: "GET, POST" } };
  if (activeRequests >= MAX_REQUESTS) {
    const error = `Expected at most ${MAX_REQUESTS} concurrent requests. Try again in a second.`;
    return { status: 503, body: { error }, headers: { "retry-after": "1" } };
  }
  activeRequests++;
  try {
    const picture = await bodyOf(request);
    if (picture === undefined)
      return { status: 413, body: { error: `Expected a picture of at most ${MAX_BYTES} bytes` } };
    if (picture.length === 0)
      return { status: 400, body: { error: "Expected a picture in the body, but it is empty" } };
    const classification = await predictor.classify(picture);
    return { status: "classes" in classification ? 200 : 422, body: classification };
  } finally {
    activeRequests--;
  }
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body, headers } = await replyTo(request).catch((error: unknown): Reply => {
    // A client that disconnects is not an error.
    if (request.complete) console.error(error);
    return { status: 500, body: { error: "Expected a prediction, but the server failed; see its log" } };
  });
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === page ? page : `${JSON.stringify(body)}\n`);
  // What was not read of the body would otherwise stay before the client's next request. TIMEOUTS limit it.
  request.resume();
}

const server = createServer(TIMEOUTS, (request, response) => void respond(request, response));
server.listen(Number(port), () => {
  console.log(`Listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
