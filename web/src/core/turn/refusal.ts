import type { Problem } from "../api/problem";
import type { Turn } from "./turn";

/** Why a message has no answer, as far as the person needs to know it. */
export type Reason =
  | "unsent"
  | "quota"
  | "busy"
  | "stopped"
  | "signed_out"
  | "not_invited"
  | "forbidden"
  | "gone"
  | "closing"
  | "replaced"
  | "proposal"
  | "meanwhile"
  | "long"
  | "refused"
  | "down";

/** The way on: send it again, change its words, move them to a new conversation, sign in, or see the account. */
export type Way = "retry" | "change" | "new" | "sign in" | "account" | null;

/** The code of a message that never reached the server. */
export const UNSENT = "unsent";

const BY_CODE: Record<string, Reason> = {
  [UNSENT]: "unsent",
  quota_exceeded: "quota",
  too_many_turns: "busy",
  rate_limited: "busy",
  spending_stopped: "stopped",
  capacity_reached: "stopped",
  not_invited: "not_invited",
  account_closing: "closing",
  cannot_replace: "replaced",
  no_proposal: "proposal",
};
const BY_STATUS: Record<number, Reason> = {
  400: "refused",
  401: "signed_out",
  403: "forbidden",
  404: "gone",
  409: "meanwhile",
  413: "long",
  422: "refused",
};
const WAYS: Partial<Record<Reason, Way>> = {
  quota: null,
  signed_out: "sign in",
  not_invited: "sign in",
  gone: "new",
  closing: "account",
  replaced: "change",
  proposal: null,
  long: "change",
  refused: "change",
};

/** Return the reason of a problem. A front end answers without a code: its status decides. */
export function reasonOf({ code, status }: Problem): Reason {
  return BY_CODE[code] ?? BY_STATUS[status] ?? "down";
}

/** Return the way on after a turn that has no answer. A turn without words of the person is asked for anew. */
export function wayOn(turn: Pick<Turn, "question" | "problem">): Way {
  if (!turn.problem) return null;
  const reason = reasonOf(turn.problem);
  const way = WAYS[reason] === undefined ? "retry" : WAYS[reason];
  const needsWords = way === "retry" || way === "change";
  return needsWords && turn.question === null ? null : way;
}
