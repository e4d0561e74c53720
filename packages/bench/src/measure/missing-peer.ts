// Peers that could not be measured.

import type { BenchError } from "./errors.ts";

/** A peer that was not measured. */
export interface MissingPeer {
  /** Of the peer. */
  readonly name: string;
  /** What is not installed, and how to install it; how much memory it asked for; or why it cannot do the work. */
  readonly reason: string;
}

/** Why a peer was not measured, and what helps. */
export function missingPeer(name: string, { message, hint }: BenchError): MissingPeer {
  return { name, reason: `${message.replace(/\.$/, "")}. ${hint}` };
}
