// Words of a command line, quoted so that a shell hands over exactly them.

/** A shell, by its rules of quoting. */
export type Shell = "posix" | "cmd" | "powershell";

/** The shell that most likely reads what is pasted. */
export function shellOf(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): Shell {
  // Git Bash, MSYS2 and Cygwin set MSYSTEM or SHELL on Windows; only cmd sets PROMPT.
  if (platform !== "win32" || env["MSYSTEM"] !== undefined || env["SHELL"] !== undefined) return "posix";
  return env["PROMPT"] === undefined ? "powershell" : "cmd";
}

/** Words that no shell reads as anything else. */
const PLAIN = /^[\p{L}\p{N}_./:+-][\p{L}\p{M}\p{N}_./:+=,@-]*$/u;
const PLAIN_ON_WINDOWS = /^[\p{L}\p{N}_./:\\+-][\p{L}\p{M}\p{N}_./:\\+=-]*$/u;

/** What must not stand in a command line as it is, since it ends the line, is invisible, or turns its direction. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** `word` for a command line of `shell`. */
export function quoted(word: string, shell: Shell): string {
  if ((shell === "posix" ? PLAIN : PLAIN_ON_WINDOWS).test(word)) return word;
  // A name on Windows has no double quotes. cmd expands %NAME% even within quotes, where such a variable exists.
  if (shell === "cmd") return `"${word}"`;
  if (shell === "powershell") return `'${word.replaceAll("'", "''")}'`;
  return INVISIBLE.test(word) ? ansiQuoted(word) : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A path as an argument: one that begins with a dash would be read as an option. */
export function pathArgument(path: string): string {
  return path.startsWith("-") ? `./${path}` : path;
}

/** `$'...'` of bash, zsh and ksh: what cannot be seen becomes octal bytes, which no locale reads otherwise. */
function ansiQuoted(word: string): string {
  const inside = Array.from(word, (character) => {
    if (character === "'" || character === "\\") return `\\${character}`;
    if (!INVISIBLE.test(character)) return character;
    return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  });
  return `$'${inside.join("")}'`;
}
