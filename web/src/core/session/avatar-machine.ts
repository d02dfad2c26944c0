import { assign, fromCallback, fromPromise, type SnapshotFrom, setup } from "xstate";
import { type Api, pause } from "../api/api";
import { Problem, problemOf } from "../api/problem";
import type { AvatarRequest, EndedAvatar, StartedAvatar, Usage } from "../api/types";
import { type AvatarSession, sessionOf } from "./avatar-session";
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
  | { type: "go on" }
  | { type: "frame" }
  | { type: "room.lost" }
  | { type: "room.back" }
  | { type: "room.closed"; reason: string }
  | { type: "session over" };

const KEEP_ALIVE_MS = 45_000;
const ROOM_TRIES = 3;
const REJOIN_SECONDS = 1;
/** A room that closes so shortly before the end of the session closes because of that. */
const END_MS = 3_000;

class OtherTab extends Error {}

const start = fromPromise<
  StartedAvatar,
  AvatarDependencies & { request: AvatarRequest; bring: boolean }
>(async ({ input }) => {
  const isOurs = await (input.bring
    ? input.lock.takeOver(input.request.conversation_id ?? null)
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

/** Ask whether the session still runs, before its room is joined again. */
const check = fromPromise<void, { api: Api; id: string }>(async ({ input }) => {
  await pause(REJOIN_SECONDS);
  await input.api.keepAlive(input.id);
});

const keepAlive = fromCallback<{ type: string }, AvatarDependencies & { id: string }>(
  ({ sendBack, input }) => {
    const send = (): void => {
      input.api.keepAlive(input.id, input.marks()).catch((error: unknown) => {
        if (isOver(error)) sendBack({ type: "session over" });
      });
    };
    send();
    const timer = setInterval(send, KEEP_ALIVE_MS);
    return () => clearInterval(timer);
  },
);

function isOver(error: unknown): boolean {
  return error instanceof Problem && ["session_over", "not_found"].includes(error.code);
}

/**
 * The avatar session of this tab: off, starting, live, ending, ended, refused, faceless, or in another tab.
 *
 * `faceless`: the room cannot be reached, or the session is over before the person has ended it. The
 * conversation goes on without it.
 */
export const avatarMachine = setup({
  types: {
    context: {} as AvatarContext,
    input: {} as AvatarDependencies,
    events: {} as AvatarEvent,
  },
  actors: { start, lock, end, check, keepAlive, room },
  actions: {
    take: assign(({ context, event }) => {
      if (!("output" in event)) return {};
      const started = event.output as StartedAvatar;
      return { session: sessionOf(started, context.api.clock), usage: started.usage, roomTries: 0 };
    }),
    freeLock: ({ context }) => context.lock.free(),
    bill: assign(({ event }) => {
      if (!("output" in event)) return {};
      const bill = event.output as EndedAvatar;
      return { bill, usage: bill.usage };
    }),
    forgetBill: assign({ bill: null }),
    remember: assign(({ context }) => ({
      request: { conversation_id: context.session?.conversationId ?? null },
    })),
    refuse: assign(({ event }) => {
      const problem = problemOf("error" in event ? event.error : undefined);
      const retryAt = problem.retryAfter ? Date.now() + problem.retryAfter * 1000 : null;
      return { problem, retryAt };
    }),
  },
  guards: {
    isOtherTab: ({ event }) => "error" in event && event.error instanceof OtherTab,
    isUnwanted: ({ context }) => context.isUnwanted,
    isOver: ({ event }) => "error" in event && isOver(event.error),
    isTimeOver: ({ context }) => (context.session?.expiresAt ?? 0) - Date.now() < END_MS,
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
        onError: { target: "elsewhere", actions: "remember" },
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
              { guard: "isTimeOver", target: "#avatar.faceless.over" },
              {
                guard: "mayJoinAgain",
                target: "waiting",
                actions: assign({ roomTries: ({ context }) => context.roomTries + 1 }),
              },
              { target: "#avatar.faceless.unreachable" },
            ],
          },
        },
        waiting: {
          invoke: {
            src: "check",
            input: ({ context }) => ({ api: context.api, id: context.session?.id ?? "" }),
            onDone: "connected",
            onError: [
              { guard: "isOver", target: "#avatar.faceless.over" },
              { target: "connected" },
            ],
          },
        },
      },
      on: {
        start: {},
        "session over": "faceless.over",
        end: "ending",
        "let go": { target: "elsewhere", actions: "remember" },
      },
    },
    ending: {
      invoke: {
        src: "end",
        input: ({ context }) => ({ api: context.api, id: context.session?.id ?? "" }),
        onDone: { target: "ended", actions: "bill" },
        onError: { target: "ended", actions: "refuse" },
      },
      exit: "freeLock",
    },
    faceless: {
      invoke: {
        src: "end",
        input: ({ context }) => ({ api: context.api, id: context.session?.id ?? "" }),
        onDone: { actions: ["bill", "freeLock"] },
        onError: { actions: "freeLock" },
      },
      initial: "unreachable",
      states: { unreachable: {}, over: {} },
      on: { dismiss: "off", "go on": { actions: "forgetBill" } },
      exit: "freeLock",
    },
    ended: { on: { dismiss: "off", "go on": "off" } },
    refused: { on: { dismiss: "off" } },
    elsewhere: { on: { bring: "starting", dismiss: "off" } },
  },
});

/** Return whether a session has ended, and its price is to be shown. */
export function hasPrice(now: SnapshotFrom<typeof avatarMachine>): boolean {
  return now.matches("ended") || (now.matches({ faceless: "over" }) && now.context.bill !== null);
}
