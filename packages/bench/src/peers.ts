// Who does the same work: ours by both instruction sets, plain JavaScript, sharp on two routes. In: an output size. Out:
// a function from picture to bits. Nothing is checked or timed here.

import { init, Preprocessor, type InstructionSet, type Picture } from "@silhouette/preprocess-wasm";

import { PlainJavaScriptPreprocessor } from "./plain-javascript.ts";
import { SharpPeer, type SharpRoute } from "./sharp-peer.ts";

/** Gray, resize, Otsu, one bit a pixel: writes ceil(pixels / 8) bytes and gives the threshold. */
export type Binarize = (picture: Picture, bits: Uint8Array) => number | Promise<number>;

/** One way to do the work. */
export interface Peer {
  readonly name: string;
  /** Whether it gives promises. */
  readonly asynchronous: boolean;
  /** Whether its answer must be ours, or only close to it. */
  readonly answersAsWe: boolean;
  readonly create: (width: number, height: number) => Promise<Binarize>;
}

/** In the order of their turns. The first is the one that the others are compared with. */
export const PEERS: readonly Peer[] = [
  ours("simd128"),
  ours("scalar"),
  {
    name: "plain JavaScript",
    asynchronous: false,
    answersAsWe: true,
    create: async (width, height) => {
      const preprocessor = new PlainJavaScriptPreprocessor(width, height);
      return (picture, bits) => preprocessor.binarize(picture, bits);
    },
  },
  sharpBy("resized", "sharp"),
  sharpBy("greyscale", "sharp .greyscale()"),
];

function ours(instructionSet: InstructionSet): Peer {
  return {
    name: `ours ${instructionSet}`,
    asynchronous: false,
    answersAsWe: true,
    create: async (width, height) => {
      await init({ instructionSet });
      const preprocessor = new Preprocessor({ width, height, instructionSet });
      return (picture, bits) => preprocessor.binarize(picture, bits);
    },
  };
}

function sharpBy(route: SharpRoute, name: string): Peer {
  return {
    name,
    asynchronous: true,
    answersAsWe: false,
    create: async (width, height) => {
      const peer = new SharpPeer(route, width, height);
      return (picture, bits) => peer.binarize(picture, bits);
    },
  };
}
