import createClient, { type Client } from "openapi-fetch";
import type { SignIn } from "../auth/sign-in";
import { addressOf, type Config } from "../config";
import { isNetworkLoss, Problem } from "./problem";
import type { components, paths } from "./schema";
import { ServerClock } from "./server-clock";
import type {
  Account,
  AvatarRequest,
  ConversationPage,
  EndedAvatar,
  GoogleConnection,
  MessagePage,
  OpenConversation,
  Rating,
  StartedAvatar,
  Transcript,
  UsageReport,
} from "./types";

type Schemas = components["schemas"];
type KeyHeaders = Record<string, string>;

/** What `openapi-fetch` returns: data or an error, and the response that carried it. */
interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

const RETRY_SECONDS = [0.5, 1, 2, 4, 8];
const DEADLINE_MS = 40_000;

/** The calls of the API. Each raises `Problem`, or `TypeError` if the network is away. */
export class Api {
  readonly clock = new ServerClock();
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
      const answer = await fetch(addressOf(this.config, path), { ...init, headers });
      this.clock.observe(answer);
      return answer;
    };
    const answer = await send(false);
    return answer.status === 401 ? send(true) : answer;
  }

  // ── the avatar ───────────────────────────────────────────────────────────────────────────────

  startAvatar(body: AvatarRequest): Promise<StartedAvatar> {
    return this.keyed((headers) => this.typed.POST("/start_avatar", { body, headers }));
  }

  endSession(avatar_session_id: string): Promise<EndedAvatar> {
    const body = { avatar_session_id };
    return this.keyed((headers) => this.typed.POST("/end_session", { body, headers }));
  }

  /** Restart the idle timer, and report marks. */
  async keepAlive(avatar_session_id: string, marks: Record<string, number> = {}): Promise<void> {
    const reported = Object.keys(marks).length > 0 ? { marks } : {};
    await answerOf(this.typed.POST("/keep_alive", { body: { avatar_session_id, ...reported } }));
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

  async say(avatar_session_id: string, text: string): Promise<void> {
    const body = { avatar_session_id, text, wait: false };
    await this.keyed((headers) => this.typed.POST("/speak", { body, headers }));
  }

  // ── conversations ────────────────────────────────────────────────────────────────────────────

  async stopTurn(conversation_id: string): Promise<void> {
    await answerOf(this.typed.POST("/chat", { body: { conversation_id, stop: true } }));
  }

  conversations(
    query: { q?: string; cursor?: string; limit?: number } = {},
  ): Promise<ConversationPage> {
    const { q, cursor, limit } = query;
    const params = {
      query: { ...(q ? { q } : {}), ...(cursor ? { cursor } : {}), ...(limit ? { limit } : {}) },
    };
    return answerOf(this.typed.GET("/conversations", { params }));
  }

  conversation(id: string): Promise<OpenConversation> {
    return answerOf(this.typed.GET("/conversations/{conversation_id}", at(id)));
  }

  /** Return the newest messages, or those before a message. */
  messages(id: string, before?: string): Promise<MessagePage> {
    const params = { ...at(id).params, query: before ? { before } : {} };
    return answerOf(this.typed.GET("/conversations/{conversation_id}/messages", { params }));
  }

  async rename(id: string, title: string): Promise<void> {
    const path = "/conversations/{conversation_id}";
    await answerOf(this.typed.PATCH(path, { ...at(id), body: { title } }));
  }

  async deleteConversation(id: string): Promise<void> {
    // The request outlives the page: a person deletes, and closes the tab.
    const outlives = { ...at(id), keepalive: true };
    await answerOf(this.typed.DELETE("/conversations/{conversation_id}", outlives));
  }

  async feedback(id: string, message_id: string, rating: Rating | null): Promise<void> {
    const path = "/conversations/{conversation_id}/messages/{message_id}/feedback";
    const params = { path: { conversation_id: id, message_id } };
    await answerOf(this.typed.PUT(path, { params, body: { rating } }));
  }

  async transcribe(wav: Blob, language: string, signal?: AbortSignal): Promise<Transcript> {
    const path = `/voice/transcribe?language=${encodeURIComponent(language)}`;
    const answer = await this.fetch(path, {
      method: "POST",
      headers: { "content-type": "audio/wav" },
      body: wav,
      signal: signal ?? AbortSignal.timeout(DEADLINE_MS),
    });
    if (!answer.ok) throw Problem.of(answer.status, await answer.json().catch(() => ({})));
    return (await answer.json()) as Transcript;
  }

  // ── account and connections ──────────────────────────────────────────────────────────────────

  account(): Promise<Account> {
    return answerOf(this.typed.GET("/account"));
  }

  changeAccount(body: Schemas["ChangeAccountRequest"]): Promise<Account> {
    return answerOf(this.typed.PATCH("/account", { body }));
  }

  usage(): Promise<UsageReport> {
    return answerOf(this.typed.GET("/account/usage"));
  }

  async exportAccount(): Promise<Blob> {
    const answer = await this.fetch("/account/export");
    if (!answer.ok) throw Problem.of(answer.status, await answer.json().catch(() => ({})));
    return answer.blob();
  }

  async deleteAccount(): Promise<void> {
    await answerOf(this.typed.DELETE("/account"));
  }

  async restoreAccount(): Promise<void> {
    await answerOf(this.typed.POST("/account/restore", { body: {} }));
  }

  google(): Promise<GoogleConnection> {
    return answerOf(this.typed.GET("/connections/google"));
  }

  connectGoogle(body: Schemas["ConnectGoogleRequest"]): Promise<Schemas["ConsentPage"]> {
    return answerOf(this.typed.POST("/connections/google", { body }));
  }

  switchGoogle(body: Schemas["SwitchGoogleRequest"]): Promise<GoogleConnection> {
    return answerOf(this.typed.PATCH("/connections/google", { body }));
  }

  async disconnectGoogle(): Promise<void> {
    await answerOf(this.typed.DELETE("/connections/google"));
  }

  private async send(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url, location.origin);
    const body = await request.text();
    return this.fetch(`${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      keepalive: request.keepalive,
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body ? { body } : {}),
    });
  }

  /** Send one intention under one key, until an answer arrives. */
  private async keyed<T>(send: (headers: KeyHeaders) => Promise<Answer<T>>): Promise<T> {
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    for (let attempt = 0; ; attempt++) {
      try {
        return await answerOf(send(headers));
      } catch (error) {
        const isInFlight = error instanceof Problem && error.code === "key_in_flight";
        const mayRetry = isInFlight || (isNetworkLoss(error) && attempt < RETRY_SECONDS.length);
        if (!mayRetry) throw error;
      }
      await pause(RETRY_SECONDS[attempt] ?? 8);
    }
  }
}

function at(conversation_id: string): { params: { path: { conversation_id: string } } } {
  return { params: { path: { conversation_id } } };
}

async function answerOf<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw Problem.of(response.status, error);
  return data as T;
}

/** Wait. Raises the reason of `signal` if it is aborted meanwhile. */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
