import { useSelector } from "@xstate/react";
import { type FormEvent, useEffect, useRef } from "react";
import { isWaiting as isMessageWaiting } from "../../core/turn/turn-machine";
import { useApp } from "../../hooks/use-app";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import { Icon } from "../Icon";

/** Characters of a message, at most. */
export const LONGEST = 8_000;

/** The field to write in. It is always there. */
export function Compose() {
  const { talk } = useApp();
  const words = useValue(talk.draft);
  const heard = useValue(talk.heard);
  const hearing = useValue(talk.voice.hearing);
  const isWaiting = useSelector(talk.turn, isMessageWaiting);
  const field = useRef<HTMLTextAreaElement>(null);
  const tooMany = words.trim().length - LONGEST;
  useEffect(() => {
    if (heard > 0) field.current?.focus();
  }, [heard]);
  const send = (event?: FormEvent): void => {
    event?.preventDefault();
    const text = words.trim();
    if (!text || tooMany > 0 || isWaiting) return;
    talk.draft.set("");
    talk.say(text);
  };
  return (
    <form className="compose" onSubmit={send}>
      {hearing.trouble && (
        <p className="hint" role="status">
          {t(hearing.trouble === "unclear" ? "voice.unclear" : "voice.unavailable")}
        </p>
      )}
      {hearing.fault && <MicrophoneFaultCard />}
      {tooMany > 0 && (
        <p className="hint" role="status">
          {t("compose.long", { longest: LONGEST, more: tooMany })}
        </p>
      )}
      {isWaiting && words.trim() !== "" && (
        <p className="hint" role="status">
          {t("compose.waits")}
        </p>
      )}
      <div className="compose-box">
        <textarea
          ref={field}
          id="write"
          rows={1}
          value={words}
          placeholder={t("compose.label")}
          aria-label={t("compose.label")}
          enterKeyHint="send"
          onChange={(event) => talk.draft.set(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") field.current?.blur();
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing)
              send(event);
          }}
        />
        <kbd aria-hidden="true">/</kbd>
        <button
          type="submit"
          className="send"
          aria-label={t("compose.send")}
          disabled={!words.trim() || tooMany > 0 || isWaiting}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** Why there is no microphone, and the way on. */
function MicrophoneFaultCard() {
  const { talk } = useApp();
  const { fault } = useValue(talk.voice.hearing);
  if (!fault) return null;
  return (
    <div className="hint card" role="status" data-testid="microphone-fault">
      <p>
        <strong>{t(`microphone.${fault}`)}</strong> {t(`microphone.${fault}.hint`)}
      </p>
      <div className="acts">
        <button type="button" className="btn" onClick={() => void talk.listen()}>
          {t("microphone.retry")}
        </button>
        <button
          type="button"
          className="btn plain"
          onClick={() => {
            talk.voice.forgive();
            document.getElementById("write")?.focus();
          }}
        >
          {t("microphone.write")}
        </button>
      </div>
    </div>
  );
}
