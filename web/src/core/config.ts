/** The addresses of a deployment, from `/config.json`. Nothing in it is secret. */
export interface Config {
  /** Prefix of the functions, such as `/api`, or the address of each function by its name. */
  api: string | Record<string, string>;
  sign_in: { kind: "local" } | { kind: "firebase"; api_key: string; auth_domain: string };
}

/** Return the address of a path such as `/chat` or `/conversations/abc`. */
export function addressOf(config: Config, path: string): string {
  if (typeof config.api === "string") return `${config.api}${path}`;
  const [, name = "", rest = ""] = /^\/([^/?]+)(.*)$/.exec(path) ?? [];
  return `${config.api[name] ?? ""}${rest || "/"}`;
}
