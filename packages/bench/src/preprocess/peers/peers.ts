// The peers: ours by both instruction sets, plain JavaScript, OpenCV, @napi-rs/image, sharp, jimp; each by
// the cheapest of its ways that is equivalent. In: an output size. Out: a function from picture to mask. Nothing is
// checked or timed here, and no library is loaded before its peer is created.

import type { InstructionSet, Picture } from "@silhouette/preprocess-wasm";

import type { Interpolation } from "./opencv-js.ts";
import type { SharpRoute } from "./sharp.ts";

/** Gray, resize, Otsu: writes 0 or 1 per pixel and returns the threshold. */
export type Binarize = (picture: Picture, mask: Uint8Array) => number | Promise<number>;

/** The largest deviation of a peer's answer from ours. */
export interface Tolerance {
  /** Least share of the mask's pixels that equal ours, 0 to 1. */
  readonly agreement: number;
  /** Most gray levels between its threshold and ours. */
  readonly levels: number;
}

interface AnyPeer {
  readonly name: string;
  /** Whether it accepts gray pictures. */
  readonly takesGray: boolean;
  readonly tolerance: Tolerance;
}

/** One way to do the work in Node.js. */
export interface NodePeer extends AnyPeer {
  readonly program: "node";
  /** The library it uses, if that is not ours. */
  readonly packageName?: string;
  /** Whether it returns promises. */
  readonly asynchronous: boolean;
  readonly create: (width: number, height: number) => Promise<Binarize>;
}

/** One way to do the work in Python; ../peers/opencv.py knows it by its name. */
export interface PythonLibrary extends AnyPeer {
  readonly program: "python";
}

/** One way to do the work. */
export type Peer = NodePeer | PythonLibrary;

/** The same rules, the same bytes. */
const SAME: Tolerance = { agreement: 1, levels: 0 };

/** Antialiased, too, with other weights and rounding. */
const CLOSE: Tolerance = { agreement: 0.998, levels: 1 };

/** Not antialiased: grain stays, and edges are jagged in pictures that shrink a lot. Or gray through linear light. */
const NEAR: Tolerance = { agreement: 0.98, levels: 8 };

/** In the order of their turns. The first is the one that the others are compared with. */
export const PEERS: readonly Peer[] = [
  ours("simd128"),
  ours("scalar"),
  {
    name: "plain JavaScript",
    program: "node",
    takesGray: true,
    tolerance: SAME,
    asynchronous: false,
    create: async (width, height) => {
      const { PlainJavaScriptPreprocessor } = await import("./plain-javascript.ts");
      const preprocessor = new PlainJavaScriptPreprocessor(width, height);
      return (picture, mask) => preprocessor.binarize(picture, mask);
    },
  },
  openCvJs("INTER_LINEAR", NEAR),
  openCvJs("INTER_AREA", CLOSE),
  { name: "OpenCV native INTER_LINEAR", program: "python", takesGray: true, tolerance: NEAR },
  { name: "OpenCV native INTER_AREA", program: "python", takesGray: true, tolerance: CLOSE },
  {
    name: "@napi-rs/image",
    program: "node",
    packageName: "@napi-rs/image",
    takesGray: false,
    tolerance: CLOSE,
    asynchronous: true,
    create: async (width, height) => {
      const { NapiImagePeer } = await import("./napi-image.ts");
      const peer = new NapiImagePeer(width, height);
      return (picture, mask) => peer.binarize(picture, mask);
    },
  },
  sharpBy("resized", "sharp", CLOSE),
  sharpBy("greyscale", "sharp .greyscale()", NEAR),
  {
    name: "jimp",
    program: "node",
    packageName: "jimp",
    takesGray: false,
    tolerance: NEAR,
    asynchronous: false,
    create: async (width, height) => {
      const { JimpPeer } = await import("./jimp.ts");
      const peer = new JimpPeer(width, height);
      return (picture, mask) => peer.binarize(picture, mask);
    },
  },
];

/** The peer of Node.js that has this name. */
export function nodePeer(name: string): NodePeer {
  const peer = PEERS.find((each) => each.name === name);
  if (peer?.program !== "node") throw new RangeError(`Expected the name of a peer of Node.js, not ${name}`);
  return peer;
}

function ours(instructionSet: InstructionSet): NodePeer {
  return {
    name: `ours ${instructionSet}`,
    program: "node",
    takesGray: true,
    tolerance: SAME,
    asynchronous: false,
    create: async (width, height) => {
      const { init, Preprocessor } = await import("@silhouette/preprocess-wasm");
      await init({ instructionSet });
      const preprocessor = new Preprocessor({ width, height, instructionSet });
      return (picture, mask) => preprocessor.binarize(picture, mask, { format: "0/1" });
    },
  };
}

function openCvJs(interpolation: Interpolation, tolerance: Tolerance): NodePeer {
  return {
    name: `opencv-js ${interpolation}`,
    program: "node",
    packageName: "@techstark/opencv-js",
    takesGray: true,
    tolerance,
    asynchronous: false,
    create: async (width, height) => {
      const { OpenCvJsPeer } = await import("./opencv-js.ts");
      const peer = await OpenCvJsPeer.create(interpolation, width, height);
      return (picture, mask) => peer.binarize(picture, mask);
    },
  };
}

function sharpBy(route: SharpRoute, name: string, tolerance: Tolerance): NodePeer {
  return {
    name,
    program: "node",
    packageName: "sharp",
    takesGray: true,
    tolerance,
    asynchronous: true,
    create: async (width, height) => {
      const { SharpPeer } = await import("./sharp.ts");
      const peer = new SharpPeer(route, width, height);
      return (picture, mask) => peer.binarize(picture, mask);
    },
  };
}
