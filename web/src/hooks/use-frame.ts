import { useEffect, useRef, useState } from "react";

/** Run `draw` at most `perSecond` times a second while `active`. Draws without rendering React. */
export function useFrame(draw: () => void, active: boolean, perSecond = 30): void {
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(() => {
    if (!active) return;
    let last = 0;
    let frame = 0;
    const next = (now: number): void => {
      frame = requestAnimationFrame(next);
      if (now - last < 1000 / perSecond - 2) return;
      last = now;
      latest.current();
    };
    frame = requestAnimationFrame(next);
    return () => cancelAnimationFrame(frame);
  }, [active, perSecond]);
}

/** Render again every `ms` while `active`. Returns the time in milliseconds since 1970. */
export function useNow(ms: number, active: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms, active]);
  return now;
}
