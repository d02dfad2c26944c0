import { assign, fromCallback, fromPromise, setup } from "xstate";
import type { Api } from "../api/api";
import { isNetworkLoss, Problem } from "../api/problem";
import type { EndedAvatar, RunningAvatar, StartedAvatar, Usage } from "../api/types";
import { room } from "./room";
import type { TabLock } from "./tab-lock";

export interface AvatarDependencies {
  api: Api;
  lock: TabLock;
  video: () => HTMLVideoElement | null;
  sound: (stream: MediaStream) => void;
  /** Marks that are ready to be reported, in seconds by name. */
  marks: () => Record<string, number>;
}

export interface AvatarRequest {
  conversation_id?: string;
  avatar_id?: string;
  voice?: string;
  quality?: "very_high" | "high" | "medium" | "low";
  language?: string;
}

/** An avatar session as the page sees it. Times are milliseconds since 1970. */
export interface AvatarSession {
  id: string;
  conversationId: string;
  url: string;
  token: string;
  startedAt: number;
  expiresAt: number;
}

interface AvatarContext extends AvatarDependencies {
  request: AvatarRequest;
  session: AvatarSession | null;
  usage: Usage | null;
  bill: EndedAvatar | null;
  problem: Problem | null;
  retryAt: number | null;
  roomTries: number;
  /** The person ended the session before it was there. */
  isUnwanted: boolean;
}

type AvatarEvent =
  | { type: "start"; request: AvatarRequest }
  | { type: "resume"; session: AvatarSession }
  | { type: "bring" }
  | { type: "end" }
  | { type: "let go" }
  | { type: "dismiss" }
  | { type: "frame" }
  | { type: "room.lost" }
  | { type: "room.back" }
  | { type: "room.closed"; reason: string }
  | { type: "session over" };

const KEEP_ALIVE_MS = 45_000;
const ROOM_TRIES = 3;

class OtherTab extends Error {}

const start = fromPromise<
  StartedAvatar,
  AvatarDependencies & { request: AvatarRequest; bring: boolean }
>(async ({ input }) => {
  const isOurs = await (input.bring
    ? input.lock.takeOver(input.request.conversation_id)
    : input.lock.acquire());
  if (!isOurs) throw new OtherTab();
  return input.api.startAvatar(input.request);
});

const lock = fromPromise<void, AvatarDependencies>(async ({ input }) => {
  if (!(await input.lock.acquire())) throw new OtherTab();
});

const end = fromPromise<EndedAvatar, { api: Api; id: string }>(({ input }) =>
  input.api.endSession(input.id),
);

const keepAlive = fromCallback<{ type: string }, AvatarDependencies & { id: string }>(
  ({ sendBack, input }) => {
    const send = (): void => {
      input.api.keepAlive(input.id, input.marks()).catch((error: unknown) => {
        const gone = error instanceof Problem && ["session_over", "not_found"].includes(error.code);
        if (gone) sendBack({ type: "session over" });
      });
    };
    send();
    const timer = setInterval(send, KEEP_ALIVE_MS);
    return () => clearInterval(timer);
  },
);

export function sessionOf(started: StartedAvatar, now: number): AvatarSession {
  return {
    id: started.avatar_session_id,
    conversationId: started.conversation_id,
    url: started.livekit_url,
    token: started.livekit_token,
    startedAt: now,
    expiresAt: Date.parse(started.expires_at),
  };
}

export function runningSession(conversationId: string, running: RunningAvatar): AvatarSession {
  return {
    id: running.avatar_session_id,
    conversationId,
    url: running.livekit_url,
    token: running.livekit_token,
    startedAt: Date.parse(running.started_at),
    expiresAt: Date.parse(running.expires_at),
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isNetworkLoss(error)) return new Problem(0, "offline", String(error));
  return new Problem(500, "internal", String(error));
}

