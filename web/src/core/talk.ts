import { type ActorRefFrom, createActor } from "xstate";
import type { Api } from "./api/api";
import { Problem } from "./api/problem";
import type { ChatRequest, Message, Proposal, Rating } from "./api/types";
import { Output } from "./audio/output";
import { Voice } from "./audio/voice";
import { Marks } from "./marks";
import { type AvatarSession, avatarMachine, runningSession } from "./session/avatar-machine";
import { IdleWatch } from "./session/idle";
import { TabLock } from "./session/tab-lock";
import type { OfflineCopy } from "./store/offline";
import type { Preferences } from "./store/preferences";
import { Value } from "./store/value";
import type { TimedSentence } from "./turn/captions";
import { type Entry, Transcript } from "./turn/transcript";
import { type Turn, turnMachine } from "./turn/turn-machine";

export interface TalkDependencies {
  api: Api;
  preferences: Preferences;
  copy: OfflineCopy;
  /** A current ID token, for the request that outlives the page. */
  token: () => Promise<string>;
}

/** Loading state of the open conversation. */
export interface Opened {
  id: string | null;
  title: string | null;
  state: "new" | "loading" | "ready" | "copy" | "missing";
  more: boolean;
}

const NEW: Opened = { id: null, title: null, state: "new", more: false };
const POLL_MS = 1_000;
const TOKEN_MS = 60_000;

/** One conversation, as the page shows it: its messages, its turn, its avatar, its sound. */
export class Talk {
  readonly opened = new Value<Opened>(NEW);
  readonly transcript = new Transcript();
  /** Sentences with their times, in seconds of `performance.now()`. */
  readonly captions = new Value<readonly TimedSentence[]>([]);
  /** Words that wait in the field, to be looked at before they are sent. */
  readonly draft = new Value<string>("");
  /** Names of the conversations changed. */
  readonly listChanged = new Value(0);
  readonly marks = new Marks();
  /** Seconds until the avatar is paused, while the page asks whether the person is still there. */
  readonly pauseIn = new Value<number | null>(null);
  readonly isBlocked = new Value(false);
  readonly turn: ActorRefFrom<typeof turnMachine>;
  readonly avatar: ActorRefFrom<typeof avatarMachine>;
  readonly voice: Voice;
  private readonly idle: IdleWatch;
  private sounding: Output | null = null;
  private picture: HTMLVideoElement | null = null;
  private leaveToken = "";

  constructor(private readonly given: TalkDependencies) {
    const { api, preferences } = given;
    this.turn = createActor(turnMachine, { input: { api } });
    this.avatar = createActor(avatarMachine, {
      input: {
        api,
        lock: new TabLock((conversation) => this.letGo(conversation)),
        video: () => this.picture,
        sound: (stream) => this.output.attach(stream),
        marks: () => this.marks.take(),
      },
    });
    this.voice = new Voice(api, () => this.output, preferences.get, {
      isSounding: () => this.isSounding,
      interrupt: () => this.stop(),
      say: (words, sure, at) => this.sayHeard(words, sure, at),
    });
    this.watchTurn();
    this.watchAvatar();
    this.turn.start();
    this.avatar.start();
    this.keepToken();
    this.idle = new IdleWatch(
      () =>
        this.session !== null &&
        this.turn.getSnapshot().matches("idle") &&
        !["speech", "words"].includes(this.voice.hearing.get().state),
      this.pauseIn,
      () => void this.end(),
    );
  }

  /** The sound of the page. Made at the first press: browsers then allow it. */
  get output(): Output {
    if (!this.sounding) {
      this.sounding = new Output(() => this.given.preferences.get().speed);
      const { isBlocked } = this.sounding;
      isBlocked.watch(() => this.isBlocked.set(isBlocked.get()));
    }
    return this.sounding;
  }

  get hasOutput(): boolean {
    return this.sounding !== null;
  }

  get session(): AvatarSession | null {
    const snapshot = this.avatar.getSnapshot();
    return snapshot.matches("live") ? snapshot.context.session : null;
  }

  get isSounding(): boolean {
    const { turn } = this.turn.getSnapshot().context;
    return turn.speaking || (this.sounding?.left ?? 0) > 0;
  }

  show(video: HTMLVideoElement | null): void {
    this.picture = video;
  }

  // ── conversations ────────────────────────────────────────────────────────────────────────────

  /** Show a conversation, or a new one. This starts no avatar, but takes a running one up again. */
  async open(id: string | null): Promise<void> {
    if (id !== null && id === this.opened.get().id) return;
    this.turn.send({ type: "forget" });
    this.sounding?.silence();
    if (this.session && this.session.conversationId !== id) this.avatar.send({ type: "end" });
    this.avatar.send({ type: "dismiss" });
    this.captions.set([]);
    this.transcript.set([]);
    this.opened.set(id ? { ...NEW, id, state: "loading" } : NEW);
    if (id) await this.load(id);
  }

