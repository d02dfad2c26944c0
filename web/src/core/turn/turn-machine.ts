import { assign, emit, enqueueActions, fromCallback, setup } from "xstate";
import type { Api } from "../api/api";
import { isNetworkLoss, Problem } from "../api/problem";
import { chatEvents } from "../api/stream";
import type {
  AudioEvent,
  ChatEvent,
  ChatRequest,
  Proposal,
  SpeechEvent,
  TurnEnd,
  Usage,
} from "../api/types";

export interface ToolRun {
  id: string;
  name: string;
  state: "called" | "answered";
  summary?: string | null | undefined;
}

/** The turn that runs, or the last one. */
export interface Turn {
  request: ChatRequest;
  key: string;
  /** What the person said, if the turn shows a message of the person. */
  question: string | null;
  turnId: string | null;
  conversationId: string | null;
  questionId: string | null;
  messageId: string | null;
  text: string;
  spoken: string;
  tools: ToolRun[];
  proposal: Proposal | null;
  /** The avatar speaks at this moment. */
  speaking: boolean;
  /** The reason for which this turn has no speech. */
  silent: string | null;
  ended: TurnEnd | null;
  problem: Problem | null;
  offline: boolean;
  usage: Usage | null;
  /** The agent's memory of the conversation was renewed. */
  renewed: boolean;
}

export interface Ask {
  type: "ask";
  request: ChatRequest;
  key: string;
  question: string | null;
}

type TurnMachineEvent =
  | Ask
  | { type: "event"; event: ChatEvent }
  | { type: "lost" }
  | { type: "failed"; problem: Problem }
  | { type: "cut" }
  | { type: "forget" };

export type TurnEmitted =
  | { type: "speech"; event: SpeechEvent }
  | { type: "audio"; event: AudioEvent }
  | { type: "text" }
  | { type: "over"; turn: Turn };

interface StreamInput {
  api: Api;
  request: ChatRequest;
  key: string;
}

const EMPTY: Turn = {
  request: {},
  key: "",
  question: null,
  turnId: null,
  conversationId: null,
  questionId: null,
  messageId: null,
  text: "",
  spoken: "",
  tools: [],
  proposal: null,
  speaking: false,
  silent: null,
  ended: null,
  problem: null,
  offline: false,
  usage: null,
  renewed: false,
};

const stream = fromCallback<{ type: string }, StreamInput>(({ sendBack, input }) => {
  const stop = new AbortController();
  const read = async (): Promise<void> => {
    const connection = { lost: () => sendBack({ type: "lost" }) };
    const events = chatEvents(input.api, input.request, input.key, connection, stop.signal);
    for await (const event of events) sendBack({ type: "event", event });
  };
  read().catch((error: unknown) => {
    if (!stop.signal.aborted) sendBack({ type: "failed", problem: asProblem(error) });
  });
  return () => stop.abort();
});

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isNetworkLoss(error)) return new Problem(0, "offline", String(error));
  return new Problem(500, "internal", String(error));
}

/**
 * One turn at a time: idle, asking (nothing of the reply is here yet), answering, idle.
 *
 * A new `ask` replaces the running turn. `cut` ends it for the page; the caller stops it at the server.
 */
