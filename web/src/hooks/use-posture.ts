import { useSelector } from "@xstate/react";
import { useEffect, useState } from "react";
import { hasPrice } from "../core/session/avatar-machine";
import { useApp } from "./use-app";
import { useValue } from "./use-value";

export type Posture = "idle" | "listening" | "thinking" | "answering" | "speaking" | "asleep";

/** Return what Oprina does at this moment. */
export function usePosture(): Posture {
  const { talk } = useApp();
  const turn = useSelector(talk.turn, (now) =>
    now.matches("idle")
      ? "idle"
      : now.context.turn.speaking
        ? "speaking"
        : now.matches({ running: "answering" })
          ? "answering"
          : "thinking",
  );
  const isAsleep = useSelector(talk.avatar, hasPrice);
  const isLeft = useSounding(turn !== "speaking");
  const { state } = useValue(talk.voice.hearing);
  if (turn === "speaking" || isLeft) return "speaking";
  if (turn !== "idle") return turn;
  if (state !== "off" && state !== "opening") return "listening";
  return isAsleep ? "asleep" : "idle";
}

/** Return whether queued speech is still heard. */
function useSounding(active: boolean): boolean {
  const { talk } = useApp();
  const [sounds, setSounds] = useState(false);
  useEffect(() => {
    if (!active) return;
    const look = (): void => setSounds(talk.hasOutput && talk.output.left > 0);
    const timer = setInterval(look, 120);
    return () => {
      clearInterval(timer);
      setSounds(false);
    };
  }, [active, talk]);
  return active && sounds;
}
