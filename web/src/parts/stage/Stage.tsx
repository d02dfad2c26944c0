import { useSelector } from "@xstate/react";
import { useCallback, useRef } from "react";
import { useApp } from "../../hooks/use-app";
import { useFrame } from "../../hooks/use-frame";
import { usePosture } from "../../hooks/use-posture";
import { t } from "../../i18n";
import { Face, type FaceState, mouthFor } from "../face/Face";
import { Bill } from "./Bill";
import { CaptionLine } from "./CaptionLine";
import { Clock } from "./Clock";
import { Dock } from "./Dock";
import { Notice } from "./Notice";

/** The face with everything that lies on it. Video and drawn face share one box. */
export function Stage() {
  const { talk } = useApp();
  const posture = usePosture();
  const face = useRef<SVGSVGElement>(null);
  const tick = useRef(0);
  const isVideo = useSelector(
    talk.avatar,
    (now) =>
      now.matches({ live: { connected: "shown" } }) ||
      now.matches({ live: { connected: "reconnecting" } }),
  );
  const video = useCallback((element: HTMLVideoElement | null) => talk.show(element), [talk]);
  useFrame(
    () => {
      tick.current += 1;
      const level = posture === "speaking" && talk.hasOutput ? talk.output.level : 0;
      if (face.current) face.current.dataset.mouth = mouthFor(level, tick.current);
    },
    !isVideo,
    12,
  );
  const state: FaceState = posture === "answering" ? "thinking" : posture;
  return (
    <section
      className="stage"
      data-video={isVideo}
      data-posture={posture}
      id="stage"
      aria-label={t("app.name")}
    >
      <video ref={video} className="video" muted playsInline aria-hidden={!isVideo} />
      <div className="drawn" aria-hidden={isVideo}>
        <Face ref={face} state={state} label={t("app.name")} />
      </div>
      <div className="stage-top">
        <Notice />
        <Clock />
      </div>
      <div className="stage-foot">
        {posture === "asleep" ? (
          <Bill />
        ) : (
          <>
            <CaptionLine posture={posture} />
            <Dock posture={posture} />
          </>
        )}
      </div>
    </section>
  );
}
