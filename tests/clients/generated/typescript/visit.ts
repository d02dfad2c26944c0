// The visit of python_client.py, with types that openapi-typescript generated and the client openapi-fetch.
import { EventSourceParserStream } from "eventsource-parser/stream";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./built/schema.d.ts";

type ChatAnswer = components["schemas"]["ChatAnswer"];
type ChatEvent = components["schemas"]["ChatEvent"];
type Given = { url: string; token: string; hosts: Record<string, string>; client: string; recording: string };
type ClientOf = (name: string) => Client<paths>;

const given: Given = JSON.parse(process.argv[2] ?? "");
const recording = new Blob([Buffer.from(given.recording, "base64")], { type: "audio/wav" });
const isOneHost = Object.keys(given.hosts).length === 0;
const layouts: Record<string, (name: string) => string> = isOneHost
  ? { "make run with /api": () => `${given.url}/api`, "make run": () => given.url }
  : { "a host per function": (name) => given.hosts[name] ?? "" };

function check(holds: unknown, seen: unknown): asserts holds {
  if (!holds) throw new Error(`saw ${JSON.stringify(seen)}`);
}

/** Run one call and print its row, as tests/clients/report.py does. */
async function row(client: string, call: string, run: () => Promise<void>): Promise<void> {
  const [result, detail] = await run().then(
    () => ["ok", ""],
    (error: unknown) => ["failed", String(error)],
  );
  console.log(`client-row ${JSON.stringify({ client, call, result, detail, events: [] })}`);
}

/** Return the data of an answer, or throw its problem. */
function data<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  check(answer.data !== undefined, answer.error ?? answer.response.status);
  return answer.data;
}

/** Return the answer of a turn that was not asked for as a stream. */
function reply(answer: { data?: ChatAnswer | ChatEvent; error?: unknown; response: Response }): ChatAnswer {
  const found = data(answer);
  check(!("event" in found), found);
  return found;
}

async function events(client: Client<paths>, body: components["schemas"]["ChatRequest"]): Promise<ChatEvent[]> {
  const answer = await client.POST("/chat", { body, headers: { accept: "text/event-stream" }, parseAs: "stream" });
  const stream = data(answer);
  check(stream, "no stream");
  const found: ChatEvent[] = [];
  const text = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  for await (const { event, data } of text.pipeThrough(new EventSourceParserStream())) {
    found.push({ event, ...JSON.parse(data) } as ChatEvent);
  }
  return found;
}

function form(parts: Record<string, Blob | string>): FormData {
  const body = new FormData();
  for (const [name, part] of Object.entries(parts)) body.append(name, part);
  return body;
}

async function visit(client: string, of: ClientOf): Promise<void> {
  let session = "";
  let conversation_id = "";
  await row(client, "health", async () => {
    check(data(await of("health").GET("/health")).status === "ok", "not ok");
  });
  await row(client, "start_avatar", async () => {
    const started = data(await of("start_avatar").POST("/start_avatar", { body: { quality: "medium" } }));
    session = started.avatar_session_id;
    conversation_id = started.conversation_id;
    check(started.livekit_url.startsWith("ws"), started);
  });
  await visitChat(client, of, conversation_id);
  await visitSession(client, of, session);
  await visitConversations(client, of, conversation_id);
  await visitAccount(client, of);
  await visitVoice(client, of);
  await visitRefusals(client, of);
}

async function visitChat(client: string, of: ClientOf, conversation_id: string): Promise<void> {
  await row(client, "chat: one answer", async () => {
    const params = { header: { "Idempotency-Key": conversation_id } };
    const body = { message: "Hello.", conversation_id, speak: false };
    const answer = reply(await of("chat").POST("/chat", { body, params }));
    check(answer.text && answer.ended === "complete", answer);
    const again = reply(await of("chat").POST("/chat", { body, params }));
    check(again.message_id === answer.message_id, again);
  });
  await row(client, "chat: a stream, spoken", async () => {
    const found = await events(of("chat"), { message: "Hello again.", conversation_id });
    const names = found.map((each) => each.event);
    check(names[0] === "turn" && names.at(-1) === "done", names);
    for (const name of ["text", "sentence", "speech", "usage"] as const) check(names.includes(name), names);
    const last = found.at(-1);
    check(last?.event === "done" && last.ended === "complete", last);
  });
  await row(client, "chat: a recording", async () => {
    const request = { conversation_id, speak: false };
    const json = new Blob([JSON.stringify(request)], { type: "application/json" });
    const answer = await of("chat").POST("/chat", {
      body: { audio: "", request },
      bodySerializer: () => form({ request: json, audio: recording }),
    });
    check(reply(answer).ended === "complete", answer);
  });
}

