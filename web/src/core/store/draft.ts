import { Value } from "./value";

const KEY = "oprina.drafts";

/** The words in the field of the open conversation. Each conversation keeps its own, over a reload of this tab. */
export class Draft extends Value<string> {
  private conversation: string | null = null;

  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">) {
    super("");
    super.set(this.kept()[""] ?? "");
  }

  override set(words: string): void {
    super.set(words);
    this.keep({ ...this.kept(), [this.conversation ?? ""]: words });
  }

  /** Another conversation is opened, with its own words. */
  open(conversation: string | null): void {
    this.conversation = conversation;
    super.set(this.kept()[conversation ?? ""] ?? "");
  }

  /** The new conversation has got its id. The words stay in the field. */
  name(conversation: string): void {
    if (this.conversation !== null) return;
    this.keep({ ...this.kept(), "": "" });
    this.conversation = conversation;
    this.set(this.get());
  }

  /** The person signs out. */
  clear(): void {
    super.set("");
    this.storage.removeItem(KEY);
  }

  private kept(): Record<string, string> {
    try {
      return JSON.parse(this.storage.getItem(KEY) ?? "{}") as Record<string, string>;
    } catch {
      return {};
    }
  }

  private keep(drafts: Record<string, string>): void {
    const filled = Object.entries(drafts).filter(([, words]) => words !== "");
    try {
      this.storage.setItem(KEY, JSON.stringify(Object.fromEntries(filled)));
    } catch {
      // The storage is full: the words are not kept over a reload.
    }
  }
}
