import { Problem } from "../api/problem";
import { ServerClock } from "../api/server-clock";
import type { Config } from "../config";
import { part } from "../version";

export interface Person {
  uid: string;
  name: string;
}

/** Sign-in, as the page needs it. `token` renews a token that is about to expire. */
export interface SignIn {
  readonly kind: "local" | "firebase";
  /** Return the person who signed in before, if one did. */
  restore(): Promise<Person | null>;
  signIn(name: string): Promise<Person>;
  signOut(): Promise<void>;
  /** Return an ID token. `renew` asks for a new one, after a 401. */
  token(renew?: boolean): Promise<string>;
  /** Run `changed` when another tab signs out, or signs another person in. Returns how to end that. */
  watch(changed: () => void): () => void;
}

/** Return the first letter of a name as a person sees it: an emoji of several parts is one letter. */
export function initialOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return first?.segment.toUpperCase() ?? "?";
}

export async function signInFor(config: Config): Promise<SignIn> {
  if (config.sign_in.kind === "local") return new LocalSignIn();
  const { FirebaseSignIn } = await part(() => import("./firebase"));
  return new FirebaseSignIn(config.sign_in.api_key, config.sign_in.auth_domain);
}

interface Stored extends Person {
  id_token: string;
  expires_at: string;
}

const KEY = "oprina.person";
const RENEW_MS = 60_000;

/** Sign-in of the local stack: a name is a person. */
class LocalSignIn implements SignIn {
  readonly kind = "local";

  async restore(): Promise<Person | null> {
    return this.stored();
  }

  async signIn(name: string): Promise<Person> {
    const answer = await fetch("/local/sign-in", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
    if (!answer.ok) throw new TypeError(`sign-in: ${answer.status}`);
    const clock = new ServerClock();
    clock.observe(answer);
    const signedIn = (await answer.json()) as Stored;
    const expires_at = new Date(clock.local(signedIn.expires_at)).toISOString();
    const stored: Stored = { ...signedIn, name, expires_at };
    localStorage.setItem(KEY, JSON.stringify(stored));
    return stored;
  }

  async signOut(): Promise<void> {
    localStorage.removeItem(KEY);
  }

  async token(renew = false): Promise<string> {
    const stored = this.stored();
    if (!stored) throw new Problem(401, "unauthenticated", "Signed out");
    const soon = Date.parse(stored.expires_at) - Date.now() < RENEW_MS;
    if (renew || soon) await this.signIn(stored.name);
    return this.stored()?.id_token ?? "";
  }

  watch(changed: () => void): () => void {
    const uid = this.stored()?.uid;
    const look = (): void => {
      if (this.stored()?.uid !== uid) changed();
    };
    addEventListener("storage", look);
    return () => removeEventListener("storage", look);
  }

  private stored(): Stored | null {
    const text = localStorage.getItem(KEY);
    return text ? (JSON.parse(text) as Stored) : null;
  }
}
