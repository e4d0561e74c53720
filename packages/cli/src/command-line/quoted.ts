// Quotes words of a command line so that a shell passes them on unchanged.

/** A shell, by its quoting rules. */
export type Shell = "posix" | "cmd" | "powershell";

/** The shell that a command is most likely pasted into. */
export function shellOf(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): Shell {
  // Git Bash, MSYS2 and Cygwin set MSYSTEM or SHELL on Windows; only cmd sets PROMPT.
  if (platform !== "win32" || env["MSYSTEM"] !== undefined || env["SHELL"] !== undefined) return "posix";
  return env["PROMPT"] === undefined ? "powershell" : "cmd";
}

/** Words that no shell interprets. */
const PLAIN = /^[\p{L}\p{N}_./:+-][\p{L}\p{M}\p{N}_./:+=,@-]*$/u;
const PLAIN_ON_WINDOWS = /^[\p{L}\p{N}_./:\\+-][\p{L}\p{M}\p{N}_./:\\+=-]*$/u;

/** Characters that end the line, are invisible, or reverse its direction. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** `word`, quoted for `shell`. */
export function quoted(word: string, shell: Shell): string {
  if ((shell === "posix" ? PLAIN : PLAIN_ON_WINDOWS).test(word)) return word;
  // File names on Windows cannot contain double quotes. cmd expands %NAME% even in quotes, if such a variable exists.
  if (shell === "cmd") return `"${beforeQuote(word)}"`;
  // Typographic quotes end a string as well.
  if (shell === "powershell") return `'${beforeQuote(word).replaceAll(/['‘’‚‛]/g, "$&$&")}'`;
  return INVISIBLE.test(word) ? ansiQuoted(word) : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Doubles backslashes at the end: programs on Windows take one before a quote, which PowerShell adds as well, for a part of the word. */
function beforeQuote(word: string): string {
  return word.replace(/\\+$/, "$&$&");
}

/** A path as an argument: one that starts with a dash would be parsed as an option. */
export function pathArgument(path: string): string {
  return path.startsWith("-") ? `./${path}` : path;
}

/** `$'...'` of bash, zsh and ksh: invisible characters become octal bytes, which do not depend on the locale. */
function ansiQuoted(word: string): string {
  const inside = Array.from(word, (character) => {
    if (character === "'" || character === "\\") return `\\${character}`;
    if (!INVISIBLE.test(character)) return character;
    return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  });
  return `$'${inside.join("")}'`;
}
