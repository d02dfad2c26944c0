import { useEffect, useRef } from "react";
import { useApp } from "./use-app";
import type { Posture } from "./use-posture";
import { press } from "./use-talk-button";

/** The keys of the page. While the person writes, only Esc does something: it stops the answer. */
export function useKeys(posture: Posture, toggleList: () => void): void {
  const { talk, preferences } = useApp();
  const isHeld = useRef(false);
  const latest = useRef({ posture, toggleList });
  latest.current = { posture, toggleList };
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const { mode, captions, keys } = preferences.get();
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        preferences.choose({ sidebar: true });
        requestAnimationFrame(() => document.getElementById("search")?.focus());
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const isAnswering = ["thinking", "answering", "speaking"].includes(latest.current.posture);
      if (isInMenu(event.target)) return; // letters choose an item
      if (isWriting(event.target)) {
        const isMessage = event.target instanceof HTMLElement && event.target.id === "write";
        if (event.key === "Escape" && isMessage && isAnswering) talk.stop();
        return;
      }
      switch (event.key) {
        case " ":
          if (isPressable(event.target)) return;
          event.preventDefault();
          if (event.repeat) return;
          isHeld.current = mode === "hold" && talk.voice.isOpen;
          if (isHeld.current) talk.voice.press();
          else press(talk, latest.current.posture, mode);
          return;
        case "Escape":
          if (talk.voice.hearing.get().state === "speech") talk.voice.discard();
          else if (isAnswering) talk.stop();
          else if (talk.voice.isOpen) void talk.voice.close();
          return;
      }
      if (!keys) return;
      switch (event.key) {
        case "m":
        case "M":
          void (talk.voice.isOpen ? talk.voice.close() : talk.listen());
          return;
        case "c":
        case "C":
          preferences.choose({ captions: !captions });
          return;
        case "/":
          event.preventDefault();
          document.getElementById("write")?.focus();
          return;
        case "?":
          latest.current.toggleList();
      }
    };
    const release = (): void => {
      if (!isHeld.current) return;
      isHeld.current = false;
      talk.voice.release();
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key === " ") release();
    };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", release); // another window gets the key's release
    return () => {
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
      removeEventListener("blur", release);
    };
  }, [talk, preferences]);
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

function isInMenu(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("[role=menu], [role=listbox]") !== null;
}

/** Space presses a button or opens a link that has the focus. */
function isPressable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("button, a, [role=button], [role=menuitem], [role=switch]") !== null
  );
}
