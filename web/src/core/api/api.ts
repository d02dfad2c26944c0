import createClient, { type Client } from "openapi-fetch";
import type { SignIn } from "../auth/sign-in";
import { addressOf, type Config } from "../config";
import { isNetworkLoss, Problem } from "./problem";
import type { paths } from "./schema";
import type {
  Account,
  EndedAvatar,
  GoogleConnection,
  Message,
  OpenConversation,
  Preferences,
  Rating,
  StartedAvatar,
  Summary,
  Transcript,
  UsageReport,
} from "./types";

type Query = Record<string, string | number | undefined>;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const RETRY_SECONDS = [0.5, 1, 2, 4, 8];
const DEADLINE_MS = 40_000;

/** The calls of the API. Each raises `Problem`, or `TypeError` if the network is away. */
export class Api {
  private readonly typed: Client<paths>;

  constructor(
    private readonly config: Config,
    private readonly signIn: SignIn,
  ) {
    this.typed = createClient<paths>({ baseUrl: "", fetch: (request) => this.send(request) });
  }

  /** Send a request with the person's token. After a 401 send it once more, with a new token. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const send = async (renew: boolean): Promise<Response> => {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${await this.signIn.token(renew)}`);
      return fetch(addressOf(this.config, path), { ...init, headers });
    };
    const answer = await send(false);
    return answer.status === 401 ? send(true) : answer;
  }

  startAvatar(body: {
    conversation_id?: string;
    avatar_id?: string;
    voice?: string;
    quality?: "very_high" | "high" | "medium" | "low";
    language?: string;
  }): Promise<StartedAvatar> {
    return this.keyed((headers) => this.typed.POST("/start_avatar", { body, headers }));
  }

  endSession(avatar_session_id: string): Promise<EndedAvatar> {
    return this.keyed((headers) =>
      this.typed.POST("/end_session", { body: { avatar_session_id }, headers }),
    );
  }

  /** Restart the idle timer, and report marks where the API takes them. */
  async keepAlive(avatar_session_id: string, marks: Record<string, number> = {}): Promise<void> {
    const body = { avatar_session_id };
    try {
      const isEmpty = Object.keys(marks).length === 0;
      await this.call("POST", "/keep_alive", { body: isEmpty ? body : { ...body, marks } });
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 422) throw error;
      await this.call("POST", "/keep_alive", { body });
    }
  }

  /** Tell that the page is going away. Sent by a request that outlives the page. */
  leave(avatar_session_id: string, token: string): void {
    void fetch(addressOf(this.config, "/keep_alive"), {
      method: "POST",
      keepalive: true,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ avatar_session_id, leaving: true }),
    }).catch(() => undefined);
  }

  async interrupt(avatar_session_id: string): Promise<void> {
    await this.call("POST", "/speak", { body: { avatar_session_id, interrupt: true } });
  }

  async say(avatar_session_id: string, text: string): Promise<void> {
    await this.call("POST", "/speak", { body: { avatar_session_id, text, wait: false } });
  }

  async stopTurn(conversation_id: string): Promise<void> {
    await this.call("POST", "/chat", { body: { conversation_id, stop: true } });
  }

  conversations(query: { q?: string; cursor?: string; limit?: number } = {}): Promise<{
    conversations: Summary[];
    next?: string | null;
  }> {
    return this.call("GET", "/conversations", { query });
  }

  conversation(id: string): Promise<OpenConversation> {
    return this.call("GET", `/conversations/${id}`);
  }

  messages(id: string, before?: string): Promise<{ messages: Message[]; more: boolean }> {
    return this.call("GET", `/conversations/${id}/messages`, { query: { before } });
  }

  rename(id: string, title: string): Promise<unknown> {
    return this.call("PATCH", `/conversations/${id}`, { body: { title } });
  }

  deleteConversation(id: string): Promise<unknown> {
    return this.call("DELETE", `/conversations/${id}`);
  }

  feedback(id: string, message: string, rating: Rating | null): Promise<unknown> {
    const path = `/conversations/${id}/messages/${message}/feedback`;
    return this.call("PUT", path, { body: { rating } });
  }

  account(): Promise<Account> {
    return this.call("GET", "/account");
  }

  changeAccount(body: { preferences?: Preferences; name?: string }): Promise<Account> {
    return this.call("PATCH", "/account", { body });
  }

  usage(): Promise<UsageReport> {
    return this.call("GET", "/account/usage");
  }

  async exportAccount(): Promise<Blob> {
    const answer = await this.fetch("/account/export");
    if (!answer.ok) throw Problem.of(answer.status, await json(answer));
    return answer.blob();
  }

  deleteAccount(): Promise<unknown> {
    return this.call("DELETE", "/account");
  }

  restoreAccount(): Promise<unknown> {
    return this.call("POST", "/account/restore", { body: {} });
  }

  google(): Promise<GoogleConnection> {
    return this.call("GET", "/connections/google");
  }

  connectGoogle(body: { mail: boolean; calendar: boolean; return_to?: string }): Promise<{
    url: string;
  }> {
    return this.call("POST", "/connections/google", { body });
  }

  switchGoogle(body: { mail?: boolean; calendar?: boolean }): Promise<GoogleConnection> {
    return this.call("PATCH", "/connections/google", { body });
  }

  disconnectGoogle(): Promise<unknown> {
    return this.call("DELETE", "/connections/google");
  }

  async transcribe(wav: Blob, language: string, signal?: AbortSignal): Promise<Transcript> {
    const path = `/voice/transcribe?language=${encodeURIComponent(language)}`;
    const answer = await this.fetch(path, {
      method: "POST",
      headers: { "content-type": "audio/wav" },
      body: wav,
      signal: signal ?? null,
    });
    if (!answer.ok) throw Problem.of(answer.status, await json(answer));
    return (await answer.json()) as Transcript;
  }

  private async call<T>(
    method: Method,
    path: string,
    { query = {}, body }: { query?: Query; body?: unknown } = {},
  ): Promise<T> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && value !== "") search.set(name, String(value));
    const answer = await this.fetch(`${path}${search.size ? `?${search}` : ""}`, {
      method,
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!answer.ok) throw Problem.of(answer.status, await json(answer));
    return (await json(answer)) as T;
  }

  private async send(request: Request): Promise<Response> {
    const path = new URL(request.url, location.origin).pathname;
    return this.fetch(path, {
      method: request.method,
      headers: request.headers,
      body: await request.text(),
    });
  }

  /** Send one intention under one key, until an answer arrives. */
  private async keyed<T>(
    send: (headers: Record<string, string>) => Promise<{
      data?: T;
      error?: unknown;
      response: Response;
    }>,
  ): Promise<T> {
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    for (let attempt = 0; ; attempt++) {
      try {
        const { data, error, response } = await send(headers);
        if (data !== undefined) return data;
        const problem = Problem.of(response.status, error);
        if (problem.code !== "key_in_flight") throw problem;
      } catch (error) {
        if (!isNetworkLoss(error) || attempt >= RETRY_SECONDS.length) throw error;
      }
      await pause(RETRY_SECONDS[attempt] ?? 8);
    }
  }
}

export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

async function json(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return text ? (JSON.parse(text) as unknown) : {};
  } catch {
    return {};
  }
}
