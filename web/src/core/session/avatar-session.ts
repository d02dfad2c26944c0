import type { ServerClock } from "../api/server-clock";
import type { RunningAvatar, StartedAvatar } from "../api/types";

/** An avatar session as the page sees it. Times are milliseconds since 1970. */
export interface AvatarSession {
  id: string;
  conversationId: string;
  url: string;
  token: string;
  startedAt: number;
  expiresAt: number;
}

/** Return the session that was just started. */
export function sessionOf(started: StartedAvatar, clock: ServerClock): AvatarSession {
  return {
    id: started.avatar_session_id,
    conversationId: started.conversation_id,
    url: started.livekit_url,
    token: started.livekit_token,
    startedAt: Date.now(),
    expiresAt: clock.local(started.expires_at),
  };
}

/** Return a session that runs already: the page was loaded again. */
export function runningSession(
  conversationId: string,
  running: RunningAvatar,
  clock: ServerClock,
): AvatarSession {
  return {
    id: running.avatar_session_id,
    conversationId,
    url: running.livekit_url,
    token: running.livekit_token,
    startedAt: clock.local(running.started_at),
    expiresAt: clock.local(running.expires_at),
  };
}
