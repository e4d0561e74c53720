// The process of one cold start, started by cold-start.ts. In: a peer's name. Out: milliseconds from the first import
// to the first mask, on standard output.

import { nodePeer } from "./peers/peers.ts";
import { photoLikePicture } from "../measure/photo-like-picture.ts";

const [width, height] = [300, 300];

const { create } = nodePeer(process.argv[2] ?? "");
const picture = photoLikePicture(500, 375, 4, 1);
const mask = new Uint8Array(width * height);

const begin = performance.now();
const binarize = await create(width, height);
await binarize(picture, mask);
const milliseconds = performance.now() - begin;

console.log(milliseconds);
process.exit();
