import { useEffect, useRef, useState } from "react";
import { splitSpoken } from "../../core/turn/captions";
import type { Entry } from "../../core/turn/transcript";
import type { ToolRun } from "../../core/turn/turn";
import { useApp } from "../../hooks/use-app";
import { t } from "../../i18n";
import type { Key } from "../../i18n/en";
import { Icon, type IconName } from "../Icon";
import { LONGEST } from "./Compose";
import { Markdown } from "./Markdown";
import { ProposalCard } from "./ProposalCard";
import { ToolCard } from "./ToolCard";

export function MessageView({ entry, isLast }: { entry: Entry; isLast: boolean }) {
  if (entry.role === "user") return <Question entry={entry} />;
  return (
    <article className="turn" data-testid="answer">
      {entry.tools.filter(isNoProposal(entry)).map((tool) => (
        <ToolCard key={tool.id} tool={tool} />
      ))}
      {entry.proposal && <ProposalCard entry={entry} proposal={entry.proposal} />}
      <Answer entry={entry} />
      {entry.text && <Acts entry={entry} isLast={isLast} />}
      {entry.isUnrated && (
        <p className="cut" role="alert">
          {t("trouble.unrated")}
        </p>
      )}
    </article>
  );
}

/** A tool that waits for a yes has a card of its own. */
function isNoProposal({ proposal }: Entry): (tool: ToolRun) => boolean {
  return (tool) => tool.name !== proposal?.tool;
}

/** What was said, the cut, and what was not said behind one press. */
function Answer({ entry }: { entry: Entry }) {
  const { talk } = useApp();
  const [isShown, setShown] = useState(false);
  const isCut = entry.ended === "interrupted" && entry.spoken !== null && entry.spoken !== "";
  const { said, unsaid } = isCut
    ? splitSpoken(entry.text, entry.spoken ?? "")
    : { said: entry.text, unsaid: "" };
  if (!unsaid.trim())
    return (
      <>
        <div className="words" dir="auto">
          <Markdown text={said} />
        </div>
        {entry.ended && <Ending entry={entry} />}
      </>
    );
  return (
    <>
      <div className="words" dir="auto">
        <p>
          <span className="heard">{said}</span>
          {isShown && <span className="unsaid">{unsaid}</span>}
        </p>
      </div>
      <div className="cut">
        {t("message.unsaid")}
        {!isShown && (
          <button type="button" className="link" onClick={() => setShown(true)}>
            {t("message.show")}
          </button>
        )}
        {talk.session && (
          <button type="button" className="link" onClick={() => talk.sayAgain(unsaid.trim())}>
            {t("message.say")}
          </button>
        )}
      </div>
    </>
  );
}

/** One quiet line under an answer that is not whole. */
function Ending({ entry }: { entry: Entry }) {
  const { talk } = useApp();
  if (entry.ended === "interrupted")
    return entry.text ? <p className="cut">{t("message.stopped")}</p> : null;
  const isBroken = ["incomplete", "cancelled", "lost"].includes(entry.ended ?? "");
  if (!isBroken) return null;
  return (
    <p className="cut">
      {t("message.lost")}
      <button type="button" className="link" onClick={() => talk.regenerate(entry)}>
        {t("message.again")}
      </button>
    </p>
  );
}

const COPY_ICONS = {
  "message.copy": "copy",
  "message.copied": "check",
  "message.uncopied": "close",
} satisfies Partial<Record<Key, IconName>>;

function Acts({ entry, isLast }: { entry: Entry; isLast: boolean }) {
  const { talk } = useApp();
  const [copied, setCopied] = useState<keyof typeof COPY_ICONS>("message.copy");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(entry.text);
      setCopied("message.copied");
    } catch {
      setCopied("message.uncopied"); // the browser refused
    }
    setTimeout(() => setCopied("message.copy"), 1500);
  };
  const rate = (rating: "good" | "bad") => () =>
    talk.rate(entry, entry.rating === rating ? null : rating);
  return (
    <div className={isLast ? "acts-row" : "acts-row late"}>
      <Act icon={COPY_ICONS[copied]} label={t(copied)} run={() => void copy()} />
      {entry.isStored && (
        <>
          <Act
            icon="up"
            label={t("message.good")}
            pressed={entry.rating === "good"}
            run={rate("good")}
          />
          <Act
            icon="down"
            label={t("message.bad")}
            pressed={entry.rating === "bad"}
            run={rate("bad")}
          />
        </>
      )}
      {isLast && entry.isStored && (
        <Act icon="again" label={t("message.again")} run={() => talk.regenerate(entry)} />
      )}
    </div>
  );
}

function Act(props: { icon: IconName; label: string; run: () => void; pressed?: boolean }) {
  const { icon, label, run, pressed } = props;
  return (
    <button
      type="button"
      className="ib"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={run}
    >
      <Icon name={icon} />
    </button>
  );
}

function Question({ entry }: { entry: Entry }) {
  const { talk } = useApp();
  const [draft, setDraft] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const isEditing = draft !== null;
  const wasEditing = useRef(false);
  useEffect(() => {
    if (isEditing) field.current?.focus();
    else if (wasEditing.current) opener.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  if (draft === null)
    return (
      <div className="question">
        <button
          type="button"
          ref={opener}
          className="ib late"
          aria-label={t("message.edit")}
          title={t("message.edit")}
          onClick={() => setDraft(entry.text)}
        >
          <Icon name="edit" />
        </button>
        <div className="turn you" data-testid="question" dir="auto">
          <span className="sr" dir="auto">
            {t("message.you")}:{" "}
          </span>
          {entry.text}
        </div>
      </div>
    );
  return (
    <form
      className="turn you editing"
      onSubmit={(event) => {
        event.preventDefault();
        if (draft.trim()) talk.edit(entry, draft.trim());
        setDraft(null);
      }}
    >
      <textarea
        ref={field}
        aria-label={t("message.edit")}
        value={draft}
        rows={3}
        maxLength={LONGEST}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && setDraft(null)}
      />
      <div className="acts">
        <button type="submit" className="btn main">
          {t("message.save")}
        </button>
        <button type="button" className="btn plain" onClick={() => setDraft(null)}>
          {t("message.cancel")}
        </button>
      </div>
    </form>
  );
}
