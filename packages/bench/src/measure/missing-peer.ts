// Peers that a machine lacks, and what installs them.

/** A peer that was not measured. */
export interface MissingPeer {
  /** Of the peer. */
  readonly name: string;
  /** What is not there, and what installs it; or how much memory was asked for. */
  readonly reason: string;
}

/** What installs the peers that a machine lacks. */
export const INSTALL_PEERS = "In a clone run: npm run setup -- --peers";
