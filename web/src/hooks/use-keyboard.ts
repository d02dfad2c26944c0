import { useEffect, useState } from "react";

/** The keyboard of a phone takes more of the height than the bars of a browser do. */
const COVERED = 0.78;

/**
 * Return the height that a phone's keyboard leaves, in pixels, or null while there is no keyboard.
 *
 * Chrome and Firefox shrink the page itself (`interactive-widget` in index.html). Safari lays the keyboard
 * over the page, so the page takes the height of the part that is seen.
 */
export function useKeyboard(): number | null {
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    const seen = window.visualViewport;
    if (!seen) return;
    let width = 0;
    let tallest = 0;
    const look = (): void => {
      const height = seen.height * seen.scale; // a page that is zoomed by two fingers is as tall as before
      tallest = seen.width * seen.scale === width ? Math.max(tallest, height) : height;
      width = seen.width * seen.scale;
      const isTyping = document.activeElement instanceof HTMLTextAreaElement;
      const isOpen = isTyping && height < COVERED * tallest;
      setLeft(isOpen ? Math.round(height) : null);
      if (isOpen) scrollTo(0, 0); // Safari moves the page up
    };
    look();
    seen.addEventListener("resize", look);
    return () => seen.removeEventListener("resize", look);
  }, []);
  return left;
}
