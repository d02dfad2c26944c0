import type { Config } from "../config";

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
}

export async function signInFor(config: Config): Promise<SignIn> {
  if (config.sign_in.kind === "local") return new LocalSignIn();
  const { FirebaseSignIn } = await import("./firebase");
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
    const stored: Stored = { ...((await answer.json()) as Stored), name };
    localStorage.setItem(KEY, JSON.stringify(stored));
    return stored;
  }

  async signOut(): Promise<void> {
    localStorage.removeItem(KEY);
  }

  async token(renew = false): Promise<string> {
    const stored = this.stored();
    if (!stored) throw new Error("Signed out");
    const soon = Date.parse(stored.expires_at) - Date.now() < RENEW_MS;
    if (renew || soon) await this.signIn(stored.name);
    return this.stored()?.id_token ?? "";
  }

  private stored(): Stored | null {
    const text = localStorage.getItem(KEY);
    return text ? (JSON.parse(text) as Stored) : null;
  }
}
