import { type FormEvent, useEffect, useRef, useState } from "react";
import { useApp } from "../../hooks/use-app";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import { Icon } from "../Icon";

const LONGEST = 8_000;

/** The field to write in. It is always there. */
export function Compose() {
  const { talk } = useApp();
  const draft = useValue(talk.draft);
  const hearing = useValue(talk.voice.hearing);
  const [words, setWords] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!draft) return;
    setWords(draft);
    talk.draft.set("");
    field.current?.focus();
  }, [draft, talk]);
  const send = (event?: FormEvent): void => {
    event?.preventDefault();
    const text = words.trim();
    if (!text) return;
    setWords("");
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
      <div className="compose-box">
        <textarea
          ref={field}
          id="write"
          rows={1}
          maxLength={LONGEST}
          value={words}
          placeholder={t("compose.label")}
          aria-label={t("compose.label")}
          enterKeyHint="send"
          onChange={(event) => setWords(event.target.value)}
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
          disabled={!words.trim()}
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
