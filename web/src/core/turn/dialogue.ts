import { type ActorRefFrom, createActor } from "xstate";
import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { AudioEvent, Caption, ChatRequest, LastTurn, SpeechEvent } from "../api/types";
import type { Sound } from "../audio/sound";
import type { Conversation } from "../conversation";
import type { Marks } from "../marks";
import { TAIL_SECONDS } from "../session/presence";
import { Value } from "../store/value";
import type { TimedSentence } from "./captions";
import type { Letter, Outbox } from "./outbox";
import { UNSENT } from "./refusal";
import type { Entry } from "./transcript";
import { EMPTY_TURN, type Turn } from "./turn";
import { isWaiting, turnMachine } from "./turn-machine";

export interface DialogueDependencies {
  api: Api;
  conversation: Conversation;
  sound: Sound;
  marks: Marks;
  outbox: Outbox;
  /** Complete a request before it is sent: its conversation, and how it is spoken. */
  place: () => Promise<Pick<ChatRequest, "conversation_id" | "speak">>;
  /** The avatar's time ends in the middle of an answer: its sound comes in pieces from now on. */
  goOnWithoutFace: () => void;
}

/** Asks, and shows the answer: its words in the transcript, its sound, and captions in time with it. */
export class Dialogue {
  /** Sentences with their times, in seconds of `performance.now()`. */
  readonly captions = new Value<readonly TimedSentence[]>([]);
  readonly turn: ActorRefFrom<typeof turnMachine>;
  /** The sound of this turn comes in pieces, which the page plays. */
  private isOwnVoice = false;
  /** Sentences of utterances, until the first piece of their sound. */
  private readonly placed = new Map<string, readonly Caption[]>();

  constructor(private readonly given: DialogueDependencies) {
    const { api } = given;
    const address = (key: string, request: ChatRequest) => this.address(key, request);
    this.turn = createActor(turnMachine, { input: { api, address } });
    this.watch();
    this.turn.start();
  }

  get isIdle(): boolean {
    return this.turn.getSnapshot().matches("idle");
  }

  /** A message waits for the network: another one would take its place, and it would never arrive. */
  get isWaiting(): boolean {
    return isWaiting(this.turn.getSnapshot());
  }

  get isSounding(): boolean {
    return this.turn.getSnapshot().context.turn.speaking || this.given.sound.left > 0;
  }

  ask(request: ChatRequest, question: string | null): void {
    const key = crypto.randomUUID();
    this.given.outbox.put({
      key,
      request,
      question,
      conversationId: this.given.conversation.id,
      questionId: null,
      isSent: false,
      refusal: null,
    });
    this.send(key, request, question);
  }

  /** Send the message of a turn once more: under its key if it was refused, as a new intention if it failed. */
  retry(turn: Turn): void {
    const { outbox } = this.given;
    this.cutAt(turn.request.edit ?? "");
    this.cutAt(idOfQuestion(turn));
    const letter = outbox.get(turn.key);
    if (letter && turn.turnId === null) {
      outbox.change(turn.key, { refusal: null });
      this.send(letter.key, letter.request, letter.question);
    } else this.ask(turn.request, turn.question);
  }

  /** Remove a message that was refused, so that its words can be changed. Returns the words. */
  takeBack(turn: Turn): string {
    this.given.outbox.clear(turn.key);
    this.cutAt(idOfQuestion(turn));
    this.turn.send({ type: "forget" });
    return turn.question ?? "";
  }

  regenerate(entry: Entry): void {
    this.cutAt(entry.id);
    this.ask({ regenerate: true }, null);
  }

  edit(entry: Entry, words: string): void {
    this.cutAt(entry.id);
    // A message that was refused is not known to the server: the new one takes its place.
    this.ask(entry.isStored ? { edit: entry.id, message: words } : { message: words }, words);
  }

  /** Answer a proposal. */
  answer(entry: Entry, yes: boolean): void {
    if (!entry.proposal) return;
    this.ask({ confirm: entry.proposal.id, yes }, null);
    this.given.conversation.transcript.edit(entry.id, { proposal: null });
  }

  /** Stop the answer: its sound at once, its turn at the server. */
  stop(): void {
    const { api, conversation, marks } = this.given;
    marks.begin("interruption_to_silence");
    this.hush();
    marks.end("interruption_to_silence");
    const { context } = this.turn.getSnapshot();
    const id = context.turn.conversationId ?? conversation.id;
    if (this.isIdle) return;
    const cut = (): void => this.turn.send({ type: "cut" });
    if (id && context.turn.turnId && !context.turn.offline) void api.stopTurn(id).catch(cut);
    else cut();
  }

  /** Leave the conversation: its turn is not read any longer. */
  forget(): void {
    const { turn } = this.turn.getSnapshot().context;
    if (turn.turnId !== null) this.given.outbox.clear(turn.key);
    this.turn.send({ type: "forget" });
    this.hush();
  }

  /** The person signs out. A message on its way is not sent by the next person. */
  dispose(): void {
    this.turn.stop();
    this.given.outbox.clear();
  }

