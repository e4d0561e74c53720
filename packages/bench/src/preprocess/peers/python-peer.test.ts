// Peers in processes of Python that do not come so far as to answer.

import { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";

import { afterEach, describe, expect, it, vi } from "vitest";

import { photoLikePicture } from "../../measure/photo-like-picture.ts";
import { PythonPeer } from "./python-peer.ts";

const job = { peerName: "OpenCV native INTER_AREA", picture: photoLikePicture(8, 6, 4, 1), width: 4, height: 3 };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("a peer in Python", () => {
  it("is not installed where there is no Python, which is named", async () => {
    vi.stubEnv("SILHOUETTE_PYTHON", "no-such-python");
    const peer = new PythonPeer(job);
    await expect(peer.answer()).rejects.toMatchObject({
      code: "NOT_INSTALLED",
      message: "no-such-python was not found",
    });
    await peer.stop();
  });

  it("is not measured if its process ends, and the error has its name and the last output of the process", async () => {
    // Node.js is no Python.
    vi.stubEnv("SILHOUETTE_PYTHON", process.execPath);
    const peer = new PythonPeer(job);
    await expect(peer.answer()).rejects.toMatchObject({
      code: "NOT_MEASURED",
      message: expect.stringMatching(
        /^Expected OpenCV native INTER_AREA to finish, but it ended with \d+: .*-B/,
      ) as string,
    });
    await peer.stop();
  });

  it("leaves no file when it is stopped, and signals nothing if it never had a process", async () => {
    vi.stubEnv("SILHOUETTE_PYTHON", "no-such-python");
    const before = folders();
    const kill = vi.spyOn(ChildProcess.prototype, "kill");
    const peer = new PythonPeer(job);
    expect(folders().length).toBe(before.length + 1);
    await peer.stop();
    expect(folders()).toEqual(before);
    expect(kill).not.toHaveBeenCalled();
  });
});

function folders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("silhouette-bench-"));
}
