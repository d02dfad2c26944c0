import type { Api } from "./api/api";
import { Problem } from "./api/problem";
import type { LastTurn, Message, OpenConversation, Rating } from "./api/types";
import type { OfflineCopy } from "./store/offline";
import { Value } from "./store/value";
import { type Entry, Transcript } from "./turn/transcript";
import type { Turn } from "./turn/turn";

/** Loading state of the open conversation. */
export interface Opened {
  id: string | null;
  title: string | null;
  state: "new" | "loading" | "ready" | "copy" | "missing";
  more: boolean;
}

const NEW: Opened = { id: null, title: null, state: "new", more: false };

/** The open conversation as it is stored: its title, its messages, and the copy on this machine. */
export class Conversation {
  readonly opened = new Value<Opened>(NEW);
  readonly transcript = new Transcript();
  /** Counts changes of the list of conversations. */
  readonly listChanged = new Value(0);

  constructor(
    private readonly api: Api,
    private readonly copy: OfflineCopy,
  ) {}

  get id(): string | null {
    return this.opened.get().id;
  }

  /** Show a conversation without its messages, or a new one. */
  clear(id: string | null): void {
    this.transcript.set([]);
    this.opened.set(id ? { ...NEW, id, state: "loading" } : NEW);
  }

  /** Load the messages. Returns null if that failed, or if another conversation is open by then. */
  async load(id: string): Promise<OpenConversation | null> {
    try {
      const [found, page] = await Promise.all([this.api.conversation(id), this.api.messages(id)]);
      if (this.id !== id) return null;
      this.transcript.load(page.messages);
      this.opened.set({ id, title: found.title, state: "ready", more: page.more });
      if (found.last_turn) this.showProposal(found.last_turn);
      void this.copy.putMessages(id, page.messages);
      return found;
    } catch (error) {
      if (this.id === id) await this.loadCopy(id, error);
      return null;
    }
  }

  /** Load the messages again if there are newer ones, or if the copy is shown. Returns null otherwise. */
  async refresh(): Promise<OpenConversation | null> {
    const { id, state } = this.opened.get();
    if (!id || (state !== "ready" && state !== "copy")) return null;
    if (state === "copy") return this.load(id);
    const found = await this.api.conversation(id).catch(() => null);
    const last = found?.last_turn;
    if (!last || this.id !== id || this.knows(last)) return null;
    return this.load(id);
  }

  /** Load the messages before those that are shown. Returns false if that failed. */
  async loadEarlier(): Promise<boolean> {
    const { id } = this;
    const first = this.transcript.get()[0];
    if (!id || !first) return true;
    const page = await this.api.messages(id, first.id).catch(() => null);
    // Another conversation is open, or another press has loaded them.
    if (page && this.id === id && this.transcript.get()[0]?.id === first.id) {
      this.transcript.prepend(page.messages);
      this.opened.change((now) => ({ ...now, more: page.more }));
    }
    return page !== null;
  }

  /** A new conversation has got its id, and its title with the first message. */
  name(id: string, title: string | null): void {
    const now = this.opened.get();
    if (now.id === null) this.opened.set({ ...NEW, id, title, state: "ready" });
    else if (now.id === id && now.title === null && title !== null) this.rename(title);
  }

  rename(title: string): void {
    this.opened.change((now) => ({ ...now, title }));
  }

  /** Rate an answer. A rating that is refused is taken back, and the answer says so. */
  async rate({ id, rating: before }: Entry, rating: Rating | null): Promise<void> {
    this.transcript.edit(id, { rating, isUnrated: false });
    try {
      if (this.id) await this.api.feedback(this.id, id, rating);
    } catch {
      const now = this.transcript.get().find((each) => each.id === id);
      if (now?.rating === rating) this.transcript.edit(id, { rating: before, isUnrated: true });
    }
  }

  /** Add a turn that ended. */
  settle(turn: Turn): void {
    this.transcript.add(turn);
    if (!this.id) return;
    this.listChanged.change((count) => count + 1);
    void this.copy.putMessages(this.id, this.transcript.asMessages());
    if (this.opened.get().title === turn.question) void this.loadTitle(this.id);
  }

  /** Take the title that the server has made of the first message. */
  private async loadTitle(id: string): Promise<void> {
    const found = await this.api.conversation(id).catch(() => null);
    if (found && this.id === id) this.rename(found.title);
  }

  /** Return whether the newest turn is shown, with its answer if it has one. */
  private knows({ user_message_id, message_id }: LastTurn): boolean {
    const ids = new Set(this.transcript.get().map((each) => each.id));
    return [user_message_id, message_id].every((each) => !each || ids.has(each));
  }

  private async loadCopy(id: string, error: unknown): Promise<void> {
    const isMissing = error instanceof Problem && error.status === 404;
    const kept: Message[] = isMissing ? [] : await this.copy.messages(id);
    const list = isMissing ? [] : await this.copy.conversations();
    if (this.id !== id) return;
    this.transcript.load(kept);
    const title = list.find((each) => each.conversation_id === id)?.title ?? null;
    this.opened.set({ ...NEW, id, title, state: isMissing ? "missing" : "copy" });
  }

  private showProposal({ proposal, message_id }: LastTurn): void {
    if (proposal && message_id) this.transcript.edit(message_id, { proposal });
  }
}
