import { useSelector } from "@xstate/react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useApp } from "../../hooks/use-app";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import { Icon } from "../Icon";
import { Failed } from "../settings/Failed";
import { Waiting } from "../Waiting";
import { LiveTurn } from "./LiveTurn";
import { MessageView } from "./MessageView";
import { Starters } from "./Starters";

/** The conversation in words. A screen reader hears whole turns, by the status line. */
export function TranscriptView() {
  const { talk } = useApp();
  const opened = useValue(talk.opened);
  const entries = useValue(talk.transcript);
  const isRunning = useSelector(talk.turn, (now) => !now.matches("idle"));
  const text = useSelector(talk.turn, (now) => now.context.turn.text);
  const box = useRef<HTMLDivElement>(null);
  const key = useSelector(talk.turn, (now) => now.context.turn.key);
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);
  const before = useRef({ first: "", height: 0 });
  const first = entries[0]?.id ?? "";
  useLayoutEffect(() => {
    isAtEnd.current = true; // another conversation is opened, or the person has said something
  }, [opened.id, key]);
  useLayoutEffect(() => {
    // The new content is there: stay at the end if the person was there, else at the words that were read.
    if (!box.current) return;
    const { scrollHeight } = box.current;
    if (isAtEnd.current) box.current.scrollTop = scrollHeight;
    else if (
      first !== before.current.first &&
      entries.some(({ id }) => id === before.current.first)
    )
      box.current.scrollTop += scrollHeight - before.current.height;
    before.current = { first, height: scrollHeight };
  }, [entries, text, isRunning]);
  useEffect(() => {
    // A card over the field, or the keyboard of a phone, takes height: the last words stay in sight.
    const { current } = box;
    if (!current) return;
    const resized = new ResizeObserver(() => {
      if (isAtEnd.current) current.scrollTop = current.scrollHeight;
    });
    resized.observe(current);
    return () => resized.disconnect();
  }, []);
  const last = entries.at(-1);
  const isEmpty = ["new", "ready"].includes(opened.state) && entries.length === 0;
  return (
    <div
      className="talkflow"
      ref={box}
      role="log"
      aria-live="off"
      aria-label={t("conversation.label")}
      tabIndex={0}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        const below = scrollHeight - scrollTop - clientHeight;
        isAtEnd.current = below < 60;
        setAway(below > clientHeight / 2);
      }}
    >
      <div className="grow" />
      {opened.state === "loading" && <Waiting />}
      {opened.state === "copy" && <CopyLine isEmpty={entries.length === 0} />}
      {opened.state === "missing" && (
        <p className="banner">
          {t("conversation.missing")}{" "}
          <Link className="link" href="/">
            {t("conversation.new")}
          </Link>
        </p>
      )}
      {opened.more && <Earlier />}
      {isEmpty && !isRunning && <Starters />}
      {entries.map((entry) => (
        <MessageView key={entry.id} entry={entry} isLast={!isRunning && entry.id === last?.id} />
      ))}
      <LiveTurn />
      {isAway && (
        <button
          type="button"
          className="to-end turned"
          aria-label={t("conversation.newest")}
          title={t("conversation.newest")}
          onClick={() => box.current?.scrollTo({ top: box.current.scrollHeight })}
        >
          <Icon name="expand" />
        </button>
      )}
      <Announcer />
    </div>
  );
}

/** Why a copy is shown, or nothing, and the way on. The network's return loads the conversation too. */
function CopyLine({ isEmpty }: { isEmpty: boolean }) {
  const { talk } = useApp();
  const reason = t(navigator.onLine ? "conversation.failed" : "conversation.offline");
  return (
    <p className="banner" role="status">
      {reason} {t(isEmpty ? "conversation.nocopy" : "conversation.copy")}{" "}
      <button type="button" className="link" onClick={() => void talk.refresh()}>
        {t("settings.retry")}
      </button>
    </p>
  );
}

function Earlier() {
  const { talk } = useApp();
  const [isFailed, setFailed] = useState(false);
  const load = async (): Promise<void> => setFailed(!(await talk.conversation.loadEarlier()));
  return (
    <div>
      <button type="button" className="link small" onClick={() => void load()}>
        {t("conversation.earlier")}
      </button>
      {isFailed && <Failed />}
    </div>
  );
}

/** Tells a screen reader a turn when it is whole. */
function Announcer() {
  const { talk } = useApp();
  const { id } = useValue(talk.opened);
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const watch = talk.turn.on("over", ({ turn }) => {
      if (line.current)
        line.current.textContent = turn.text || (turn.problem ? t("message.failed") : "");
    });
    return () => watch.unsubscribe();
  }, [talk]);
  useEffect(() => {
    if (line.current) line.current.textContent = "";
  }, [id]);
  return <p className="sr" role="status" ref={line} data-testid="announcer" />;
}
