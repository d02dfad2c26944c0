import type { Api } from "./api/api";
import type { ChatRequest, Rating } from "./api/types";
import type { Output } from "./audio/output";
import { Sound } from "./audio/sound";
import { Voice } from "./audio/voice";
import { Conversation } from "./conversation";
import { Deletion } from "./deletion";
import { Marks } from "./marks";
import type { AvatarSession } from "./session/avatar-session";
import { IdleWatch } from "./session/idle";
import { Presence } from "./session/presence";
import { Draft } from "./store/draft";
import type { OfflineCopy } from "./store/offline";
import type { Preferences } from "./store/preferences";
import { Value } from "./store/value";
import { Dialogue } from "./turn/dialogue";
import { Outbox } from "./turn/outbox";
import type { Entry } from "./turn/transcript";
import type { Turn } from "./turn/turn";

export interface TalkDependencies {
  api: Api;
  preferences: Preferences;
  copy: OfflineCopy;
  /** A current ID token, for the request that outlives the page. */
  token: () => Promise<string>;
}

/**
 * One conversation, as the page shows it. Joins what belongs together when a person talks: the stored
 * conversation, the dialogue, the avatar's presence, the microphone and the sound.
 */
export class Talk {
  /** Words in the field that are not sent yet. */
  readonly draft = new Draft(sessionStorage);
  /** Counts words that were heard and put into the field, for the person to look at. */
  readonly heard = new Value(0);
  /** Seconds until the avatar is paused, while the page asks whether the person is still there. */
  readonly pauseIn = new Value<number | null>(null);
  readonly marks = new Marks();
  readonly conversation: Conversation;
  readonly deletion: Deletion;
  readonly dialogue: Dialogue;
  readonly presence: Presence;
  readonly voice: Voice;
  private readonly sound: Sound;
  private readonly idle: IdleWatch;

  constructor(private readonly given: TalkDependencies) {
    const { api, preferences, copy, token } = given;
    const { marks } = this;
    this.sound = new Sound(() => preferences.get().speed);
    this.conversation = new Conversation(api, copy);
    this.opened.watch(() => {
      if (this.conversation.id) this.draft.name(this.conversation.id);
    });
    this.deletion = new Deletion({
      api,
      copy,
      begun: (id) => {
        if (id === this.conversation.id) void this.open(null);
      },
      ended: () => this.listChanged.change((count) => count + 1),
    });
    const shared = { api, conversation: this.conversation, sound: this.sound, marks };
    this.presence = new Presence({ ...shared, token, mute: () => this.voice.close() });
    this.dialogue = new Dialogue({
      ...shared,
      outbox: new Outbox(sessionStorage),
      place: () => this.place(),
      goOnWithoutFace: () => this.presence.goOnWithoutFace(),
    });
    this.voice = new Voice(api, () => this.sound.output, preferences.get, {
      isSounding: () => this.dialogue.isSounding,
      interrupt: () => this.stop(),
      say: (words, sure, at) => this.sayHeard(words, sure, at),
    });
    this.idle = new IdleWatch(
      () => this.isQuiet,
      this.pauseIn,
      () => void this.end(),
    );
  }

  // ── what the page shows ──────────────────────────────────────────────────────────────────────

  get opened(): Conversation["opened"] {
    return this.conversation.opened;
  }

  get transcript(): Conversation["transcript"] {
    return this.conversation.transcript;
  }

  get listChanged(): Conversation["listChanged"] {
    return this.conversation.listChanged;
  }

  get captions(): Dialogue["captions"] {
    return this.dialogue.captions;
  }

  get turn(): Dialogue["turn"] {
    return this.dialogue.turn;
  }

  get avatar(): Presence["avatar"] {
    return this.presence.avatar;
  }

  get session(): AvatarSession | null {
    return this.presence.session;
  }

  get isBlocked(): Sound["isBlocked"] {
    return this.sound.isBlocked;
  }

  get output(): Output {
    return this.sound.output;
  }

  get hasOutput(): boolean {
    return this.sound.isMade;
  }

  show(video: HTMLVideoElement | null): void {
    this.presence.show(video);
  }

  // ── the conversation ─────────────────────────────────────────────────────────────────────────

  /** Show a conversation, or a new one. This starts no avatar, but takes up what is under way. */
  async open(id: string | null): Promise<void> {
    if (id !== null && id === this.conversation.id) return;
    this.dialogue.forget();
    this.presence.moveTo(id);
    this.draft.open(id);
    this.conversation.clear(id);
    if (id === null) {
      this.dialogue.takeUp(undefined);
      return;
    }
    const found = await this.conversation.load(id);
    if (this.conversation.id !== id) return;
    if (found?.avatar) this.presence.resume(id, found.avatar);
    this.dialogue.takeUp(found?.last_turn);
  }

