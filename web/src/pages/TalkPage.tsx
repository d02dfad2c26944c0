import { useSelector } from "@xstate/react";
import { type CSSProperties, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useApp } from "../hooks/use-app";
import { useKeptFocus } from "../hooks/use-kept-focus";
import { useKeyboard } from "../hooks/use-keyboard";
import { useKeys } from "../hooks/use-keys";
import { type Posture, usePosture } from "../hooks/use-posture";
import { useSpeechLanguage } from "../hooks/use-speech-language";
import { useValue } from "../hooks/use-value";
import { useWakeLock } from "../hooks/use-wake-lock";
import { useRememberOpened } from "../hooks/use-way-back";
import { t } from "../i18n";
import type { Key } from "../i18n/en";
import { Rail } from "../parts/history/Rail";
import { Sidebar } from "../parts/history/Sidebar";
import { Icon } from "../parts/Icon";
import { KeyList } from "../parts/KeyList";
import { Stage } from "../parts/stage/Stage";
import { Compose } from "../parts/transcript/Compose";
import { TranscriptView } from "../parts/transcript/TranscriptView";

/** The conversation: face, words, field. */
export function TalkPage({ id }: { id: string | null }) {
  const { talk, preferences } = useApp();
  const { sidebar } = useValue(preferences);
  const opened = useValue(talk.opened);
  const posture = usePosture();
  const left = useKeyboard();
  const [showsKeys, setShowsKeys] = useState(false);
  const [isReading, setReading] = useState(false);
  const [, go] = useLocation();
  const isEmpty = opened.state === "new" || opened.state === "ready";
  useEffect(() => {
    void talk.open(id);
    // On a phone the list covers the conversation that was chosen in it.
    if (matchMedia("(max-width: 820px)").matches) preferences.choose({ sidebar: false });
  }, [talk, preferences, id]);
  useEffect(() => {
    // A new conversation has got its id: the address names it, so that a reload finds it. The value of
    // this moment counts: `opened` is still the conversation before while a new one begins.
    const current = talk.opened.get().id;
    if (id === null && current !== null && current === opened.id)
      go(`/c/${current}`, { replace: true });
    if (id !== null && current === null) go("/", { replace: true }); // it was deleted
  }, [talk, id, opened.id, go]);
  useTitle(posture);
  useKeptFocus("list", sidebar);
  useRememberOpened();
  useSpeechLanguage();
  useWakeLock(useIsTalking(posture));
  useKeys(posture, () => setShowsKeys((now) => !now));
  return (
    <div
      className={`app${sidebar ? " open" : ""}${isReading ? " reading" : ""}${left ? " typing" : ""}`}
      style={left ? ({ "--left": `${left}px` } as CSSProperties) : undefined}
    >
      {sidebar ? (
        <Sidebar onClose={() => preferences.choose({ sidebar: false })} />
      ) : (
        <Rail onKeys={() => setShowsKeys(true)} />
      )}
      <main className="contents">
        <Stage />
        <section className="side" aria-label={t("conversation.label")}>
          <header className="side-head">
            <button
              type="button"
              className="ib only-phone"
              aria-label={t("rail.history")}
              onClick={() => preferences.choose({ sidebar: true })}
            >
              <Icon name="list" flip />
            </button>
            <h1 dir="auto">
              {opened.title ?? t(isEmpty ? "conversation.new" : "conversation.label")}
            </h1>
            <button
              type="button"
              className={isReading ? "ib only-phone turned" : "ib only-phone"}
              aria-label={t("conversation.label")}
              aria-pressed={isReading}
              onClick={() => setReading((now) => !now)}
            >
              <Icon name="expand" />
            </button>
          </header>
          <TranscriptView />
          <Compose />
        </section>
      </main>
      {showsKeys && <KeyList onClose={() => setShowsKeys(false)} />}
    </div>
  );
}

/** Return whether the person talks with Oprina: a video, a microphone or a voice is on. */
function useIsTalking(posture: Posture): boolean {
  const { talk } = useApp();
  const isLive = useSelector(talk.avatar, (now) => now.matches("live"));
  return isLive || posture === "listening" || posture === "speaking";
}

function useTitle(posture: string): void {
  useEffect(() => {
    const key = `state.${posture}` as Key;
    const isQuiet = posture === "idle" || posture === "asleep";
    document.title = isQuiet ? t("app.name") : `${t(key)} - ${t("app.name")}`;
  }, [posture]);
}
