// What was run, and the command that repeats it.

import { useRef, useState } from "preact/hooks";

import { printable } from "../printable.ts";
import type { Setting } from "../report-data.ts";
import { Scrolling } from "./section.tsx";
import { Sentence } from "./text.tsx";

/** Settings and their values. */
export function Settings({ settings }: { readonly settings: readonly Setting[] }) {
  return (
    <Scrolling label="Settings">
      <table class="settings">
        <thead class="hidden">
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {settings.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row">
                <Sentence text={name} />
              </th>
              <td>
                <Sentence text={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

/** A command with a button that copies it. Where a page may not write to the clipboard, the button selects the command instead. */
export function Command({ command }: { readonly command: string }) {
  const text = useRef<HTMLElement>(null);
  const [said, setSaid] = useState("");
  const shown = printable(command);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(shown);
      setSaid("Copied.");
    } catch {
      if (text.current !== null) getSelection()?.selectAllChildren(text.current);
      setSaid("Selected: copy it with Ctrl+C or ⌘C.");
    }
  };
  return (
    <div class="command">
      <pre tabIndex={0} role="group" aria-label="Command that repeats the run">
        <code ref={text}>{shown}</code>
      </pre>
      <p>
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>{" "}
        <span role="status">{said}</span>
      </p>
    </div>
  );
}
