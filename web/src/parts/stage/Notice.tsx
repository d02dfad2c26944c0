import { useSelector } from "@xstate/react";
import type { ReactNode } from "react";
import type { Problem } from "../../core/api/problem";
import { useApp } from "../../hooks/use-app";
import { useNow } from "../../hooks/use-frame";
import { useSlow } from "../../hooks/use-slow";
import { useValue } from "../../hooks/use-value";
import { minutes, t } from "../../i18n";
import type { Key } from "../../i18n/en";

const NEAR_MS = 60_000;
/** The server starts no shorter session. */
const SHORTEST_SECONDS = 20;

/** One calm line in the place of the clock: why there is no picture, and the way on. */
export function Notice() {
  const { talk, version } = useApp();
  const isOld = useValue(version.isOld);
  const state = useSelector(talk.avatar, (now) => {
    if (now.matches("refused")) return "refused";
    if (now.matches("elsewhere")) return "elsewhere";
    if (now.matches({ live: { connected: "reconnecting" } }) || now.matches({ live: "waiting" }))
      return "lost";
    if (now.matches({ faceless: "over" })) return "over";
    if (now.matches("faceless")) return "faceless";
    const joins = now.matches("starting") || now.matches({ live: { connected: "joining" } });
    return joins ? "starting" : "none";
  });
  const problem = useSelector(talk.avatar, (now) => now.context.problem);
  const retryAt = useSelector(talk.avatar, (now) => now.context.retryAt);
  const isOffline = useSelector(talk.turn, (now) => now.context.turn.offline);
  const pause = useValue(talk.pauseIn);
  const isNear = useNearEnd();
  const isSlow = useSlow(state === "starting", 2_000);
  if (pause !== null)
    return (
      <Line words={t("notice.still", { seconds: pause })}>
        <button type="button" className="link" onClick={() => talk.stay()}>
          {t("notice.here")}
        </button>
      </Line>
    );
  if (isOffline) return <Line words={t("notice.offline")} />;
  if (state === "elsewhere")
    return (
      <Line words={t("notice.elsewhere")}>
        <button type="button" className="link" onClick={() => talk.bring()}>
          {t("notice.bring")}
        </button>
      </Line>
    );
  if (state === "refused" && problem)
    return <Refused problem={problem} retryAt={retryAt} again={() => talk.presence.start()} />;
  if (state === "lost") return <Line words={t("notice.lost")} />;
  if (state === "over") return <Over again={() => talk.presence.start()} />;
  if (state === "faceless") return <Line words={t("notice.faceless")} />;
  if (state === "starting" && isSlow) return <Line words={t("notice.starting")} />;
  if (isNear) return <Line words={t("notice.near")} />;
  if (isOld && state === "none")
    return (
      <Line words={t("notice.version")}>
        <button type="button" className="link" onClick={() => location.reload()}>
          {t("notice.load")}
        </button>
      </Line>
    );
  return <Blocked />;
}

/** Return whether the video ends within a minute. */
function useNearEnd(): boolean {
  const { talk } = useApp();
  const expiresAt = useSelector(talk.avatar, (now) =>
    now.matches("live") ? (now.context.session?.expiresAt ?? null) : null,
  );
  const now = useNow(1_000, expiresAt !== null);
  return expiresAt !== null && expiresAt - now < NEAR_MS;
}

/** The browser does not let the page sound before a press. */
function Blocked() {
  const { talk } = useApp();
  const isBlocked = useValue(talk.isBlocked);
  if (!isBlocked) return null;
  return (
    <button type="button" className="notice pressable" onClick={() => void talk.output.open()}>
      {t("notice.tap")}
    </button>
  );
}

/** The session is over. A new one begins if the month has time for it. */
function Over({ again }: { again: () => void }) {
  const { talk } = useApp();
  const left = useSelector(talk.avatar, (now) => now.context.usage?.meters.avatar_seconds?.left);
  if (left !== undefined && left < SHORTEST_SECONDS) return <Line words={t("notice.quota")} />;
  return (
    <Line words={t("notice.over")}>
      <button type="button" className="link" onClick={again}>
        {t("notice.video")}
      </button>
    </Line>
  );
}

function Refused(props: { problem: Problem; retryAt: number | null; again: () => void }) {
  const { problem, retryAt, again } = props;
  const now = useNow(1000, retryAt !== null);
  const left = retryAt ? Math.max(0, Math.ceil((retryAt - now) / 1000)) : 0;
  return (
    <Line words={t(reason(problem))}>
      {problem.code === "quota_exceeded" ? null : left > 0 ? (
        <span className="dim num">{t("notice.again", { time: minutes(left) })}</span>
      ) : (
        <button type="button" className="link" onClick={again}>
          {t("notice.retry")}
        </button>
      )}
    </Line>
  );
}

function reason(problem: Problem): Key {
  if (problem.code === "quota_exceeded") return "notice.quota";
  if (problem.code === "too_many_sessions") return "notice.sessions";
  if (problem.code.endsWith("_busy") || problem.code === "avatar_starting") return "notice.busy";
  return problem.code === "offline" ? "notice.offline" : "notice.down";
}

function Line({ words, children }: { words: string; children?: ReactNode }) {
  return (
    <div className="notice" role="status" data-testid="notice">
      <span>{words}</span>
      {children}
    </div>
  );
}
