import type { ProblemBody } from "./types";

/** A refusal or a failure of the API. `code` is stable, `detail` is English and for developers. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds until a retry helps, if a retry helps. */
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, detail: string, retryAfter?: number) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  static of(status: number, body: unknown): Problem {
    const problem = (typeof body === "object" && body !== null ? body : {}) as Partial<ProblemBody>;
    return new Problem(
      status,
      (problem.code as string | undefined) ?? (status === 404 ? "not_found" : "internal"),
      (problem.detail as string | undefined) ?? "No answer",
      (problem.retry_after as number | undefined) ?? undefined,
    );
  }
}

/** Return whether a request failed before an answer arrived: the network is away, was cut, or is silent. */
export function isNetworkLoss(error: unknown): boolean {
  const name = error instanceof DOMException ? error.name : "";
  return error instanceof TypeError || name === "NetworkError" || name === "TimeoutError";
}

/** Return any error as a problem that the page can show. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isNetworkLoss(error)) return new Problem(0, "offline", String(error));
  return new Problem(500, "internal", String(error));
}