  async loadEarlier(): Promise<void> {
    const { id } = this.opened.get();
    const first = this.transcript.get()[0];
    if (!id || !first) return;
    const page = await this.given.api.messages(id, first.id);
    this.transcript.prepend(page.messages);
    this.opened.change((now) => ({ ...now, more: page.more }));
  }

  rename(title: string): void {
    this.opened.change((now) => ({ ...now, title }));
  }

  private async load(id: string): Promise<void> {
    const { api, copy } = this.given;
    try {
      const [conversation, page] = await Promise.all([api.conversation(id), api.messages(id)]);
      if (this.opened.get().id !== id) return;
      this.transcript.load(page.messages);
      this.opened.set({ id, title: conversation.title, state: "ready", more: page.more });
      void copy.putMessages(id, page.messages);
      if (conversation.avatar)
        this.avatar.send({ type: "resume", session: runningSession(id, conversation.avatar) });
      if (conversation.last_turn?.state === "running") void this.followTurn(id);
      const waiting = conversation.last_turn?.proposal;
      if (waiting) this.attachProposal(waiting);
    } catch (error) {
      if (this.opened.get().id !== id) return;
      const isMissing = error instanceof Problem && error.status === 404;
      const kept: Message[] = isMissing ? [] : await copy.messages(id);
      this.transcript.load(kept);
      this.opened.set({ ...NEW, id, state: isMissing ? "missing" : "copy" });
    }
  }

