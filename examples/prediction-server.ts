// Answers for pictures over HTTP with a run's model:
//
//   node examples/dist/prediction-server.js RUN 8080
//   curl --data-binary @street.jpg http://localhost:8080
//
// A stranger's request cannot take more than its share: its bytes, its time, and the requests at once are bounded.

import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Predictor } from "@silhouette/trainer";

const [run = "runs/photos", port = "8080"] = process.argv.slice(2);

/** Bytes of a picture. */
const MOST_BYTES = 20e6;
/** Requests at once: their pictures are in memory together. What comes beyond is asked to come again. */
const MOST_AT_ONCE = 8;
/** Milliseconds for a request to arrive: its headers, and all of it. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000 };

/** What is sent back. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: OutgoingHttpHeaders;
}

const predictor = await Predictor.load(run);
let atWork = 0;

/** The body, or undefined if it is too long; a client may say no length, or a wrong one. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > MOST_BYTES) return undefined;
  const pieces: Buffer[] = [];
  let bytes = 0;
  // The connection stays, for the answer.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function answerTo(request: IncomingMessage): Promise<Answer> {
  if (request.method !== "POST")
    return { status: 405, body: { error: "Expected a picture by POST" }, headers: { allow: "POST" } };
  if (atWork >= MOST_AT_ONCE) {
    const error = `Expected at most ${MOST_AT_ONCE} requests at once. Try again in a second.`;
    return { status: 503, body: { error }, headers: { "retry-after": "1" } };
  }
  atWork++;
  try {
    const picture = await bodyOf(request);
    if (picture === undefined)
      return { status: 413, body: { error: `Expected a picture of at most ${MOST_BYTES} bytes` } };
    if (picture.length === 0)
      return { status: 400, body: { error: "Expected a picture in the body, but it is empty" } };
    const answer = await predictor.classify(picture);
    return { status: "classes" in answer ? 200 : 422, body: answer };
  } finally {
    atWork--;
  }
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body, headers } = await answerTo(request).catch((error: unknown): Answer => {
    // A client that has gone is nobody's fault.
    if (request.complete) console.error(error);
    return { status: 500, body: { error: "Expected an answer, but something is wrong here: see the server's log" } };
  });
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}

const server = createServer(TIMEOUTS, (request, response) => void respond(request, response));
server.listen(Number(port), () => {
  console.log(`Listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