  /** Go on with what was under way when the page was loaded: a message of this tab, or any turn. */
  takeUp(last: LastTurn | undefined): void {
    const { conversation, outbox } = this.given;
    const letter = outbox.find(conversation.id);
    if (letter && outbox.isFresh(letter)) {
      if (letter.questionId) this.cutAt(letter.questionId);
      this.send(letter.key, letter.request, letter.question);
    } else if (letter && letter.question !== null && letter.questionId === null) {
      this.restore(letter);
    } else if (conversation.id && last?.state === "running")
      this.turn.send({ type: "follow", conversationId: conversation.id, last });
  }

  private send(key: string, request: ChatRequest, question: string | null): void {
    this.hush();
    this.given.sound.restore();
    this.isOwnVoice = false;
    this.turn.send({ type: "ask", key, question, request });
  }

  /** Return the request as it goes out. A request that went out before stays as it was. */
  private async address(key: string, request: ChatRequest): Promise<ChatRequest> {
    const { outbox, place } = this.given;
    if (outbox.get(key)?.isSent) return request;
    const whole = { ...request, ...(await place()) };
    outbox.change(key, {
      request: whole,
      conversationId: whole.conversation_id ?? null,
      isSent: true,
    });
    return whole;
  }

  /** Show a message that was refused, or is too old to be sent by itself. */
  private restore({ key, request, question, conversationId, refusal }: Letter): void {
    const { status, code, retryAfter } = refusal ?? { status: 0, code: UNSENT };
    const problem = new Problem(status, code, "", retryAfter);
    const turn = { ...EMPTY_TURN, key, request, question, conversationId, problem };
    this.given.conversation.transcript.add(turn);
    this.turn.send({ type: "restore", turn });
  }

  /** Keep a message that was refused. What it was to replace is shown again. */
  private async keep(turn: Turn, problem: Problem): Promise<void> {
    const { conversation, outbox } = this.given;
    outbox.refuse(turn.key, problem);
    const { edit, regenerate, confirm } = turn.request;
    if (problem.status < 400 || !conversation.id || !(edit || regenerate || confirm)) return;
    await conversation.load(conversation.id);
    const isLast = this.isIdle && this.turn.getSnapshot().context.turn.key === turn.key;
    if (isLast && turn.question !== null) conversation.transcript.add(turn);
  }

  private hush(): void {
    this.given.sound.silence();
    this.placed.clear();
    this.captions.set([]);
  }

  private cutAt(id: string): void {
    this.given.conversation.transcript.cutAt(id);
  }

  private watch(): void {
    const { conversation, marks, outbox } = this.given;
    this.turn.on("admitted", ({ turn }) => {
      const { key, conversationId, questionId } = turn;
      if (conversationId) conversation.name(conversationId, turn.question);
      outbox.change(key, { conversationId, questionId });
    });
    this.turn.on("text", () => {
      marks.end("last_word_to_first_text");
      marks.end("key_to_first_text");
    });
    this.turn.on("speech", ({ event }) => this.hear(event));
    this.turn.on("audio", ({ event }) => this.play(event));
    this.turn.on("over", ({ turn }) => {
      conversation.settle(turn);
      const { problem, question, turnId } = turn;
      if (problem && turnId === null) void this.keep(turn, problem);
      if (!problem || question === null || turnId !== null) outbox.clear(turn.key);
    });
    this.turn.on("over elsewhere", ({ conversationId }) => void conversation.load(conversationId));
  }

  private get hasAvatar(): boolean {
    return this.turn.getSnapshot().context.turn.avatarSessionId !== null;
  }

  private hear(event: SpeechEvent): void {
    if (event.state === "interrupted") this.hush();
    if (event.state !== "started") return;
    const { sound, marks } = this.given;
    sound.unmute();
    const sentences = event.sentences ?? [];
    this.placed.set(event.utterance_id ?? "", sentences);
    if (this.isOwnVoice || !this.hasAvatar) return;
    marks.end("last_word_to_first_sound");
    this.captions.set(sentences.map((each) => timed(each, performance.now() / 1000)));
  }

  private play(event: AudioEvent): void {
    const { output } = this.given.sound;
    output.unmute();
    if (!this.isOwnVoice && this.hasAvatar) {
      this.captions.set([]); // the avatar has finished what it had
      output.wait(TAIL_SECONDS);
      this.given.goOnWithoutFace();
    }
    this.isOwnVoice = true;
    const piece = output.play(event.data, event.text);
    this.given.marks.end("last_word_to_first_sound");
    const begins = performance.now() / 1000 + piece.from - output.now;
    const pace = piece.seconds / event.seconds;
    const sentences = this.placed.get(event.utterance_id) ?? [];
    this.placed.delete(event.utterance_id);
    this.captions.change((all) => [...all, ...sentences.map((each) => timed(each, begins, pace))]);
  }
}

/** Return the id of a turn's question in the transcript. */
function idOfQuestion(turn: Turn): string {
  return turn.questionId ?? `${turn.turnId ?? turn.key}-0`;
}

/** Place a sentence of an utterance that begins at `begins`. `pace` is less than 1 if it is spoken faster. */
function timed({ text, offset, seconds }: Caption, begins: number, pace = 1): TimedSentence {
  return { text, from: begins + offset * pace, seconds: seconds * pace };
}
