// Text from strangers, as text: isolated from the direction of its surroundings, unprintable characters shown by their numbers, and
// shortened by an ellipsis where it does not fit.

import { printable } from "../printable.ts";

/** Characters that fit nearly everywhere; longer names can be focused, which shows them whole. */
const SHORT = 20;

/** A name of a class, a run or a setting, on one line. */
export function Name({ text }: { readonly text: string }) {
  const shown = printable(text);
  const isLong = shown.length > SHORT;
  return (
    <bdi class="name" title={isLong ? shown : undefined} tabIndex={isLong ? 0 : undefined}>
      {shown}
    </bdi>
  );
}

/** A name within a control, which has the focus: the control's title has the whole name. */
export function InnerName({ text }: { readonly text: string }) {
  return <bdi class="name">{printable(text)}</bdi>;
}

/** The file name of a path; its title is the whole path. */
export function FileName({ path }: { readonly path: string }) {
  const shown = printable(path);
  return (
    <bdi class="name file" title={shown} tabIndex={shown.length > SHORT ? 0 : undefined}>
      {fileNameOf(path)}
    </bdi>
  );
}

/** A sentence, which may quote names. */
export function Sentence({ text }: { readonly text: string }) {
  return <bdi class="sentence">{printable(text)}</bdi>;
}

/** The last part of a path, printable. */
export function fileNameOf(path: string): string {
  return printable(path.slice(path.lastIndexOf("/") + 1));
}

/** Text for those who hear the page. */
export function Hidden({ text }: { readonly text: string }) {
  return <span class="hidden">{text}</span>;
}
