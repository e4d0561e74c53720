// Sections with headings of the right level and anchors that are unique on the page: a run is a page, or one of several on it.

import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";

/** Where a section is: the level of its heading, and what the anchors of its part of the page begin with. */
interface Place {
  readonly level: number;
  readonly prefix: string;
}

const PlaceContext = createContext<Place>({ level: 2, prefix: "" });

/** The anchor of `name` in this part of the page. */
export function useAnchor(name: string): string {
  return `${useContext(PlaceContext).prefix}${name}`;
}

/** A heading of the level that fits here. */
export function Heading({ children }: { readonly children: ComponentChildren }) {
  const { level } = useContext(PlaceContext);
  const Tag = `h${Math.min(level, 6)}` as "h2";
  return <Tag>{children}</Tag>;
}

/** Sets the level one deeper; anchors within begin with `prefix`, if there is one. */
export function Deeper({ prefix, children }: { readonly prefix?: string; readonly children: ComponentChildren }) {
  const place = useContext(PlaceContext);
  return (
    <PlaceContext.Provider value={{ level: place.level + 1, prefix: prefix ?? place.prefix }}>
      {children}
    </PlaceContext.Provider>
  );
}

export interface SectionProps {
  /** Anchor, within its part of the page. */
  readonly name: string;
  readonly title: ComponentChildren;
  /** One or two sentences below the heading. */
  readonly lead?: ComponentChildren;
  /** What the anchors within begin with, if not what its own does. */
  readonly prefix?: string;
  readonly children: ComponentChildren;
}

/** A section with its heading. */
export function Section({ name, title, lead, prefix, children }: SectionProps) {
  const anchor = useAnchor(name);
  return (
    <section id={anchor}>
      <Heading>{title}</Heading>
      {lead !== undefined && <p class="lead">{lead}</p>}
      <Deeper {...(prefix === undefined ? {} : { prefix })}>{children}</Deeper>
    </section>
  );
}

/** Links to the sections of a page. */
export function Contents({ entries }: { readonly entries: readonly (readonly [name: string, title: string])[] }) {
  const anchor = useAnchor("");
  return (
    <nav aria-label={anchor === "" ? "Sections" : `Sections of ${anchor.slice(0, -1)}`} class="contents">
      <ul>
        {entries.map(([name, title]) => (
          <li key={name}>
            <a href={`#${anchor}${name}`}>{title}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A table that scrolls sideways where it does not fit, also by keyboard. */
export function Scrolling({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div class="scrolling" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
