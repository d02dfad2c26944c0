/** The shapes of the API by the page's own names. Each comes from `docs/openapi.json`, by `schema.ts`. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["AccountAnswer"];
export type AudioEvent = Schemas["AudioEvent"];
export type AvatarRequest = Schemas["StartAvatarRequest"];
export type Caption = Schemas["Caption"];
export type ChatEvent = Schemas["ChatEvent"];
export type ChatRequest = Schemas["ChatRequest"];
export type ConversationPage = Schemas["ConversationList"];
export type EndedAvatar = Schemas["EndSessionAnswer"];
export type GoogleConnection = Schemas["GoogleConnectionAnswer"];
export type LastTurn = Schemas["LastTurn"];
export type Message = Schemas["StoredMessage"];
export type MessagePage = Schemas["MessageList"];
export type OpenConversation = Schemas["ConversationAnswer"];
export type ProblemBody = Schemas["Problem"];
/** Something that waits for the person's yes, such as a mail. */
export type Proposal = Omit<Schemas["ProposalEvent"], "event">;
export type Rating = Schemas["MessageFeedback"]["rating"];
export type RunningAvatar = Schemas["RunningAvatar"];
export type SpeechEvent = Schemas["SpeechEvent"];
export type StartedAvatar = Schemas["StartAvatarAnswer"];
export type Summary = Schemas["ConversationSummary"];
export type ToolEvent = Schemas["ToolEvent"];
export type Transcript = Schemas["TranscribeAnswer"];
export type TurnEnd = Schemas["DoneEvent"]["ended"];
export type Usage = Schemas["Usage"];
export type UsageReport = Schemas["AccountUsageAnswer"];
