// The peers of the suite prepare: our command, what people write with OpenCV and with sharp, and our decoder alone.

import type { Tolerance } from "./answers.ts";

interface AnyPeer {
  readonly name: string;
  /** Threads or processes that decode. */
  readonly threads: number;
  /** The rate that we aim for, relative to its. */
  readonly aim?: number;
}

/** Our command. */
export interface CommandPeer extends AnyPeer {
  readonly program: "silhouette";
  /** Options of `silhouette prepare`. */
  readonly options: readonly string[];
  readonly tolerance: Tolerance;
}

/** A program of ours that uses a library, in Node.js or in Python; ../../peers/photographs.py knows how many processes it has. */
export interface ProgramPeer extends AnyPeer {
  readonly program: "sharp" | "python";
  readonly tolerance: Tolerance;
}

/** Our decoder, from files in memory to pixels. */
export interface DecoderPeer extends AnyPeer {
  readonly program: "decoder";
}

/** One way to prepare photographs, or a part of it. */
export type PreparePeer = CommandPeer | ProgramPeer | DecoderPeer;

/** The same decoder and rules. The rest is for what our command does and a short program does not, such as unusual numbers of bits. */
const SAME: Tolerance = { agreement: 0.9999, levels: 0.01 };

/** Other rules for gray and for what is between pixels, such as those of INTER_AREA, which is bilinear where a picture grows. */
const CLOSE: Tolerance = { agreement: 0.99, levels: 1 };

/** Gray through linear light and a sharper filter, or another size. */
const NEAR: Tolerance = { agreement: 0.95, levels: 4 };

/** sharp decodes, and our preprocessor makes pixels of it. */
export const SHARP_WITH_PREPROCESSOR = "sharp with Preprocessor";

/** In the order of their turns. The first is the one that the others are compared with. */
export function preparePeers(cores: number): readonly [CommandPeer, ...PreparePeer[]] {
  return [
    {
      name: "silhouette",
      program: "silhouette",
      options: ["--recipe", "article", "--no-thumbnails"],
      threads: cores,
      tolerance: SAME,
    },
    { name: "silhouette with thumbnails", program: "silhouette", options: [], threads: cores, tolerance: NEAR },
    ...[...new Set([1, cores])].map((processes): PreparePeer => {
      const name = `OpenCV in ${processes === 1 ? "1 process" : `${processes} processes`}`;
      const aim = processes === cores ? { aim: 1.5 } : {};
      return { name, program: "python", threads: processes, tolerance: CLOSE, ...aim };
    }),
    { name: "sharp", program: "sharp", threads: cores, tolerance: NEAR },
    { name: SHARP_WITH_PREPROCESSOR, program: "sharp", threads: cores, tolerance: SAME },
    { name: "silhouette's JPEG kernels", program: "decoder", threads: cores, aim: 0.85 },
  ];
}
