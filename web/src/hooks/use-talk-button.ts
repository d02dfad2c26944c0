import { useRef } from "react";
import type { Choices } from "../core/store/preferences";
import type { Talk } from "../core/talk";
import type { Key } from "../i18n/en";
import { useApp } from "./use-app";
import type { Posture } from "./use-posture";
import { useValue } from "./use-value";

const HOLD_MS = 250;

/** What a press of the button, or of Space, does. It begins to talk, or stops what runs. */
export function press(talk: Talk, posture: Posture, mode: Choices["mode"]): void {
  if (posture === "thinking" || posture === "answering" || posture === "speaking") {
    talk.stop();
    return;
  }
  const { state } = talk.voice.hearing.get();
  if (posture !== "listening") {
    if (state !== "opening") void talk.begin();
    return;
  }
  if (state === "speech") {
    if (mode === "handsfree") talk.voice.sendNow();
    else talk.voice.release();
    return;
  }
  if (mode === "handsfree") void talk.voice.close();
  else if (mode === "toggle") talk.voice.press();
}

interface TalkButton {
  label: Key;
  handlers: {
    onClick: () => void;
    onPointerDown: () => void;
    onPointerUp: () => void;
    onPointerLeave: () => void;
  };
}

export function useTalkButton(posture: Posture): TalkButton {
  const { talk, preferences } = useApp();
  const { mode } = useValue(preferences);
  const { state } = useValue(talk.voice.hearing);
  const heldAt = useRef<number | null>(null);
  const wasHeld = useRef(false);
  const letGo = (): void => {
    if (heldAt.current === null) return;
    wasHeld.current = performance.now() - heldAt.current > HOLD_MS;
    heldAt.current = null;
    if (wasHeld.current) talk.voice.release();
    else talk.voice.discard();
  };
  const isHolding = mode === "hold" && talk.voice.isOpen;
  return {
    label:
      posture === "idle" || posture === "asleep"
        ? "talk.begin"
        : state === "speech"
          ? "talk.send"
          : "talk.stop",
    handlers: {
      onClick: () => {
        if (wasHeld.current) wasHeld.current = false;
        else press(talk, posture, mode);
      },
      onPointerDown: () => {
        if (!isHolding) return;
        heldAt.current = performance.now();
        talk.voice.press();
      },
      onPointerUp: letGo,
      onPointerLeave: letGo,
    },
  };
}