async function visitSession(client: string, of: ClientOf, avatar_session_id: string): Promise<void> {
  await row(client, "keep_alive", async () => {
    data(await of("keep_alive").POST("/keep_alive", { body: { avatar_session_id } }));
  });
  await row(client, "speak", async () => {
    const body = { avatar_session_id, text: "Good.", wait: false };
    data(await of("speak").POST("/speak", { body }));
  });
  await row(client, "end_session", async () => {
    const ended = data(await of("end_session").POST("/end_session", { body: { avatar_session_id } }));
    check(ended.avatar_session_id === avatar_session_id, ended);
  });
}

async function visitConversations(client: string, of: ClientOf, conversation_id: string): Promise<void> {
  const conversations = of("conversations");
  const path = { conversation_id };
  await row(client, "conversations: rename, list, read", async () => {
    const at = "/conversations/{conversation_id}";
    data(await conversations.PATCH(at, { params: { path }, body: { title: "A good talk" } }));
    const query = { limit: 5, q: "good" };
    const listed = data(await conversations.GET("/conversations", { params: { query } }));
    check(listed.conversations.some((each) => each.conversation_id === conversation_id), listed);
    const read = data(await conversations.GET(at, { params: { path } }));
    check(read.title === "A good talk", read);
  });
  await row(client, "conversations: messages and feedback", async () => {
    const page = data(
      await conversations.GET("/conversations/{conversation_id}/messages", {
        params: { path, query: { limit: 2 } },
      }),
    );
    const last = page.messages.at(-1);
    check(page.messages.length === 2 && page.more && last, page);
    data(
      await conversations.PUT("/conversations/{conversation_id}/messages/{message_id}/feedback", {
        params: { path: { ...path, message_id: last.message_id } },
        body: { rating: "good" },
      }),
    );
  });
}

async function visitAccount(client: string, of: ClientOf): Promise<void> {
  const account = of("account");
  await row(client, "account: change, leave, reset", async () => {
    data(await account.PATCH("/account", { body: { preferences: { speed: 1.25 } } }));
    const kept = data(await account.PATCH("/account", { body: { name: "Ada" } }));
    check(kept.preferences.speed === 1.25, kept);
    data(await account.PATCH("/account", { body: { preferences: { speed: null } } }));
    const read = data(await account.GET("/account"));
    check(read.preferences.speed === undefined, read);
  });
  await row(client, "account: usage and export", async () => {
    check(data(await account.GET("/account/usage")).months.length > 0, "no months");
    data(await account.GET("/account/export", { parseAs: "text" }));
  });
}

async function visitVoice(client: string, of: ClientOf): Promise<void> {
  await row(client, "voice: synthesize", async () => {
    const body = { text: "Hello there." };
    const sound = data(await of("voice").POST("/voice/synthesize", { body, parseAs: "arrayBuffer" }));
    check(Buffer.from(sound).subarray(0, 4).toString() === "RIFF", sound);
  });
  await row(client, "voice: transcribe a form and a file", async () => {
    const query = { language: "en-US" };
    const raw = await of("voice").POST("/voice/transcribe", {
      body: "",
      bodySerializer: () => recording,
      headers: { "content-type": "audio/wav" },
      params: { query },
    });
    check(data(raw).text, raw);
    const sent = await of("voice").POST("/voice/transcribe", {
      body: { audio: "" },
      bodySerializer: () => form({ audio: recording, language: "en-US" }),
    });
    check(data(sent).text, sent);
  });
}

async function visitRefusals(client: string, of: ClientOf): Promise<void> {
  await row(client, "problems: 404, 422", async () => {
    const ended = await of("end_session").POST("/end_session", { body: { avatar_session_id: "missing" } });
    check(ended.error?.code === "not_found", ended);
    const turn = await of("chat").POST("/chat", { body: { message: "" } });
    check(turn.error?.errors?.[0]?.field === "message", turn);
  });
}

for (const [layout, addressOf] of Object.entries(layouts)) {
  const headers = { authorization: `Bearer ${given.token}` };
  await visit(`${given.client}, ${layout}`, (name) => createClient<paths>({ baseUrl: addressOf(name), headers }));
}
