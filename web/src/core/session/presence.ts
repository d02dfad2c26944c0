import { type ActorRefFrom, createActor } from "xstate";
import type { Api } from "../api/api";
import type { RunningAvatar } from "../api/types";
import type { Sound } from "../audio/sound";
import type { Conversation } from "../conversation";
import type { Marks } from "../marks";
import { avatarMachine } from "./avatar-machine";
import { type AvatarSession, runningSession } from "./avatar-session";
import { TabLock } from "./tab-lock";

export interface PresenceDependencies {
  api: Api;
  conversation: Conversation;
  sound: Sound;
  marks: Marks;
  /** Close the microphone: another tab takes over. */
  mute: () => Promise<void>;
  /** A current ID token, for the request that outlives the page. */
  token: () => Promise<string>;
}

const TOKEN_MS = 60_000;
/** The end of the avatar's sound is still on its way when the page begins to play. */
export const TAIL_SECONDS = 0.25;
const LET_GO_MS = 3_000;
/** A message waits this long for an avatar that starts with a new conversation. */
const START_MS = 15_000;
const UNHEARD = ["off", "ending", "ended", "elsewhere"];

/** The avatar in this tab: starts it, shows it, brings it from another tab, ends it, and leaves it. */
export class Presence {
  readonly avatar: ActorRefFrom<typeof avatarMachine>;
  private picture: HTMLVideoElement | null = null;
  private leaveToken = "";

  constructor(private readonly given: PresenceDependencies) {
    const { api, marks, sound } = given;
    this.avatar = createActor(avatarMachine, {
      input: {
        api,
        lock: new TabLock((conversation) => this.letGo(conversation)),
        video: () => this.picture,
        sound: (stream) => sound.output.attach(stream),
        marks: () => marks.take(),
      },
    });
    this.watch();
    this.avatar.start();
    this.keepToken();
  }

  /** The session that runs in this tab. */
  get session(): AvatarSession | null {
    const now = this.avatar.getSnapshot();
    return now.matches("live") ? now.context.session : null;
  }

  /** The person has asked for the avatar, so answers are spoken, by the avatar or without it. */
  get isWanted(): boolean {
    return !UNHEARD.includes(String(this.avatar.getSnapshot().value));
  }

  show(video: HTMLVideoElement | null): void {
    this.picture = video;
  }

  start(): void {
    const { conversation, marks, sound } = this.given;
    marks.begin("start_to_first_frame");
    sound.open();
    const { id } = conversation;
    this.avatar.send({ type: "start", request: id ? { conversation_id: id } : {} });
  }

  bring(): void {
    this.given.sound.open();
    this.avatar.send({ type: "bring" });
  }

  end(): void {
    this.avatar.send({ type: "end" });
  }

  /** The avatar's time ends in the middle of an answer, and the page plays the rest. */
  goOnWithoutFace(): void {
    setTimeout(() => this.avatar.send({ type: "session over" }), TAIL_SECONDS * 1000);
  }

  /** The person goes on: the price of the last session has been seen. */
  goOn(): void {
    this.avatar.send({ type: "go on" });
  }

  /** Another conversation is opened: its avatar is another one. */
  moveTo(conversation: string | null): void {
    const now = this.avatar.getSnapshot();
    const { request, session } = now.context;
    const isStarting = now.matches("starting");
    const current = isStarting ? request.conversation_id : session?.conversationId;
    if ((isStarting || now.matches("live")) && (current ?? null) !== conversation) this.end();
    this.avatar.send({ type: "dismiss" });
  }

  resume(conversation: string, running: RunningAvatar): void {
    const session = runningSession(conversation, running, this.given.api.clock);
    this.avatar.send({ type: "resume", session });
  }

  /** Wait until an avatar that starts is there or refused: it may bring the conversation. */
  async settled(): Promise<void> {
    if (!this.avatar.getSnapshot().matches("starting")) return;
    await this.until((value) => value !== "starting", START_MS);
  }

  /** The page goes away. The session ends soon, unless the page comes back. */
  leave(): void {
    if (this.session && this.leaveToken) this.given.api.leave(this.session.id, this.leaveToken);
  }

  /** The page came back from the browser's cache: take the leaving back. */
  async comeBack(): Promise<void> {
    if (this.session) await this.given.api.keepAlive(this.session.id).catch(() => undefined);
  }

  private async letGo(conversation: string | null): Promise<void> {
    const { session } = this;
    if (!session) return;
    this.given.sound.silence();
    this.given.sound.detach();
    await this.given.mute();
    if (session.conversationId === conversation) {
      this.avatar.send({ type: "let go" });
      return;
    }
    this.end();
    await this.until((value) => value === "ended", LET_GO_MS);
  }

  private watch(): void {
    const { conversation, marks, sound } = this.given;
    this.avatar.subscribe((now) => {
      if (now.matches({ live: { connected: "shown" } })) marks.end("start_to_first_frame");
      const { session } = now.context;
      if (now.matches("live") && session) {
        conversation.name(session.conversationId, null);
        // The person has gone on to another conversation while the avatar started.
        if (conversation.id !== session.conversationId) this.end();
      } else if (!now.matches("starting")) sound.detach();
    });
  }

  private until(holds: (value: unknown) => boolean, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        watch.unsubscribe();
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      const watch = this.avatar.subscribe(({ value }) => {
        if (holds(value)) done();
      });
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
