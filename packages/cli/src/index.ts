// What other programs may use of the command's output: pictures of datasets.

export { writeContactSheet } from "./contact-sheet.ts";
export { terminalPicture } from "./terminal-picture.ts";
