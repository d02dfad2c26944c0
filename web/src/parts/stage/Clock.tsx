import { useSelector } from "@xstate/react";
import { useApp } from "../../hooks/use-app";
import { useNow } from "../../hooks/use-frame";
import { minutes, t } from "../../i18n";
import { latency } from "./Bill";

const AMBER_SECONDS = 180;
const AMBER_SHARE = 0.2;

/** The time that the video has run, while it runs, and the button that ends it. */
export function Clock() {
  const { talk } = useApp();
  const session = useSelector(talk.avatar, (now) =>
    now.matches("live") ? now.context.session : null,
  );
  const meter = useSelector(talk.avatar, (now) => now.context.usage?.meters.avatar_seconds);
  const now = useNow(1000, session !== null);
  if (!session) return null;
  const seconds = Math.max(0, Math.floor((now - session.startedAt) / 1000));
  const whole = Math.max(1, (session.expiresAt - session.startedAt) / 1000);
  const month = meter ? meter.left + meter.reserved - seconds : whole - seconds;
  const left = Math.max(0, Math.min((session.expiresAt - now) / 1000, month));
  const allowance = meter?.allowance ?? whole;
  const isNear = left < AMBER_SECONDS || month < allowance * AMBER_SHARE;
  return (
    <div
      className={isNear ? "pill clock near" : "pill clock"}
      role="group"
      aria-label={t("clock.label")}
      title={latency(talk.marks)}
    >
      <svg viewBox="0 0 16 16" fill="none" aria-hidden="true">
        <circle cx="8" cy="8" r="6" className="clock-track" />
        <circle
          cx="8"
          cy="8"
          r="6"
          className="clock-arc"
          strokeDasharray={`${37.7 * Math.min(1, seconds / whole)} 37.7`}
          transform="rotate(-90 8 8)"
        />
      </svg>
      <b className="num" data-testid="clock">
        {minutes(seconds)}
      </b>
      <span className="dim num">
        {left < 60
          ? t("clock.seconds", { seconds: Math.floor(left) })
          : t("clock.left", { minutes: Math.floor(left / 60) })}
      </span>
      <span className="sep" />
      <button type="button" onClick={() => void talk.end()}>
        {t("clock.end")}
      </button>
    </div>
  );
}
