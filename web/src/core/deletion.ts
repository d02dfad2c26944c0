import type { Api } from "./api/api";
import { Problem } from "./api/problem";
import type { Summary } from "./api/types";
import type { OfflineCopy } from "./store/offline";
import { Value } from "./store/value";

export const UNDO_SECONDS = 8;

export interface DeletionDependencies {
  api: Pick<Api, "deleteConversation">;
  copy: Pick<OfflineCopy, "remove">;
  /** The time to take it back is over: another conversation is shown in its place. */
  begun: (id: string) => void;
  /** The list has changed at the server, or shows the conversation again. */
  ended: () => void;
}

/**
 * Deletes a conversation 8 seconds after the person has asked for it. Until then it can be taken back.
 *
 * It belongs to no part of the page, so it goes on when the list is closed.
 */
export class Deletion {
  /** The conversation whose deletion can be taken back. */
  readonly pending = new Value<Summary | null>(null);
  /** Seconds in which it can be taken back. */
  readonly left = new Value(0);
  /** Conversations that the list does not show: each waits for its deletion, or for the answer to it. */
  readonly hidden = new Value<readonly string[]>([]);
  /** The last deletion failed: the conversation is still there. */
  readonly isFailed = new Value(false);
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly given: DeletionDependencies) {}

  /** Delete this conversation soon. One that waits already is deleted at once. */
  remove(conversation: Summary): void {
    void this.run();
    this.isFailed.set(false);
    this.hidden.change((ids) => [...ids, conversation.conversation_id]);
    this.pending.set(conversation);
    this.left.set(UNDO_SECONDS);
    this.timer = setInterval(() => {
      this.left.change((now) => now - 1);
      if (this.left.get() <= 0) void this.run();
    }, 1000);
  }

  undo(): void {
    const id = this.take();
    if (id) this.show(id);
  }

  /** Delete what waits, now: the time is over, or the page goes away. */
  async run(): Promise<void> {
    const id = this.take();
    if (!id) return;
    const { api, copy, begun, ended } = this.given;
    begun(id);
    const isDeleted = await api.deleteConversation(id).then(
      () => true,
      (error: unknown) => error instanceof Problem && error.status === 404,
    );
    if (isDeleted) await copy.remove(id);
    else {
      this.isFailed.set(true);
      this.show(id);
    }
    ended();
  }

  private take(): string | undefined {
    clearInterval(this.timer);
    const id = this.pending.get()?.conversation_id;
    this.pending.set(null);
    return id;
  }

  private show(id: string): void {
    this.hidden.change((ids) => ids.filter((each) => each !== id));
  }
}
