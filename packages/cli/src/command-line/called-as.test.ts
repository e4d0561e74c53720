// How the command was invoked, as far as a process can tell.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { calledAs, commandLine } from "./called-as.ts";

/** A folder with the script at `script`, and links to it. */
function installed(script: string, ...links: readonly string[]): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "silhouette-called-")));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const path of [script, ...links]) mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, script), "");
  for (const link of links) symlinkSync(join(folder, script), join(folder, link));
  return folder;
}

const PACKAGE = "node_modules/@silhouette/cli/bin/silhouette.js";
const CLONE = "packages/cli/bin/silhouette.js";
const LINK = "node_modules/.bin/silhouette";
const NPM = "npm/11.0.0 node/v20.20.2 linux x64";

describe.skipIf(process.platform === "win32")("the command is called (links; not on Windows)", () => {
  it("silhouette if it is installed globally", () => {
    const folder = installed(`lib/${PACKAGE}`, "bin/silhouette");
    const caller = {
      script: join(folder, "bin/silhouette"),
      folder: "/",
      env: { PATH: `/none:${folder}/bin` },
      platform: "linux",
    } as const;
    expect(calledAs(caller)).toBe("silhouette");
  });

  it("silhouette if a script starts it, as on Windows and with pnpm", () => {
    const folder = installed(`lib/${PACKAGE}`);
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "silhouette.cmd"), "");
    const caller = {
      script: join(folder, "lib", PACKAGE),
      folder: "/",
      env: { PATH: `${folder}/bin` },
      platform: "linux",
    } as const;
    expect(calledAs(caller)).toBe("silhouette");
  });

  it.each([
    [NPM, "npx silhouette"],
    [undefined, "npx silhouette"],
    ["pnpm/10.0.0 npm/? node/v20.20.2", "pnpm exec silhouette"],
    ["yarn/1.22.22 npm/? node/v20.20.2", "yarn silhouette"],
    ["bun/1.2.0", "bunx silhouette"],
  ])("as %s runs the programs of a project", (agent, called) => {
    const folder = installed(PACKAGE, LINK);
    const env = {
      PATH: join(folder, "node_modules", ".bin"),
      ...(agent !== undefined && { npm_config_user_agent: agent }),
    };
    for (const script of [LINK, PACKAGE]) {
      expect(calledAs({ script: join(folder, script), folder, env, platform: "linux" })).toBe(called);
    }
  });

  it("npx --no-install silhouette in a clone, which the registry does not know", () => {
    const folder = installed(CLONE, LINK);
    const caller = {
      script: join(folder, LINK),
      folder,
      env: { npm_config_user_agent: NPM },
      platform: "linux",
    } as const;
    expect(calledAs(caller)).toBe("npx --no-install silhouette");
  });

  it("npx @silhouette/cli from the cache of npx", () => {
    const folder = installed(`_npx/0123/${PACKAGE}`, `_npx/0123/${LINK}`);
    const caller = { script: join(folder, "_npx/0123", LINK), folder, env: {}, platform: "linux" } as const;
    expect(calledAs(caller)).toBe("npx @silhouette/cli");
  });

  it("by node and the path of a clone, the shorter one", () => {
    const folder = installed(CLONE);
    const caller = { script: join(folder, CLONE), env: {}, platform: "linux" } as const;
    expect(calledAs({ ...caller, folder })).toBe(`node ${CLONE}`);
    expect(calledAs({ ...caller, folder: join(folder, "packages") })).toBe("node cli/bin/silhouette.js");
    expect(calledAs({ ...caller, folder: "/a/b/c/d/e/f/g/h/i/j" })).toBe(`node ${join(folder, CLONE)}`);
    expect(calledAs({ ...caller, folder: undefined })).toBe(`node ${join(folder, CLONE)}`);
  });
});

describe("on Windows, the command is called", () => {
  const caller = { env: {}, platform: "win32" } as const;
  const installedIn = (project: string) => `${project}\\${PACKAGE.replaceAll("/", "\\")}`;

  it("npx silhouette in the project that it is installed in, whatever the case of the current folder's name", () => {
    const script = installedIn("C:\\Users\\Ann\\cars");
    for (const folder of ["C:\\Users\\Ann\\cars", "c:\\users\\ann\\CARS\\photos"]) {
      expect(calledAs({ ...caller, script, folder })).toBe("npx silhouette");
    }
  });

  it.each(["D:\\photos", "C:\\Users\\Ann", "\\\\server\\share\\photos"])(
    "by node and the script's path from another folder, drive or computer, such as %s",
    (folder) => {
      const script = installedIn("C:\\Users\\Ann\\my cars");
      const path = folder === "C:\\Users\\Ann" ? script.slice(folder.length + 1) : script;
      expect(calledAs({ ...caller, script, folder })).toBe(`node '${path}'`);
    },
  );

  it("npx @silhouette/cli from the cache of npx", () => {
    const script = installedIn("C:\\Users\\Ann\\AppData\\Local\\npm-cache\\_npx\\0123");
    expect(calledAs({ ...caller, script, folder: "C:\\Users\\Ann" })).toBe("npx @silhouette/cli");
  });
});

describe("a command line", () => {
  it("quotes what must be quoted, and lets no path be parsed as an option", () => {
    const caller = { script: "/my clone/silhouette.js", folder: "/", env: {}, platform: "linux" } as const;
    expect(commandLine(["train", { path: "-my photos" }, "--resume"], caller)).toBe(
      "node 'my clone/silhouette.js' train './-my photos' --resume",
    );
  });
});
