import type { Message, Summary } from "../api/types";

const DATABASE = "oprina";
const TABLES = ["conversations", "messages"] as const;
/** Whose copies are kept: a uid. Before the uid of a person whose account is deleted stands `OFF`. */
const OWNER = "oprina.copy";
const OFF = "off ";
type Table = (typeof TABLES)[number];

/**
 * Conversations that were read before, for reading without a network. One person at a time.
 *
 * Everything is removed at sign-out, at the deletion of the account, and for another person.
 */
export class OfflineCopy {
  private opened: Promise<IDBDatabase> | null = null;
  private isOff = false;

  /** Keep copies for this person. Copies of another person are removed. */
  async use(uid: string): Promise<void> {
    const owner = localStorage.getItem(OWNER);
    this.isOff = owner === `${OFF}${uid}`;
    if (this.isOff || owner === uid) return;
    await this.wipe();
    localStorage.setItem(OWNER, uid);
  }

  /** Remove the copies, and keep none of this person until `resume`. */
  async stop(uid: string): Promise<void> {
    this.isOff = true;
    await this.wipe();
    localStorage.setItem(OWNER, `${OFF}${uid}`);
  }

  async resume(uid: string): Promise<void> {
    localStorage.removeItem(OWNER);
    await this.use(uid);
  }

  async putConversations(conversations: Summary[]): Promise<void> {
    for (const each of conversations) await this.put("conversations", each.conversation_id, each);
  }

  async conversations(): Promise<Summary[]> {
    const all = await this.run<Summary[]>("conversations", "readonly", (table) => table.getAll());
    return (all ?? []).sort((a, b) => b.updated_at.localeCompare(a.updated_at));
  }

  async putMessages(conversation: string, messages: Message[]): Promise<void> {
    await this.put("messages", conversation, messages);
  }

  async messages(conversation: string): Promise<Message[]> {
    const get = (table: IDBObjectStore): IDBRequest<Message[]> => table.get(conversation);
    return (await this.run<Message[]>("messages", "readonly", get)) ?? [];
  }

  async remove(conversation: string): Promise<void> {
    for (const table of TABLES)
      await this.run(table, "readwrite", (each) => each.delete(conversation));
  }

  async wipe(): Promise<void> {
    localStorage.removeItem(OWNER);
    for (const table of TABLES) await this.run(table, "readwrite", (each) => each.clear());
  }

  private async put(table: Table, key: string, value: unknown): Promise<void> {
    if (!this.isOff) await this.run(table, "readwrite", (each) => each.put(value, key));
  }

  private async run<T>(
    name: Table,
    mode: IDBTransactionMode,
    work: (table: IDBObjectStore) => IDBRequest<T> | IDBRequest<undefined> | IDBRequest,
  ): Promise<T | undefined> {
    try {
      const database = await this.open();
      const table = database.transaction(name, mode).objectStore(name);
      return (await done(work(table))) as T;
    } catch {
      return undefined; // a private window has no storage: the page works without copies
    }
  }

  private open(): Promise<IDBDatabase> {
    this.opened ??= (() => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        for (const table of TABLES) request.result.createObjectStore(table);
      };
      return done(request);
    })();
    return this.opened;
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