  /** Wait for a turn that this page did not start, and show its answer. */
  private async followTurn(id: string): Promise<void> {
    const { api } = this.given;
    while (this.opened.get().id === id && this.turn.getSnapshot().matches("idle")) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const conversation = await api.conversation(id).catch(() => null);
      if (conversation?.last_turn?.state === "running") continue;
      const page = await api.messages(id);
      if (this.opened.get().id === id && this.turn.getSnapshot().matches("idle"))
        this.transcript.load(page.messages);
      return;
    }
  }

  private attachProposal(proposal: Proposal): void {
    const last = this.transcript.get().findLast((each) => each.role === "assistant");
    if (last) this.transcript.edit(last.id, { proposal });
  }

  // ── talking ──────────────────────────────────────────────────────────────────────────────────

  /** Send words of the person. */
  say(words: string): void {
    this.marks.begin("key_to_first_text");
    this.ask({ message: words }, words);
  }

  /** Send the message of a turn that failed once more, as a new intention. */
  retry(turn: Turn): void {
    if (turn.questionId) this.transcript.cutAt(turn.questionId);
    else this.transcript.cutAt(`${turn.turnId ?? turn.key}-0`);
    this.ask(turn.request, turn.question);
  }

  regenerate(entry: Entry): void {
    this.transcript.cutAt(entry.id);
    this.ask({ regenerate: true }, null);
  }

  edit(entry: Entry, words: string): void {
    this.transcript.cutAt(entry.id);
    this.ask({ edit: entry.id, message: words }, words);
  }

  answer(entry: Entry, yes: boolean): void {
    if (!entry.proposal) return;
    this.ask({ confirm: entry.proposal.id, yes }, null);
    this.transcript.edit(entry.id, { proposal: null });
  }

  rate(entry: Entry, rating: Rating | null): void {
    const { id } = this.opened.get();
    this.transcript.edit(entry.id, { rating });
    if (id) void this.given.api.feedback(id, entry.id, rating).catch(() => undefined);
  }

  /** Speak a part of an answer that was not said. */
  sayAgain(words: string): void {
    if (this.session) void this.given.api.say(this.session.id, words).catch(() => undefined);
  }

  /** Stop the answer: its sound at once, its turn at the server. */
  stop(): void {
    this.marks.begin("interruption_to_silence");
    this.sounding?.silence();
    this.marks.end("interruption_to_silence");
    this.captions.set([]);
    const snapshot = this.turn.getSnapshot();
    const id = snapshot.context.turn.conversationId ?? this.opened.get().id;
    if (snapshot.matches("idle")) return;
    if (id) void this.given.api.stopTurn(id).catch(() => undefined);
    else this.turn.send({ type: "cut" });
  }

  private ask(request: ChatRequest, question: string | null): void {
    const { preferences } = this.given;
    this.idle.restart();
    const conversation = this.opened.get().id;
    this.sounding?.silence();
    this.sounding?.restore();
    this.captions.set([]);
    const isHeard = preferences.get().sound && this.voice.isOpen;
    const speak = this.session ? undefined : isHeard ? "audio" : false;
    this.turn.send({
      type: "ask",
      key: crypto.randomUUID(),
      question,
      request: {
        ...request,
        ...(conversation ? { conversation_id: conversation } : {}),
        ...(speak === undefined ? {} : { speak }),
      },
    });
  }

  private sayHeard(words: string, sure: boolean, lastWordAt: number): void {
    if (!sure || this.given.preferences.get().check) {
      this.draft.set(words);
      return;
    }
    this.marks.begin("last_word_to_first_text", lastWordAt);
    this.marks.begin("last_word_to_first_sound", lastWordAt);
    this.ask({ message: words }, words);
  }

  // ── the avatar ───────────────────────────────────────────────────────────────────────────────

  /** Begin to talk: sound, avatar and microphone. Called by a press of the person. */
  async begin(): Promise<void> {
    void this.output.open();
    this.output.restore();
    if (this.given.preferences.get().video) this.startAvatar();
    await this.voice.open();
  }

  /** Open the microphone alone, without the avatar. */
  async listen(): Promise<void> {
    void this.output.open();
    this.output.restore();
    await this.voice.open();
  }

  /** The person is there: go on. */
  stay(): void {
    this.idle.restart();
  }

  startAvatar(): void {
    const { id } = this.opened.get();
    this.marks.begin("start_to_first_frame");
    void this.output.open();
    this.avatar.send({ type: "start", request: id ? { conversation_id: id } : {} });
  }

  bring(): void {
    void this.output.open();
    this.avatar.send({ type: "bring" });
  }

  async end(): Promise<void> {
    this.stop();
    this.avatar.send({ type: "end" });
    await this.voice.close();
  }

  /** The page goes away. The session ends soon, unless the page comes back. */
  leave(): void {
    if (this.session && this.leaveToken) this.given.api.leave(this.session.id, this.leaveToken);
  }

  /** The page came back from the browser's cache: take the leaving back. */
  async comeBack(): Promise<void> {
    if (this.session) await this.given.api.keepAlive(this.session.id).catch(() => undefined);
  }

  async dispose(): Promise<void> {
    await this.end();
    this.turn.stop();
  }

  private async letGo(conversation: string | undefined): Promise<void> {
    const session = this.session;
    if (!session) return;
    this.sounding?.silence();
    this.sounding?.detach();
    await this.voice.close();
    if (session.conversationId === conversation) {
      this.avatar.send({ type: "let go" });
      return;
    }
    this.avatar.send({ type: "end" });
    await new Promise<void>((resolve) => {
      const watch = this.avatar.subscribe((now) => now.matches("ended") && resolve());
      setTimeout(() => {
        watch.unsubscribe();
        resolve();
      }, 3_000);
    });
  }

  // ── what the machines tell ───────────────────────────────────────────────────────────────────

  private watchTurn(): void {
    this.turn.on("text", () => {
      this.marks.end("last_word_to_first_text");
      this.marks.end("key_to_first_text");
    });
    this.turn.on("speech", ({ event }) => {
      if (event.state === "interrupted") this.captions.set([]);
      if (event.state !== "started") return;
      this.sounding?.restore();
      this.marks.end("last_word_to_first_sound");
      const now = performance.now() / 1000;
      const timed = (event.sentences ?? []).map((each) => ({
        text: each.text,
        from: now + each.offset,
        seconds: each.seconds,
      }));
      this.captions.set(timed);
    });
    this.turn.on("audio", ({ event }) => {
      this.output.restore();
      const piece = this.output.play(event.data, event.text);
      this.marks.end("last_word_to_first_sound");
      const from = performance.now() / 1000 + piece.from - this.output.now;
      this.captions.change((all) => [...all, { ...piece, from }]);
    });
    this.turn.on("over", ({ turn }) => this.settle(turn));
    this.turn.subscribe(({ context: { turn } }) => {
      const { id } = this.opened.get();
      const title = turn.question ?? null;
      if (turn.conversationId && id === null)
        this.opened.set({ ...NEW, id: turn.conversationId, title, state: "ready" });
      else if (title && turn.conversationId === id && this.opened.get().title === null)
        this.rename(title);
    });
  }

  private settle(turn: Turn): void {
    this.transcript.add(turn);
    const { id } = this.opened.get();
    if (!id) return;
    this.listChanged.change((count) => count + 1);
    void this.given.copy.putMessages(id, this.transcript.asMessages());
  }

  private watchAvatar(): void {
    this.avatar.subscribe((now) => {
      if (now.matches({ live: { connected: "shown" } })) this.marks.end("start_to_first_frame");
      const { session } = now.context;
      if (now.matches("live") && session && this.opened.get().id === null)
        this.opened.set({ ...NEW, id: session.conversationId, state: "ready" });
      if (["ended", "refused", "elsewhere", "off"].some((each) => now.value === each))
        this.sounding?.detach();
    });
  }

  /** Keep a token ready: a page that goes away cannot wait for one. */
  private keepToken(): void {
    const renew = (): void => {
      this.given.token().then(
        (token) => {
          this.leaveToken = token;
        },
        () => undefined,
      );
    };
    renew();
    setInterval(renew, TOKEN_MS);
  }
}
