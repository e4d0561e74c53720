// Progress of a run: which turn of how many is next, and about how long the rest takes. In: the turns to come, with what they
// should take; the clock. Out: events, before each turn.

import type { MissingPeer } from "./missing-peer.ts";
import type { RoundSettings } from "./rounds.ts";

/** What a run is about to do. */
export interface BenchmarkPlan {
  /** Whether all answers were checked: before that, peers may turn out to be missing. */
  readonly isChecked: boolean;
  /** Names of the peers that it measures, ours first. */
  readonly peers: readonly string[];
  /** Peers that it cannot measure, and how to install them. */
  readonly missing: readonly MissingPeer[];
  /** Turns and checks to come. */
  readonly turns: number;
  /** About how long they take, in seconds. */
  readonly seconds: number;
}

/** Progress of a run. */
export interface BenchmarkTurn {
  /** Turns and checks done. */
  readonly done: number;
  /** All turns and checks. */
  readonly total: number;
  /** Whose turn is next. */
  readonly name: string;
  /** About how long this turn and all later ones take, in seconds. */
  readonly secondsLeft: number;
}

/** Turns of about the same length. */
export interface Turns {
  readonly turns: number;
  /** What each should take. */
  readonly seconds: number;
}

/** Called as a run proceeds. */
export interface ProgressListeners {
  /** Called before the first turn, and where suites check all answers first, again when it is known who takes part. */
  readonly onPlan?: ((plan: BenchmarkPlan) => void) | undefined;
  /** Called before each turn and check. */
  readonly onTurn?: ((turn: BenchmarkTurn) => void) | undefined;
}

/** Seconds of turns until their real length counts as much as the expected one. */
const TRUSTED_SECONDS = 20;

/** Counts turns, and estimates how long the rest takes: as expected at first, then more and more by what turns took. */
export class TurnCounter {
  readonly #listeners: ProgressListeners;
  readonly #now: () => number;
  #future: Turns[] = [];
  #done = 0;
  #expectedSeconds = 0;
  #began: number | undefined;

  /** @param now a clock, in milliseconds */
  constructor(listeners: ProgressListeners, now: () => number = () => performance.now()) {
    this.#listeners = listeners;
    this.#now = now;
  }

  /** Replaces the turns to come, in their order. */
  expect(future: readonly Turns[]): void {
    this.#future = future.filter(({ turns }) => turns > 0);
  }

  /**
   * Reports who takes the turns to come, and about how long they take.
   *
   * @param missing who cannot, once all answers are checked
   */
  announce(peers: readonly { readonly name: string }[], missing?: readonly MissingPeer[]): void {
    this.#listeners.onPlan?.({
      isChecked: missing !== undefined,
      peers: peers.map(({ name }) => name),
      missing: missing ?? [],
      turns: this.#turnsLeft(),
      seconds: this.#secondsLeft(),
    });
  }

  /** Reports that a turn begins. */
  next(name: string): void {
    this.#began ??= this.#now();
    const left = this.#turnsLeft();
    this.#listeners.onTurn?.({ done: this.#done, total: this.#done + left, name, secondsLeft: this.#secondsLeft() });
    const [{ turns, seconds } = { turns: 0, seconds: 0 }, ...later] = this.#future;
    this.#done++;
    this.#expectedSeconds += seconds;
    this.#future = turns > 1 ? [{ turns: turns - 1, seconds }, ...later] : later;
  }

  #turnsLeft(): number {
    return this.#future.reduce((sum, { turns }) => sum + turns, 0);
  }

  #secondsLeft(): number {
    const expected = this.#future.reduce((sum, { turns, seconds }) => sum + turns * seconds, 0);
    const elapsed = this.#began === undefined ? 0 : (this.#now() - this.#began) / 1000;
    return (expected * (elapsed + TRUSTED_SECONDS)) / (this.#expectedSeconds + TRUSTED_SECONDS);
  }
}

/** Seconds of a turn whose calls take about `callMilliseconds`, after `startSeconds`. */
export function turnSeconds(settings: RoundSettings, callMilliseconds: number, startSeconds = 0): number {
  const { warmupMilliseconds, leastWarmups, measureMilliseconds, leastSamples } = settings;
  const warmup = Math.max(warmupMilliseconds, leastWarmups * callMilliseconds);
  return startSeconds + (warmup + Math.max(measureMilliseconds, leastSamples * callMilliseconds)) / 1000;
}
