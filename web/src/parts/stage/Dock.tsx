import { useSelector } from "@xstate/react";
import { useApp } from "../../hooks/use-app";
import { useMedia } from "../../hooks/use-media";
import type { Posture } from "../../hooks/use-posture";
import { useTalkButton } from "../../hooks/use-talk-button";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import type { Key } from "../../i18n/en";
import { Icon } from "../Icon";
import { Ring } from "./Ring";

/** The hints that name keys, as they are where there are none. */
const TOUCHED: Partial<Record<Key, Key>> = {
  "state.idle.hint": "state.idle.touch",
  "state.idle.hold": "state.hold.touch",
  "state.listening.hint": "state.listening.touch",
  "state.listening.hold": "state.hold.touch",
  "state.listening.toggle": "state.toggle.touch",
  "state.hearing.hint": "state.hearing.touch",
  "state.thinking.hint": "state.stop.touch",
  "state.speaking.hint": "state.stop.touch",
};

/** The button that talks and stops, microphone and captions beside it, and one word below. */
export function Dock({ posture }: { posture: Posture }) {
  const { talk, preferences } = useApp();
  const choices = useValue(preferences);
  const hearing = useValue(talk.voice.hearing);
  const isStarting = useSelector(
    talk.avatar,
    (now) => now.matches("starting") || now.matches({ live: { connected: "joining" } }),
  );
  const button = useTalkButton(posture);
  const isOpen = talk.voice.isOpen;
  const hasKeys = !useMedia("(pointer: coarse)");
  const [word, hint] = words(posture, hearing.state, choices.mode, isStarting, hearing.words);
  return (
    <>
      <div className="dock">
        <button
          type="button"
          className="round"
          aria-label={t(isOpen ? "talk.mute" : "talk.unmute")}
          title={t(isOpen ? "talk.mute" : "talk.unmute")}
          aria-pressed={isOpen}
          onClick={() => void (isOpen ? talk.voice.close() : talk.listen())}
        >
          <Icon name={isOpen ? "microphone" : "muted"} />
        </button>
        <button
          type="button"
          className={`talk ${posture}`}
          aria-label={t(button.label)}
          data-testid="talk"
          {...button.handlers}
        >
          <Ring posture={posture} left={hearing.left} />
          <span className="core">
            <Icon name={posture === "idle" || posture === "asleep" ? "wave" : "stop"} />
          </span>
        </button>
        <button
          type="button"
          className="round"
          aria-label={t("talk.captions")}
          title={t("talk.captions")}
          aria-pressed={choices.captions}
          onClick={() => preferences.choose({ captions: !choices.captions })}
        >
          <Icon name="captions" />
        </button>
      </div>
      <p className={`state ${posture}`} data-testid="state">
        {/* New words are new elements: centred words that change count as a shift of the layout. */}
        <b key={word}>{t(word)}</b>
        <span key={hint}>{t(hasKeys ? hint : (TOUCHED[hint] ?? hint))}</span>
      </p>
    </>
  );
}

function words(
  posture: Posture,
  hearing: string,
  mode: "handsfree" | "hold" | "toggle",
  isStarting: boolean,
  heard: string | null,
): [Key, Key] {
  if (posture === "speaking") return ["state.speaking", "state.speaking.hint"];
  if (posture === "thinking") return ["state.thinking", "state.thinking.hint"];
  if (posture === "answering") return ["state.answering", "state.thinking.hint"];
  if (hearing === "opening") return ["state.opening", "microphone.ask"];
  if (posture === "listening") {
    if (hearing === "words") return ["state.words", "state.hearing.hint"];
    if (hearing === "speech" || heard) return ["state.listening", "state.hearing.hint"];
    if (isStarting) return ["state.listening", "state.starting.hint"];
    if (mode === "hold") return ["state.listening", "state.listening.hold"];
    return [
      "state.listening",
      mode === "toggle" ? "state.listening.toggle" : "state.listening.hint",
    ];
  }
  if (isStarting) return ["state.starting", "state.idle.hint"];
  return ["state.idle", mode === "hold" ? "state.idle.hold" : "state.idle.hint"];
}
