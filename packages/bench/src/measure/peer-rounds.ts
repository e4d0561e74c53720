// Peers that take turns, each turn in a process of its own: their times per sample, memory and versions.

import { perSample, Rounds, type RoundSettings, type Timing } from "./rounds.ts";
import type { TimesMessage } from "./turn-process.ts";

/** A peer among others. Times are milliseconds per sample. */
export interface PeerTiming extends Timing {
  /** Threads that it used: fewer than the group's, if it cannot use as many. */
  readonly threads: number;
  /** Largest resident set of a process, in bytes. */
  readonly peakBytes: number;
  /** How far its answer is from ours; 0 for the same. */
  readonly deviation: number;
  /** What it computed with, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A peer that takes turns. */
export interface TurnTaker extends Pick<PeerTiming, "name" | "threads" | "deviation"> {
  /** Samples per call. */
  readonly batch: number;
  readonly takeTurn: () => Promise<TimesMessage>;
}

/** Rounds of peers. What was measured stays if a turn fails. */
export class PeerRounds {
  readonly #peers: readonly (TurnTaker & { readonly turns: TimesMessage[] })[];
  readonly #rounds: Rounds;

  constructor(peers: readonly TurnTaker[], settings: RoundSettings) {
    this.#peers = peers.map((peer) => ({ ...peer, turns: [] }));
    const contenders = this.#peers.map(({ name, takeTurn, turns }) => ({
      name,
      takeTurn: async () => {
        const turn = await takeTurn();
        turns.push(turn);
        return turn;
      },
    }));
    this.#rounds = new Rounds(contenders, settings);
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** The timing of each peer so far, in their order; undefined before its first turn. */
  timings(): readonly (PeerTiming | undefined)[] {
    return this.#rounds.timings().map((timing, index) => {
      const peer = this.#peers[index];
      if (timing === undefined || peer === undefined) return undefined;
      const { threads, deviation, batch, turns } = peer;
      const peakBytes = Math.max(...turns.map((turn) => turn.peakBytes));
      return { ...perSample(timing, batch), threads, peakBytes, deviation, versions: turns[0]?.versions ?? {} };
    });
  }
}
