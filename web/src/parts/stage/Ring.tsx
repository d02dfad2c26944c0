import { useRef } from "react";
import { useApp } from "../../hooks/use-app";
import { useFrame } from "../../hooks/use-frame";
import type { Posture } from "../../hooks/use-posture";

const LENGTH = 2 * Math.PI * 48;
const TICKS = Array.from({ length: 60 }, (_, index) => index);

/** The ring of the button. Ticks follow the person's loudness, the arc is the time before words are sent. */
export function Ring({ posture, left }: { posture: Posture; left: number | null }) {
  const { talk } = useApp();
  const ticks = useRef<SVGGElement>(null);
  const isListening = posture === "listening";
  useFrame(
    () => {
      const level = Math.min(1, talk.voice.level * 6);
      for (const [index, tick] of [...(ticks.current?.children ?? [])].entries()) {
        const wobble = 0.5 + 0.5 * Math.sin(index * 2.4 + performance.now() / 90);
        tick.setAttribute("y1", String(2 - level * 7 * wobble));
      }
    },
    isListening,
    20,
  );
  const share = isListening ? (left ?? 1) : posture === "idle" || posture === "asleep" ? 0 : 0.28;
  const full = posture === "speaking" ? 1 : share;
  return (
    <svg className="ring" viewBox="0 0 120 120" aria-hidden="true">
      <circle className="track" cx="60" cy="60" r="48" />
      <circle
        className="arc"
        cx="60"
        cy="60"
        r="48"
        strokeDasharray={`${LENGTH * full} ${LENGTH}`}
      />
      {isListening && (
        <g ref={ticks}>
          {TICKS.map((each) => (
            <line
              key={each}
              className="tick"
              x1="60"
              x2="60"
              y1="2"
              y2="5"
              transform={`rotate(${each * 6} 60 60)`}
            />
          ))}
        </g>
      )}
    </svg>
  );
}
