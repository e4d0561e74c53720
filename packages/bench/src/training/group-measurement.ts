// A group of a training suite: all peers with the same network, threads and batch, in turns. In: peers. Out: the group.

import { PeerRounds, type PeerTiming } from "../measure/peer-rounds.ts";
import type { RoundSettings } from "../measure/rounds.ts";
import { TILE_FLOPS } from "../measure/tile-peak.ts";
import type { TimesMessage } from "../measure/turn-process.ts";
import { AUGMENTATION, REGISTER_TILE, threadsOf, type Companion, type Run, type TrainingPeer } from "./peers.ts";
import type { Group } from "./result.ts";

/** What a group measures. */
export type Subject = Pick<Group, "network" | "threads" | "batch" | "flopsPerPicture">;

/** A peer, and how far its answer is from ours. */
export type Answered = TrainingPeer & Pick<PeerTiming, "deviation">;

/** Options for a {@link GroupMeasurement}. */
export interface GroupOptions {
  /** Whether the views of pictures are timed, too. */
  readonly isAugmented: boolean;
  readonly settings: RoundSettings;
}

/** All peers and their companions in turns. */
export class GroupMeasurement {
  readonly #subject: Subject;
  readonly #rounds: PeerRounds;

  constructor(subject: Subject, peers: readonly Answered[], { isAugmented, settings }: GroupOptions, run: Run) {
    this.#subject = subject;
    const { network, threads, batch } = subject;
    const takerOf = (peer: Companion, samples: number, deviation: number) => {
      const own = threadsOf(peer, threads);
      const takeTurn = async () => run<TimesMessage>(peer, { network, threads: own, batch, want: "times" });
      return { name: peer.name, threads: own, batch: samples, deviation, takeTurn };
    };
    this.#rounds = new PeerRounds(
      [
        takerOf(REGISTER_TILE, 1, 0),
        ...(isAugmented ? [takerOf(AUGMENTATION, batch, 0)] : []),
        ...peers.map((peer) => takerOf(peer, batch, peer.deviation)),
      ],
      settings,
    );
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** What was measured so far: none before the first turn of a peer. */
  groups(): readonly Group[] {
    const timings = this.#rounds.timings().flatMap((timing) => timing ?? []);
    const timingOf = ({ name }: Companion): PeerTiming | undefined => timings.find((timing) => timing.name === name);
    const [tile, augmentation] = [timingOf(REGISTER_TILE), timingOf(AUGMENTATION)];
    const peers = timings.filter((timing) => timing !== tile && timing !== augmentation);
    if (tile === undefined || peers.length === 0) return [];
    const { threads } = this.#subject;
    const gigaflopsOf = (milliseconds: number): number => (threads * TILE_FLOPS) / (1e6 * milliseconds);
    return [
      {
        ...this.#subject,
        tileGigaflops: gigaflopsOf(tile.bestMilliseconds),
        tileMedianGigaflops: gigaflopsOf(tile.medianMilliseconds),
        augmentation: augmentation ?? null,
        peers,
      },
    ];
  }
}
