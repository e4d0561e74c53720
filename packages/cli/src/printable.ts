// Names come from files, and may hold anything: escape codes that color a terminal, line ends that forge a line.

/** `text` with each control character as `\xNN`. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what this is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
