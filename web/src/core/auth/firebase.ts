import { initializeApp } from "@firebase/app";
import {
  type Auth,
  browserLocalPersistence,
  browserPopupRedirectResolver,
  GoogleAuthProvider,
  indexedDBLocalPersistence,
  initializeAuth,
  onAuthStateChanged,
  signInWithPopup,
  type User,
} from "@firebase/auth";
import type { Person, SignIn } from "./sign-in";

/** Sign-in with Google by Firebase. Loaded only where a deployment uses it. */
export class FirebaseSignIn implements SignIn {
  readonly kind = "firebase";
  private readonly auth: Auth;
  /** This tab signs in or out: that is no news from another tab. */
  private isBusy = false;

  constructor(apiKey: string, authDomain: string) {
    this.auth = initializeAuth(initializeApp({ apiKey, authDomain }), {
      persistence: [indexedDBLocalPersistence, browserLocalPersistence],
    });
  }

  async restore(): Promise<Person | null> {
    await this.auth.authStateReady();
    return this.auth.currentUser && person(this.auth.currentUser);
  }

  async signIn(): Promise<Person> {
    this.isBusy = true;
    try {
      const provider = new GoogleAuthProvider();
      const { user } = await signInWithPopup(this.auth, provider, browserPopupRedirectResolver);
      return person(user);
    } finally {
      this.isBusy = false;
    }
  }

  async signOut(): Promise<void> {
    this.isBusy = true;
    await this.auth.signOut().finally(() => {
      this.isBusy = false;
    });
  }

  watch(changed: () => void): () => void {
    const uid = this.auth.currentUser?.uid;
    return onAuthStateChanged(this.auth, (user) => {
      if (!this.isBusy && user?.uid !== uid) changed();
    });
  }

  async token(renew = false): Promise<string> {
    return (await this.auth.currentUser?.getIdToken(renew)) ?? "";
  }
}

function person(user: User): Person {
  return { uid: user.uid, name: user.displayName ?? user.email ?? "" };
}
