/** The shapes of the API, by the names that the page uses. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Caption = Schemas["Caption"];
export type Usage = Schemas["Usage"];
export type StartedAvatar = Schemas["StartAvatarAnswer"];
export type EndedAvatar = Schemas["EndSessionAnswer"];
export type ProblemBody = Schemas["Problem"];
export type TurnEnd = Schemas["DoneEvent"]["ended"] | "not_heard";

/** Something that waits for the person's yes, such as a mail. */
export interface Proposal {
  id: string;
  tool: string;
  title: string;
  arguments: Record<string, unknown>;
  expires_at: string;
}

export interface HeardEvent {
  event: "heard";
  text: string;
  confidence?: number | null;
  seconds: number;
}

/** A piece of speech for callers without an avatar: base64 of PCM16, 24 kHz, mono. */
export interface AudioEvent {
  event: "audio";
  utterance_id: string;
  index: number;
  data: string;
  seconds: number;
  text: string;
}

export type ProposalEvent = { event: "proposal" } & Proposal;
export type ToolEvent = Schemas["ToolEvent"] & { summary?: string | null };
export type SpeechEvent = Schemas["SpeechEvent"];
type DoneEvent = Omit<Schemas["DoneEvent"], "ended"> & { ended: TurnEnd };

export type ChatEvent =
  | Exclude<Schemas["ChatEvent"], { event: "tool" | "done" }>
  | ToolEvent
  | DoneEvent
  | HeardEvent
  | AudioEvent
  | ProposalEvent;

export interface ChatRequest {
  message?: string;
  conversation_id?: string;
  speak?: boolean | "audio";
  regenerate?: true;
  edit?: string;
  confirm?: string;
  yes?: boolean;
}

export interface Summary {
  conversation_id: string;
  title: string;
  created_at: string;
  updated_at: string;
  avatar_session_id?: string | null;
}

export interface RunningAvatar {
  avatar_session_id: string;
  livekit_url: string;
  livekit_token: string;
  started_at: string;
  expires_at: string;
}

export interface LastTurn {
  turn_id: string;
  state: "running" | "ended";
  ended?: TurnEnd | null;
  user_message_id?: string | null;
  message_id?: string | null;
  text: string;
  spoken: string;
  proposal?: Proposal | null;
}

export interface OpenConversation extends Summary {
  avatar?: RunningAvatar | null;
  last_turn?: LastTurn | null;
  usage?: Usage;
}

export type Rating = "good" | "bad";

export interface Message {
  message_id: string;
  role: "user" | "assistant";
  text: string;
  created_at: string;
  turn_id?: string | null;
  ended?: TurnEnd | null;
  spoken?: string | null;
  feedback?: { rating: Rating | null; comment?: string | null } | null;
  replaced?: boolean;
}

export interface Preferences {
  avatar_id?: string | null;
  voice?: string | null;
  language?: string | null;
  quality?: "very_high" | "high" | "medium" | "low" | null;
  captions?: boolean | null;
  speed?: number | null;
}

export interface Account {
  uid: string;
  name?: string | null;
  email?: string | null;
  plan?: string | null;
  preferences: Preferences;
  created_at?: string;
  deletion?: { requested_at: string; deletes_at: string } | null;
}

export interface UsageReport {
  usage: Usage;
  months: { month: string; meters: Record<string, number> }[];
  days: { day: string; meters: Record<string, number> }[];
}

interface Service {
  allowed: boolean;
  on: boolean;
}

export interface GoogleConnection {
  state: "none" | "connected" | "reconnect";
  account?: string | null;
  mail: Service;
  calendar: Service;
  last_used_at?: string | null;
}

export interface Transcript {
  text: string;
  confidence?: number | null;
  seconds: number;
  language?: string;
}
