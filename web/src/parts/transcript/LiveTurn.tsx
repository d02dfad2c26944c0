import { useSelector } from "@xstate/react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { Problem } from "../../core/api/problem";
import { spokenLength } from "../../core/turn/captions";
import { reasonOf, type Way, wayOn } from "../../core/turn/refusal";
import type { Turn } from "../../core/turn/turn";
import { useApp } from "../../hooks/use-app";
import { useFrame } from "../../hooks/use-frame";
import { useValue } from "../../hooks/use-value";
import { locale, t } from "../../i18n";
import type { Key } from "../../i18n/en";
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
  const { talk, signOut } = useApp();
  const [, go] = useLocation();
  const way = wayOn(turn);
  const ways: Record<NonNullable<Way>, { label: Key; take: () => void }> = {
    retry: { label: "message.retry", take: () => talk.retry(turn) },
    change: { label: "message.edit", take: () => void talk.change(turn) },
    new: {
      label: "conversation.new",
      take: () => void talk.change(turn, true).then(() => go("/")),
    },
    "sign in": { label: "trouble.signin", take: () => void signOut() },
    account: { label: "settings.account", take: () => go("/settings/account") },
  };
  return (
    <div className="trouble" role="alert" data-testid="trouble">
      <p>{sentence(turn, problem)}</p>
      {way && (
        <button type="button" className="link" onClick={ways[way].take}>
          {t(ways[way].label)}
        </button>
      )}
    </div>
  );
}

function sentence(turn: Turn, problem: Problem): string {
  const reason = reasonOf(problem);
  if (reason === "quota") {
    const resets = turn.usage ? new Date(turn.usage.resets_at) : firstOfNextMonth();
    const date = resets.toLocaleDateString(locale(), { day: "numeric", month: "long" });
    return t("trouble.quota", { date });
  }
  if (reason === "busy") return t("trouble.busy", { seconds: problem.retryAfter ?? 5 });
  return t(`trouble.${reason}`);
}

function firstOfNextMonth(): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}
