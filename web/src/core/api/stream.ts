import { EventSourceParserStream } from "eventsource-parser/stream";
import { type Api, pause } from "./api";
import { isNetworkLoss, Problem } from "./problem";
import type { ChatEvent, ChatRequest } from "./types";

const BACKOFF_SECONDS = [0.5, 1, 2, 4, 5];
/** The server sends something at least every 15 s. */
const SILENCE_MS = 25_000;
const TRANSIENT = new Set([429, 500, 502, 503, 504]);

export interface Connection {
  /** The network is away. The turn is sent again under the same key. */
  lost: () => void;
}

/**
 * Send one turn, and yield its events.
 *
 * If the network is lost before `done`, the same request is sent again with the same key: the server
 * then answers with the same turn, from its first event. Raises `Problem`.
 */
export async function* chatEvents(
  api: Api,
  request: ChatRequest,
  key: string,
  connection: Connection,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  for (let attempt = 0; ; attempt++) {
    try {
      for await (const event of oneStream(api, request, key, signal)) {
        yield event;
        if (event.event === "done") return;
      }
      throw new TypeError("The stream ended early");
    } catch (error) {
      if (signal.aborted) throw error;
      const wait = waitBefore(error, attempt);
      if (wait === null) throw error;
      if (isNetworkLoss(error)) connection.lost();
      await untilOnline(wait, signal);
    }
  }
}

/** Return the seconds to wait before the next attempt, or null if another attempt does not help. */
function waitBefore(error: unknown, attempt: number): number | null {
  const backoff = BACKOFF_SECONDS[Math.min(attempt, BACKOFF_SECONDS.length - 1)] ?? 5;
  if (isNetworkLoss(error)) return backoff;
  if (error instanceof Problem && error.code === "key_in_flight") return error.retryAfter ?? 1;
  const wasFrontEnd = error instanceof Problem && error.code === "internal";
  return wasFrontEnd && TRANSIENT.has(error.status) && attempt < 2 ? backoff : null;
}

async function* oneStream(
  api: Api,
  request: ChatRequest,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const answer = await api.fetch("/chat", {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      "Idempotency-Key": key,
    },
    body: JSON.stringify(request),
    signal,
  });
  if (!answer.ok || !answer.body)
    throw Problem.of(answer.status, await answer.json().catch(() => ({})));
  const reader = answer.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (;;) {
      const { done, value } = await withDeadline(reader.read());
      if (done) return;
      if (value.event)
        yield { ...(JSON.parse(value.data) as object), event: value.event } as ChatEvent;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TypeError("The stream is silent")), SILENCE_MS) as never;
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function untilOnline(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds, signal);
  if (navigator.onLine) return;
  await new Promise<void>((resolve, reject) => {
    addEventListener("online", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