  /** The page is seen again, or the network is back: show what other pages and devices have added. */
  async refresh(): Promise<void> {
    const { id } = this.conversation;
    const isFailed = this.turn.getSnapshot().context.turn.problem !== null;
    if (id === null || isFailed || !this.dialogue.isIdle) return;
    const found = await this.conversation.refresh();
    if (found && this.conversation.id === id && this.dialogue.isIdle)
      this.dialogue.takeUp(found.last_turn);
  }

  rate(entry: Entry, rating: Rating | null): void {
    void this.conversation.rate(entry, rating);
  }

  // ── the dialogue ─────────────────────────────────────────────────────────────────────────────

  /** Send words of the person. */
  say(words: string): void {
    if (!this.mayAsk(words)) return;
    this.marks.begin("key_to_first_text");
    this.dialogue.ask({ message: words }, words);
  }

  retry(turn: Turn): void {
    this.goOn();
    this.dialogue.retry(turn);
  }

  /** Put the words of a message that was refused into the field. `elsewhere`: of a new conversation. */
  async change(turn: Turn, elsewhere = false): Promise<void> {
    const words = this.dialogue.takeBack(turn);
    if (elsewhere) await this.open(null);
    if (words) this.draft.change((draft) => (draft ? `${words}\n${draft}` : words));
    this.heard.change((count) => count + 1);
  }

  regenerate(entry: Entry): void {
    if (this.mayAsk()) this.dialogue.regenerate(entry);
  }

  edit(entry: Entry, words: string): void {
    if (this.mayAsk(words)) this.dialogue.edit(entry, words);
  }

  answer(entry: Entry, yes: boolean): void {
    if (this.mayAsk()) this.dialogue.answer(entry, yes);
  }

  stop(): void {
    this.dialogue.stop();
  }

  /** Speak a part of an answer that was not said. */
  sayAgain(words: string): void {
    if (!this.session) return;
    this.sound.restore();
    void this.given.api.say(this.session.id, words).catch(() => undefined);
  }

  // ── the voice and the face ───────────────────────────────────────────────────────────────────

  /** Begin to talk: sound, avatar and microphone. Called by a press of the person. */
  async begin(): Promise<void> {
    if (this.given.preferences.get().video) this.presence.start();
    await this.listen();
  }

  /** Open the microphone alone, without the avatar. */
  async listen(): Promise<void> {
    this.sound.open();
    await this.voice.open();
  }

  /** The person is there: go on. */
  stay(): void {
    this.idle.restart();
  }

  bring(): void {
    this.presence.bring();
  }

  async end(): Promise<void> {
    this.stop();
    this.presence.end();
    await this.voice.close();
  }

  /** The page goes away. */
  leave(): void {
    void this.deletion.run();
    this.presence.leave();
  }

  /** The page came back from the browser's cache. */
  comeBack(): Promise<void> {
    return this.presence.comeBack();
  }

  /** The person signs out: end everything, and send nothing of this person later. */
  async dispose(): Promise<void> {
    await Promise.all([this.deletion.run(), this.end()]);
    this.dialogue.dispose();
    this.draft.clear();
  }

  /** Go on, unless a message waits for the network: then the words are kept in the field. */
  private mayAsk(words = ""): boolean {
    const isFree = !this.dialogue.isWaiting;
    if (isFree) this.goOn();
    else if (words) this.putInField(words);
    return isFree;
  }

  private goOn(): void {
    this.idle.restart();
    this.presence.goOn();
  }

  private get isQuiet(): boolean {
    const isHearing = ["speech", "words"].includes(this.voice.hearing.get().state);
    return this.session !== null && this.dialogue.isIdle && !isHearing;
  }

  /** Return the conversation of the next message, and whether its answer is heard. */
  private async place(): Promise<Pick<ChatRequest, "conversation_id" | "speak">> {
    if (this.conversation.id === null) await this.presence.settled();
    const { id } = this.conversation;
    const isHeard = this.voice.isOpen || this.presence.isWanted;
    const speak = isHeard && this.given.preferences.get().sound ? "audio" : false;
    return { ...(id ? { conversation_id: id } : {}), speak };
  }

  /** Show words to the person, who looks at them and sends them. */
  private putInField(words: string): void {
    this.draft.change((draft) => (draft ? `${draft} ${words}` : words));
    this.heard.change((count) => count + 1);
  }

  private sayHeard(words: string, sure: boolean, lastWordAt: number): void {
    if (!sure || this.given.preferences.get().check || this.dialogue.isWaiting) {
      this.putInField(words);
      return;
    }
    this.marks.begin("last_word_to_first_text", lastWordAt);
    this.marks.begin("last_word_to_first_sound", lastWordAt);
    this.goOn();
    this.dialogue.ask({ message: words }, words);
  }
}
