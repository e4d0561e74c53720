// Which view is on screen: the address says it, so that back, forward and bookmarks work.

import { useEffect, useState } from "preact/hooks";

/** The views, in the order of the navigation. */
export const VIEWS = [
  { name: "classify", title: "Classify" },
  { name: "train", title: "Train" },
  { name: "explore", title: "Explore" },
] as const;

/** Name of a view. */
export type ViewName = (typeof VIEWS)[number]["name"];

/** The view that the address names; `classify` by default. */
export function useRoute(): ViewName {
  const [view, setView] = useState(named);
  useEffect(() => {
    const follow = (): void => setView(named());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return view;
}

function named(): ViewName {
  return VIEWS.find(({ name }) => location.hash === `#/${name}`)?.name ?? "classify";
}
