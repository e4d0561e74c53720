// Limits a run to some peers. In: the peers of a suite, and names. Out: the peers to measure, ours first.

import { closest, distance } from "fastest-levenshtein";

import { BenchError } from "./errors.ts";

/** Most edits between a name and the one that was probably meant. */
const MAX_EDITS = 3;

/**
 * The peers among `peers` that `names` has, in their order; all of them without `names`. The first one, ours, is always among
 * them: the others are compared with it.
 *
 * @throws {BenchError} `UNKNOWN_PEER` for a name that none of them has
 */
export function chosenPeers<Peer extends { readonly name: string }>(
  peers: readonly Peer[],
  names: readonly string[] | undefined,
): readonly Peer[] {
  if (names === undefined) return peers;
  const known = peers.map(({ name }) => name);
  for (const name of names) if (!known.includes(name)) throw unknownPeer(name, known);
  return peers.filter(({ name }, index) => index === 0 || names.includes(name));
}

function unknownPeer(name: string, known: readonly string[]): BenchError {
  const nearest = closest(
    name.toLowerCase(),
    known.map((each) => each.toLowerCase()),
  );
  const meant = known.find((each) => each.toLowerCase() === nearest);
  const suggestion = distance(name.toLowerCase(), nearest) <= MAX_EDITS ? `Did you mean ${meant}? ` : "";
  return new BenchError(
    "UNKNOWN_PEER",
    `Expected names of peers of this suite, but received ${name}`,
    `${suggestion}Its peers are ${known.join(", ")}.`,
  );
}
