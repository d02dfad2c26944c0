import type { Message, Proposal, Rating, TurnEnd } from "../api/types";
import { Value } from "../store/value";
import type { ToolRun, Turn } from "./turn";

/** One message of the conversation, as it is shown. */
export interface Entry {
  id: string;
  role: "user" | "assistant";
  text: string;
  /** What was heard of the text, if it was spoken. */
  spoken: string | null;
  ended: TurnEnd | null;
  tools: ToolRun[];
  proposal: Proposal | null;
  rating: Rating | null;
  /** The last rating was refused. */
  isUnrated: boolean;
  /** The server knows this message by its id. */
  isStored: boolean;
}

/** The settled messages of the open conversation, oldest first. */
export class Transcript extends Value<readonly Entry[]> {
  constructor() {
    super([]);
  }

  load(messages: Message[]): void {
    this.set(messages.filter((each) => !each.replaced).map(entryOf));
  }

  prepend(messages: Message[]): void {
    const earlier = messages.filter((each) => !each.replaced).map(entryOf);
    this.change((entries) => [...earlier, ...entries]);
  }

  /** Add the turn that ended. */
  add(turn: Turn): void {
    const entries: Entry[] = [];
    const id = turn.turnId ?? turn.key;
    if (turn.question !== null)
      entries.push({
        ...blank(turn.questionId ?? `${id}-0`, "user"),
        text: turn.question,
        isStored: turn.questionId !== null,
      });
    if (turn.text || turn.tools.length || turn.proposal)
      entries.push({
        ...blank(turn.messageId ?? `${id}-1`, "assistant"),
        text: turn.text,
        spoken: turn.spoken,
        ended: turn.ended,
        tools: turn.tools,
        proposal: turn.proposal,
        isStored: turn.messageId !== null,
      });
    const ids = new Set(entries.map((each) => each.id));
    this.change((all) => [...all.filter((each) => !ids.has(each.id)), ...entries]);
  }

  /** Remove a message and everything after it: a new branch begins there. */
  cutAt(id: string): void {
    this.change((all) => {
      const index = all.findIndex((each) => each.id === id);
      return index < 0 ? all : all.slice(0, index);
    });
  }

  edit(id: string, change: Partial<Entry>): void {
    this.change((all) => all.map((each) => (each.id === id ? { ...each, ...change } : each)));
  }

  /** The messages in the shape of the API, for the copy on this machine. */
  asMessages(): Message[] {
    return this.get().map(({ id, role, text, ended, spoken }) => ({
      message_id: id,
      role,
      text,
      created_at: "",
      ...(ended === null ? {} : { ended }),
      ...(spoken === null ? {} : { spoken }),
      replaced: false,
    }));
  }
}

function blank(id: string, role: Entry["role"]): Entry {
  return {
    id,
    role,
    text: "",
    spoken: null,
    ended: null,
    tools: [],
    proposal: null,
    rating: null,
    isUnrated: false,
    isStored: true,
  };
}

function entryOf(message: Message): Entry {
  return {
    ...blank(message.message_id, message.role),
    text: message.text,
    spoken: message.spoken ?? null,
    ended: message.ended ?? null,
    rating: message.feedback?.rating ?? null,
  };
}
