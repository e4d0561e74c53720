// Answers for pictures over HTTP with a run's model:
//
//   node examples/dist/prediction-server.js RUN 8080
//   curl --data-binary @street.jpg http://localhost:8080

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

import { Predictor } from "@silhouette/trainer";

const [run = "runs/photos", port = "8080"] = process.argv.slice(2);
const MOST_BYTES = 20e6;

const predictor = await Predictor.load(run);
const server = createServer((request, response) => {
  const tell = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  const bytes = Number(request.headers["content-length"]);
  if (request.method !== "POST") tell(405, { error: "Expected a picture by POST" });
  else if (!(bytes <= MOST_BYTES)) tell(413, { error: `Expected at most ${MOST_BYTES} bytes, and a content-length` });
  else {
    buffer(request)
      .then((picture) => predictor.classify(picture))
      .then((answer) => tell("classes" in answer ? 200 : 422, answer))
      .catch((error: unknown) => tell(500, { error: String(error) }));
  }
});
server.listen(Number(port), () => {
  console.log(`Listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