export const turnMachine = setup({
  types: {
    context: {} as { api: Api; turn: Turn },
    input: {} as { api: Api },
    events: {} as TurnMachineEvent,
    emitted: {} as TurnEmitted,
  },
  actors: { stream },
  actions: {
    begin: assign({
      turn: ({ event }) => {
        if (event.type !== "ask") return EMPTY;
        const { request, key, question } = event;
        return {
          ...EMPTY,
          request,
          key,
          question,
          conversationId: request.conversation_id ?? null,
        };
      },
    }),
    apply: enqueueActions(({ enqueue, event, context }) => {
      if (event.type !== "event") return;
      enqueue.assign({ turn: next(context.turn, event.event) });
      if (event.event.event === "speech") enqueue.emit({ type: "speech", event: event.event });
      if (event.event.event === "audio") enqueue.emit({ type: "audio", event: event.event });
      if (event.event.event === "text" && context.turn.text === "") enqueue.emit({ type: "text" });
    }),
    over: emit(({ context }) => ({ type: "over" as const, turn: context.turn })),
  },
  guards: {
    isDone: ({ event }) => event.type === "event" && event.event.event === "done",
    isAnswer: ({ event }) =>
      event.type === "event" && ["text", "speech", "audio"].includes(event.event.event),
  },
}).createMachine({
  id: "turn",
  context: ({ input }) => ({ api: input.api, turn: EMPTY }),
  initial: "idle",
  states: {
    idle: {
      on: { ask: { target: "running", actions: "begin" } },
    },
    running: {
      initial: "asking",
      invoke: {
        src: "stream",
        input: ({ context }) => ({
          api: context.api,
          request: context.turn.request,
          key: context.turn.key,
        }),
      },
      states: { asking: {}, answering: {} },
      on: {
        ask: {
          target: "running",
          reenter: true,
          actions: [
            assign({ turn: ({ context }) => ({ ...cutShort(context.turn) }) }),
            "over",
            "begin",
          ],
        },
        event: [
          { guard: "isDone", target: "idle", actions: ["apply", "over"] },
          { guard: "isAnswer", target: ".answering", actions: "apply" },
          { actions: "apply" },
        ],
        lost: { actions: assign({ turn: ({ context }) => ({ ...context.turn, offline: true }) }) },
        failed: {
          target: "idle",
          actions: [
            assign({
              turn: ({ context, event }) => ({
                ...context.turn,
                problem: event.problem,
                speaking: false,
                offline: false,
                ended: context.turn.text ? "incomplete" : "failed",
              }),
            }),
            "over",
          ],
        },
        cut: {
          target: "idle",
          actions: [assign({ turn: ({ context }) => cutShort(context.turn) }), "over"],
        },
      },
    },
  },
  on: { forget: { target: ".idle", actions: assign({ turn: EMPTY }) } },
});

function cutShort(turn: Turn): Turn {
  return { ...turn, ended: "interrupted", speaking: false };
}

/** Return the turn after an event of its stream. */
export function next(turn: Turn, event: ChatEvent): Turn {
  switch (event.event) {
    case "heard":
      return { ...turn, question: event.text };
    case "turn":
      // Sent first, also when a lost stream is read again: the reply begins anew.
      return {
        ...turn,
        text: "",
        spoken: "",
        tools: [],
        offline: false,
        turnId: event.turn_id,
        conversationId: event.conversation_id,
        questionId: event.message_id,
      };
    case "text":
      return { ...turn, text: turn.text + event.text };
    case "tool":
      return { ...turn, tools: withTool(turn.tools, event) };
    case "proposal":
      return { ...turn, proposal: event };
    case "speech":
      return afterSpeech(turn, event);
    case "notice":
      return { ...turn, renewed: true };
    case "usage":
      return { ...turn, usage: event.usage };
    case "error":
      return {
        ...turn,
        problem: new Problem(
          event.status,
          event.code,
          event.detail,
          event.retry_after ?? undefined,
        ),
      };
    case "done":
      return {
        ...turn,
        speaking: false,
        ended: event.ended,
        messageId: event.message_id ?? null,
        text: event.text || turn.text,
        spoken: event.spoken,
      };
    default:
      return turn;
  }
}

function withTool(tools: ToolRun[], event: ToolRun): ToolRun[] {
  const { id, name, state, summary } = event;
  const known = tools.some((each) => each.id === id);
  const run = { id, name, state, summary };
  return known
    ? tools.map((each) => (each.id === id ? { ...each, ...run } : each))
    : [...tools, run];
}

function afterSpeech(turn: Turn, event: SpeechEvent): Turn {
  if (event.state === "started") return { ...turn, speaking: true };
  if (event.state === "unavailable" || event.state === "stopped")
    return { ...turn, silent: event.code ?? "voice_failed" };
  if (event.state === "skipped") return turn;
  return { ...turn, speaking: false };
}
