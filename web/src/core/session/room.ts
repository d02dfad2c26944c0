import { fromCallback } from "xstate";
import { part } from "../version";

export interface RoomInput {
  url: string;
  token: string;
  /** The element that shows the picture. Sound goes through `output`. */
  video: () => HTMLVideoElement | null;
  sound: (stream: MediaStream) => void;
}

export type RoomEvent =
  | { type: "frame" }
  | { type: "room.lost" }
  | { type: "room.back" }
  | { type: "room.closed"; reason: string };

/** Join the avatar's LiveKit room. The library is loaded at the first use. */
export const room = fromCallback<{ type: string }, RoomInput>(({ sendBack, input }) => {
  let close = (): void => undefined;
  let isOver = false;
  const join = async (): Promise<void> => {
    const { Room, RoomEvent: Events, Track } = await part(() => import("livekit-client"));
    if (isOver) return;
    const joined = new Room({ adaptiveStream: false });
    close = () => void joined.disconnect();
    joined.on(Events.TrackSubscribed, (track) => {
      if (track.kind === Track.Kind.Audio) {
        input.sound(new MediaStream([track.mediaStreamTrack]));
        return;
      }
      const video = input.video();
      if (!video) return;
      track.attach(video);
      const shown = (): void => sendBack({ type: "frame" });
      if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(shown);
      else (video as HTMLVideoElement).addEventListener("playing", shown, { once: true });
    });
    joined.on(Events.Reconnecting, () => sendBack({ type: "room.lost" }));
    joined.on(Events.SignalReconnecting, () => sendBack({ type: "room.lost" }));
    joined.on(Events.Reconnected, () => sendBack({ type: "room.back" }));
    joined.on(Events.Disconnected, (reason) => {
      if (!isOver) sendBack({ type: "room.closed", reason: String(reason ?? "") });
    });
    await joined.connect(input.url, input.token);
  };
  join().catch((error: unknown) => {
    if (!isOver) sendBack({ type: "room.closed", reason: String(error) });
  });
  return () => {
    isOver = true;
    close();
  };
});
