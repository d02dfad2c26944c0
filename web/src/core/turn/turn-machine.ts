import { assign, emit, enqueueActions, fromCallback, type SnapshotFrom, setup } from "xstate";
import { type Api, pause } from "../api/api";
import { isNetworkLoss, type Problem, problemOf } from "../api/problem";
import { chatEvents } from "../api/stream";
import type { AudioEvent, ChatEvent, ChatRequest, LastTurn, SpeechEvent } from "../api/types";
import { cutShort, EMPTY_TURN, follow, next, type Turn } from "./turn";

export interface Ask {
  type: "ask";
  request: ChatRequest;
  key: string;
  question: string | null;
}

type TurnMachineEvent =
  | Ask
  | { type: "restore"; turn: Turn }
  | { type: "follow"; conversationId: string; last: LastTurn }
  | { type: "event"; event: ChatEvent }
  | { type: "progress"; last: LastTurn }
  | { type: "over elsewhere" }
  | { type: "lost" }
  | { type: "failed"; problem: Problem }
  | { type: "cut" }
  | { type: "forget" };

export type TurnEmitted =
  | { type: "speech"; event: SpeechEvent }
  | { type: "audio"; event: AudioEvent }
  | { type: "admitted"; turn: Turn }
  | { type: "text" }
  | { type: "over"; turn: Turn }
  | { type: "over elsewhere"; conversationId: string };

export interface TurnDependencies {
  api: Api;
  /** Complete a request before it is sent: its conversation, and how it is spoken. */
  address: (key: string, request: ChatRequest) => Promise<ChatRequest>;
}

type Source = TurnDependencies & { turn: Turn };

const POLL_SECONDS = 1;

/** Send a message and read its turn. */
const stream = fromCallback<{ type: string }, Source>(({ sendBack, input }) => {
  const stop = new AbortController();
  const read = async (): Promise<void> => {
    const { api, address, turn } = input;
    const request = await address(turn.key, turn.request);
    if (stop.signal.aborted) return;
    const connection = { lost: () => sendBack({ type: "lost" }) };
    for await (const event of chatEvents(api, request, turn.key, connection, stop.signal))
      sendBack({ type: "event", event });
  };
  read().catch((error: unknown) => {
    if (!stop.signal.aborted) sendBack({ type: "failed", problem: problemOf(error) });
  });
  return () => stop.abort();
});

/** Read a turn that another page or device runs, as it grows. */
const watch = fromCallback<{ type: string }, Source>(({ sendBack, input }) => {
  const stop = new AbortController();
  const { turnId, conversationId } = input.turn;
  const read = async (): Promise<void> => {
    for (;;) {
      try {
        await pause(POLL_SECONDS, stop.signal);
        const { last_turn: last } = await input.api.conversation(conversationId ?? "");
        if (last?.turn_id !== turnId || last.state === "ended") break;
        sendBack({ type: "progress", last });
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!isNetworkLoss(error)) break;
        sendBack({ type: "lost" });
      }
    }
    sendBack({ type: "over elsewhere" });
  };
  void read();
  return () => stop.abort();
});

/**
 * One turn at a time: idle, asking (nothing of the reply is here yet), answering, idle; or following, the
 * turn of another page.
 *
 * A new `ask` replaces the running turn. `cut` ends it for the page; the caller stops it at the server.
 */
export const turnMachine = setup({
  types: {
    context: {} as TurnDependencies & { turn: Turn },
    input: {} as TurnDependencies,
    events: {} as TurnMachineEvent,
    emitted: {} as TurnEmitted,
  },
  actors: { stream, watch },
  actions: {
    begin: assign({
      turn: ({ event }) => {
        if (event.type !== "ask") return EMPTY_TURN;
        const { request, key, question } = event;
        const conversationId = request.conversation_id ?? null;
        return { ...EMPTY_TURN, request, key, question, conversationId };
      },
    }),
    restore: assign({
      turn: ({ context, event }) => (event.type === "restore" ? event.turn : context.turn),
    }),
    follow: assign({
      turn: ({ context, event }) => {
        if (event.type === "follow") return follow(EMPTY_TURN, event.conversationId, event.last);
        if (event.type !== "progress") return context.turn;
        return follow(context.turn, context.turn.conversationId ?? "", event.last);
      },
    }),
    apply: enqueueActions(({ enqueue, event, context }) => {
      if (event.type !== "event") return;
      const turn = next(context.turn, event.event);
      enqueue.assign({ turn });
      if (event.event.event === "turn") enqueue.emit({ type: "admitted", turn });
      if (event.event.event === "speech") enqueue.emit({ type: "speech", event: event.event });
      if (event.event.event === "audio") enqueue.emit({ type: "audio", event: event.event });
      if (event.event.event === "text" && context.turn.text === "") enqueue.emit({ type: "text" });
    }),
    lose: assign({ turn: ({ context }) => ({ ...context.turn, offline: true }) }),
    cut: assign({ turn: ({ context }) => cutShort(context.turn) }),
    fail: assign({
      turn: ({ context: { turn }, event }) => {
        if (event.type !== "failed") return turn;
        const ended = turn.text ? "incomplete" : "failed";
        return { ...turn, problem: event.problem, speaking: false, offline: false, ended };
      },
    }),
    over: emit(({ context }) => ({ type: "over" as const, turn: context.turn })),
    overElsewhere: emit(({ context }) => ({
      type: "over elsewhere" as const,
      conversationId: context.turn.conversationId ?? "",
    })),
  },
  guards: {
    isDone: ({ event }) => event.type === "event" && event.event.event === "done",
    isAnswer: ({ event }) =>
      event.type === "event" && ["text", "speech", "audio"].includes(event.event.event),
  },
}).createMachine({
  id: "turn",
  context: ({ input }) => ({ ...input, turn: EMPTY_TURN }),
  initial: "idle",
  states: {
    idle: {
      on: {
        ask: { target: "running", actions: "begin" },
        follow: { target: "following", actions: "follow" },
        restore: { actions: "restore" },
      },
    },
    running: {
      initial: "asking",
      invoke: { src: "stream", input: ({ context }) => context },
      states: { asking: {}, answering: {} },
      on: {
        ask: { target: "running", reenter: true, actions: ["cut", "over", "begin"] },
        event: [
          { guard: "isDone", target: "idle", actions: ["apply", "over"] },
          { guard: "isAnswer", target: ".answering", actions: "apply" },
          { actions: "apply" },
        ],
        lost: { actions: "lose" },
        failed: { target: "idle", actions: ["fail", "over"] },
        cut: { target: "idle", actions: ["cut", "over"] },
      },
    },
    following: {
      invoke: { src: "watch", input: ({ context }) => context },
      on: {
        ask: { target: "running", actions: "begin" },
        progress: { actions: "follow" },
        lost: { actions: "lose" },
        "over elsewhere": { target: "idle", actions: "overElsewhere" },
        cut: { target: "idle", actions: "overElsewhere" },
      },
    },
  },
  on: { forget: { target: ".idle", actions: assign({ turn: EMPTY_TURN }) } },
});

/** Return whether a message waits for the network, and the server does not know it yet. */
export function isWaiting(now: SnapshotFrom<typeof turnMachine>): boolean {
  const { offline, turnId } = now.context.turn;
  return now.matches("running") && offline && turnId === null;
}
