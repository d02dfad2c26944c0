import { useSelector } from "@xstate/react";
import { useState } from "react";
import type { Problem } from "../../core/api/problem";
import { spokenLength } from "../../core/turn/captions";
import type { Turn } from "../../core/turn/turn";
import { useApp } from "../../hooks/use-app";
import { useFrame } from "../../hooks/use-frame";
import { useValue } from "../../hooks/use-value";
import { locale, t } from "../../i18n";
import { Markdown } from "./Markdown";
import { ToolCard } from "./ToolCard";

const MARKED_UP = /[*_`#|[\]<>]|^\s*(?:[-+]|\d+\.)\s/mu;

/** The turn that runs, and what went wrong with the last one. */
export function LiveTurn() {
  const { talk } = useApp();
  const turn = useSelector(talk.turn, (now) => now.context.turn);
  const isRunning = useSelector(talk.turn, (now) => !now.matches("idle"));
  if (!isRunning) {
    if (turn.problem) return <Trouble turn={turn} problem={turn.problem} />;
    return turn.silent ? <p className="cut">{t("message.silent")}</p> : null;
  }
  return (
    <>
      {turn.question !== null && (
        <div className="question">
          <div className="turn you" data-testid="question" dir="auto">
            {turn.question}
          </div>
        </div>
      )}
      <article className="turn" data-testid="live-answer" aria-busy="true">
        {turn.renewed && <p className="cut">{t("message.renewed")}</p>}
        {turn.tools.map((tool) => (
          <ToolCard key={tool.id} tool={tool} />
        ))}
        {turn.text && <LiveWords text={turn.text} />}
        {turn.offline && <p className="cut">{t("message.offline")}</p>}
      </article>
    </>
  );
}

/** The reply while it is spoken: the word of this moment is marked, later ones are dim. */
function LiveWords({ text }: { text: string }) {
  const { talk } = useApp();
  const sentences = useValue(talk.captions);
  const [now, setNow] = useState(0);
  useFrame(() => setNow(performance.now() / 1000), sentences.length > 0, 12);
  const place = MARKED_UP.test(text) ? null : spokenLength(text, sentences, now);
  if (!place)
    return (
      <div className="words" dir="auto">
        <Markdown text={text} />
      </div>
    );
  return (
    <div className="words" dir="auto">
      <p className="plain-words">
        {text.slice(0, place.from)}
        <mark>{text.slice(place.from, place.to)}</mark>
        <span className="unsaid">{text.slice(place.to)}</span>
      </p>
    </div>
  );
}

function Trouble({ turn, problem }: { turn: Turn; problem: Problem }) {
  const { talk } = useApp();
  const mayRetry = !["quota_exceeded", "invalid"].includes(problem.code) && turn.question !== null;
  return (
    <div className="trouble" role="alert" data-testid="trouble">
      <p>{sentence(turn, problem)}</p>
      {mayRetry && (
        <button
          type="button"
          className="link"
          onClick={() => {
            talk.retry(turn);
          }}
        >
          {t("message.retry")}
        </button>
      )}
    </div>
  );
}

function sentence(turn: Turn, problem: Problem): string {
  if (problem.code === "quota_exceeded") {
    const resets = turn.usage ? new Date(turn.usage.resets_at) : firstOfNextMonth();
    const date = resets.toLocaleDateString(locale(), { day: "numeric", month: "long" });
    return t("message.quota", { date });
  }
  if (problem.code === "too_many_turns")
    return t("message.busy", { seconds: problem.retryAfter ?? 5 });
  return t(problem.code === "invalid" ? "message.refused" : "message.down");
}

function firstOfNextMonth(): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}
