import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Person, SignIn } from "../core/auth/sign-in";
import type { Preferences } from "../core/store/preferences";
import { t } from "../i18n";
import { Face } from "../parts/face/Face";
import { LanguagePick } from "../parts/LanguagePick";

interface Props {
  signIn: SignIn;
  preferences: Preferences;
  onSignedIn: (person: Person) => void;
}

/** The first visit: the face, one sentence, one button. */
export function SignInPage({ signIn, preferences, onSignedIn }: Props) {
  const [name, setName] = useState("");
  const [failed, setFailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const stage = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = t("app.name");
  }, []);
  const submit = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault();
    if (busy) return;
    if (signIn.kind === "local" && !name.trim()) {
      field.current?.focus();
      return;
    }
    setBusy(true);
    try {
      onSignedIn(await signIn.signIn(name.trim()));
    } catch {
      setFailed(true);
      setBusy(false);
    }
  };
  return (
    <main
      className="stage welcome"
      ref={stage}
      data-video="false"
      onPointerMove={(event) => look(stage.current, event.clientX, event.clientY)}
    >
      <div className="drawn">
        <Face state="idle" label={t("app.name")} />
      </div>
      <header className="top">
        <span className="wordmark">{t("app.name")}</span>
        <LanguagePick className="language" preferences={preferences} />
      </header>
      <form className="foot" onSubmit={(event) => void submit(event)}>
        <h1>{t("welcome.title")}</h1>
        {signIn.kind === "local" ? (
          <div className="name-field">
            <input
              ref={field}
              name="name"
              autoComplete="given-name"
              maxLength={100}
              placeholder={t("welcome.name")}
              aria-label={t("welcome.name")}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <button type="submit" className="btn cream" disabled={busy}>
              {t("welcome.continue")}
            </button>
          </div>
        ) : (
          <button type="submit" className="btn cream" disabled={busy}>
            <GoogleMark />
            {t("welcome.google")}
          </button>
        )}
        <p role="status">{t(failed ? "welcome.failed" : "welcome.microphone")}</p>
      </form>
    </main>
  );
}

/** Turn the face towards the pointer, by at most 6 units. */
function look(stage: HTMLElement | null, x: number, y: number): void {
  if (!stage) return;
  const { width, height } = stage.getBoundingClientRect();
  stage.style.setProperty("--look-x", `${((x / width) * 2 - 1) * 6}px`);
  stage.style.setProperty("--look-y", `${((y / height) * 2 - 1) * 4}px`);
}

export function GoogleMark() {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path
        fill="#4285f4"
        d="M22 12.2c0-.7-.1-1.3-.2-2H12v3.900h5.600a4.8 4.8 0 0 1-2 3.100v2.600h3.300c1.9-1.8 3.1-4.4 3.1-7.600z"
      />
      <path
        fill="#34a853"
        d="M12 22.300c2.8 0 5.1-.9 6.8-2.500l-3.3-2.600c-.9.6-2.1 1-3.5 1-2.7 0-5-1.8-5.8-4.300H2.800v2.700A10.3 10.3 0 0 0 12 22.300z"
      />
      <path
        fill="#fbbc05"
        d="M6.2 13.900a6.2 6.2 0 0 1 0-3.900V7.300H2.800a10.3 10.3 0 0 0 0 9.300z"
      />
      <path
        fill="#ea4335"
        d="M12 5.800c1.5 0 2.9.5 4 1.600l2.9-3A10.3 10.3 0 0 0 2.8 7.300L6.2 10C7 7.6 9.3 5.8 12 5.800z"
      />
    </svg>
  );
}