/** The avatar session of this tab: off, starting, live, ending, ended, refused, or in another tab. */
export const avatarMachine = setup({
  types: {
    context: {} as AvatarContext,
    input: {} as AvatarDependencies,
    events: {} as AvatarEvent,
  },
  actors: { start, lock, end, keepAlive, room },
  actions: {
    take: assign(({ event }) => {
      if (!("output" in event)) return {};
      const started = event.output as StartedAvatar;
      return { session: sessionOf(started, Date.now()), usage: started.usage, roomTries: 0 };
    }),
    freeLock: ({ context }) => context.lock.free(),
    refuse: assign(({ event }) => {
      const problem = problemOf("error" in event ? event.error : undefined);
      const retryAt = problem.retryAfter ? Date.now() + problem.retryAfter * 1000 : null;
      return { problem, retryAt };
    }),
  },
  guards: {
    isOtherTab: ({ event }) => "error" in event && event.error instanceof OtherTab,
    isUnwanted: ({ context }) => context.isUnwanted,
    mayJoinAgain: ({ context }) => context.roomTries < ROOM_TRIES,
  },
}).createMachine({
  id: "avatar",
  context: ({ input }) => ({
    ...input,
    request: {},
    session: null,
    usage: null,
    bill: null,
    problem: null,
    retryAt: null,
    roomTries: 0,
    isUnwanted: false,
  }),
  initial: "off",
  on: {
    start: {
      target: ".starting",
      actions: assign({ request: ({ event }) => event.request, bill: null, problem: null }),
    },
    resume: {
      target: ".resuming",
      actions: assign({ session: ({ event }) => event.session, bill: null, problem: null }),
    },
  },
  states: {
    off: {},
    starting: {
      invoke: {
        src: "start",
        input: ({ context, event }) => ({ ...context, bring: event.type === "bring" }),
        onDone: [
          { guard: "isUnwanted", target: "ending", actions: "take" },
          { target: "live", actions: "take" },
        ],
        onError: [
          { guard: "isOtherTab", target: "elsewhere" },
          { target: "refused", actions: ["refuse", "freeLock"] },
        ],
      },
      entry: assign({ isUnwanted: false }),
      on: { start: {}, end: { actions: assign({ isUnwanted: true }) } },
    },
    resuming: {
      invoke: {
        src: "lock",
        input: ({ context }) => context,
        onDone: { target: "live", actions: assign({ roomTries: 0 }) },
        onError: "elsewhere",
      },
    },
    live: {
      initial: "connected",
      invoke: {
        src: "keepAlive",
        input: ({ context }) => ({ ...context, id: context.session?.id ?? "" }),
      },
      states: {
        connected: {
          initial: "joining",
          invoke: {
            src: "room",
            input: ({ context }) => ({
              url: context.session?.url ?? "",
              token: context.session?.token ?? "",
              video: context.video,
              sound: context.sound,
            }),
          },
          states: {
            joining: { on: { frame: { target: "shown", actions: assign({ roomTries: 0 }) } } },
            shown: { on: { "room.lost": "reconnecting" } },
            reconnecting: { on: { frame: "shown", "room.back": "shown" } },
          },
          on: {
            "room.closed": [
              {
                guard: "mayJoinAgain",
                target: "waiting",
                actions: assign({ roomTries: ({ context }) => context.roomTries + 1 }),
              },
              { target: "faceless" },
            ],
          },
        },
        waiting: { after: { 1000: "connected" } },
        // The room is away. The conversation goes on with the drawn face.
        faceless: {},
      },
      on: {
        start: {},
        "session over": "ending",
        end: "ending",
        "let go": {
          target: "elsewhere",
          actions: assign({
            request: ({ context }) => ({ conversation_id: context.session?.conversationId ?? "" }),
          }),
        },
      },
    },
    ending: {
      invoke: {
        src: "end",
        input: ({ context }) => ({ api: context.api, id: context.session?.id ?? "" }),
        onDone: {
          target: "ended",
          actions: assign(({ event }) => ({ bill: event.output, usage: event.output.usage })),
        },
        onError: { target: "ended", actions: "refuse" },
      },
      exit: "freeLock",
    },
    ended: { on: { dismiss: "off" } },
    refused: { on: { dismiss: "off" } },
    elsewhere: { on: { bring: "starting", dismiss: "off" } },
  },
});
