import { Problem } from "../api/problem";
import type {
  ChatEvent,
  ChatRequest,
  LastTurn,
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
  /** The avatar session that speaks the reply. Without one the sound comes in pieces, if at all. */
  avatarSessionId: string | null;
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

export const EMPTY_TURN: Turn = {
  request: {},
  key: "",
  question: null,
  turnId: null,
  conversationId: null,
  questionId: null,
  messageId: null,
  avatarSessionId: null,
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

/** Return the turn as the page ends it: another one begins, or the person stopped it. */
export function cutShort(turn: Turn): Turn {
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
        questionId: event.user_message_id ?? null,
        avatarSessionId: event.avatar_session_id ?? null,
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

/** Return the turn that runs elsewhere, as of its last checkpoint. */
export function follow(turn: Turn, conversationId: string, last: LastTurn): Turn {
  return {
    ...turn,
    conversationId,
    turnId: last.turn_id,
    questionId: last.user_message_id ?? null,
    messageId: last.message_id ?? null,
    text: last.text,
    spoken: last.spoken,
    offline: false,
  };
}
