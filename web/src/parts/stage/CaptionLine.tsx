import { useSelector } from "@xstate/react";
import { useState } from "react";
import { captionAt } from "../../core/turn/captions";
import { useApp } from "../../hooks/use-app";
import { useFrame } from "../../hooks/use-frame";
import { useMedia } from "../../hooks/use-media";
import type { Posture } from "../../hooks/use-posture";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";

/** Characters that fit in two lines. */
const LONGEST = { wide: { usual: 92, large: 68 }, small: { usual: 60, large: 48 } };

/** The words over the face: those that are spoken, those that are heard, or a greeting. */
export function CaptionLine({ posture }: { posture: Posture }) {
  const { talk, preferences, person } = useApp();
  const { captions, captionSize } = useValue(preferences);
  const sentences = useValue(talk.captions);
  const hearing = useValue(talk.voice.hearing);
  const [now, setNow] = useState(0);
  const isQuiet = useSelector(talk.turn, (each) => each.matches("idle"));
  const opened = useValue(talk.opened);
  useFrame(() => setNow(performance.now() / 1000), sentences.length > 0, 12);
  const className = captionSize === "large" ? "caption large" : "caption";
  const isSmall = useMedia("(max-width: 480px), (max-height: 480px)");
  const longest = LONGEST[isSmall ? "small" : "wide"][captionSize];
  const caption = captions ? captionAt(sentences, now, longest) : null;
  // Captions repeat the transcript: a screen reader reads that, not each word here.
  if (caption)
    return (
      <p className={className} dir="auto" aria-hidden="true" data-testid="caption">
        <span>
          {caption.before}
          <span className="now">{caption.word}</span>
          <span className="next">{caption.after}</span>
        </span>
      </p>
    );
  if (hearing.words)
    return (
      <p className={`${className} heard-words`} dir="auto" aria-hidden="true" data-testid="heard">
        <span>
          {hearing.words}
          <span className="caret" />
        </span>
      </p>
    );
  const isGreeting = isQuiet && posture === "idle" && opened.state === "new";
  return (
    <p className={className} data-testid="greeting">
      <span>{isGreeting ? greeting(person.name) : ""}</span>
    </p>
  );
}

function greeting(name: string): string {
  const hour = new Date().getHours();
  const first = name.split(" ")[0] ?? name;
  if (hour < 12) return t("caption.morning", { name: first });
  return t(hour < 18 ? "caption.afternoon" : "caption.evening", { name: first });
}
