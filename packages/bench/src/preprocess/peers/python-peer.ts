// A peer in Python, in a process that stays alive: ../peers/opencv.py. In: a peer's name, a picture, which it gets by a
// file, and an output size. Out: its answer, then times by turns; each is a line.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { notInstalled, notMeasured } from "../../measure/errors.ts";
import type { Library } from "../../measure/installed-package.ts";
import type { RoundSettings, Turn } from "../../measure/rounds.ts";
import type { PeerAnswer, PeerJob, RunningPeer } from "./running-peer.ts";
import { NOT_INSTALLED, pythonProgram } from "../../measure/python-program.ts";

/** The first line of a process. */
interface AnswerMessage {
  readonly threshold: number;
  /** In base64. */
  readonly mask: string;
  readonly library: Library;
}

/** A peer in a process of Python. */
export class PythonPeer implements RunningPeer {
  readonly name: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "silhouette-bench-"));
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<string>;
  #complaint = "";

  /** Starts the process; {@link PythonPeer.answer} must follow. */
  constructor({ peerName, picture, width, height }: PeerJob) {
    this.name = peerName;
    const file = join(this.#folder, "picture");
    writeFileSync(file, picture.data);
    const source = { width: picture.width, height: picture.height, channels: picture.channels };
    const job = { peer: peerName, file, source, target: { width, height } };
    const script = fileURLToPath(new URL("../../../peers/opencv.py", import.meta.url));
    this.#process = spawn(pythonProgram(), ["-B", script, JSON.stringify(job)]);
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
    this.#process.stderr.on("data", (data: Buffer) => (this.#complaint += data.toString()));
    // Ignored: if the process has ended, reading the next line reports it.
    this.#process.stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => resolve(error.message));
      this.#process.once("close", (code, signal) => resolve(String(code ?? signal)));
    });
  }

  async answer(): Promise<PeerAnswer> {
    const { threshold, mask, library } = (await this.#nextLine()) as AnswerMessage;
    return { threshold, mask: new Uint8Array(Buffer.from(mask, "base64")), library };
  }

  async takeTurn(settings: RoundSettings): Promise<Turn> {
    this.#process.stdin.write(`${JSON.stringify(settings)}\n`);
    return (await this.#nextLine()) as Turn;
  }

  async stop(): Promise<void> {
    // Where there is no Python, there is no process, and Node.js 20 would signal any other, or its own group.
    if (this.#process.pid !== undefined) this.#process.kill();
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** opencv.py prints exactly what is asked for. */
  async #nextLine(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done !== true) return JSON.parse(line.value);
    const end = await this.#ended;
    const reason = this.#complaint.trim().split("\n").slice(-5).join("; ");
    if (end === String(NOT_INSTALLED) || this.#process.pid === undefined) {
      throw notInstalled(reason || `${pythonProgram()} was not found`);
    }
    throw notMeasured(`Expected ${this.name} to finish, but it ended with ${end}: ${reason}`);
  }
}
