import { useEffect, useRef } from "react";

/** A menu that closes has given its focus back by then. */
const SETTLED_MS = 80;

/**
 * Move the focus to the element `id` if a change has removed the element that had it.
 *
 * `id` names a part with `tabIndex={-1}`: Tab goes on from there, and no key presses it by mistake.
 */
export function useKeptFocus(id: string, change: unknown): void {
  const before = useRef(change);
  useEffect(() => {
    if (before.current === change) return;
    before.current = change;
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) document.getElementById(id)?.focus();
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [id, change]);
}
