import { lazy, StrictMode, Suspense, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { type Person, type SignIn, signInFor } from "./core/auth/sign-in";
import type { Config } from "./core/config";
import { OfflineCopy } from "./core/store/offline";
import { Preferences } from "./core/store/preferences";
import { fresh, part, Version } from "./core/version";
import { useValue } from "./hooks/use-value";
import { activate, languageFor, t } from "./i18n";
import { SignInPage } from "./pages/SignInPage";
import "./styles/index.css";

const App = lazy(() => part(() => import("./App")));
const RETRY_MS = 3_000;

interface Ready {
  config: Config;
  signIn: SignIn;
  version: Version;
}

const preferences = new Preferences();
const copy = new OfflineCopy();

function Root({ ready, before }: { ready: Ready; before: Person | null }) {
  const [person, setPerson] = useState(before);
  const { language, theme } = useValue(preferences);
  const active = useLanguage(language);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(
    () =>
      ready.signIn.watch(() => {
        sessionStorage.clear(); // words of the person who was signed in here
        location.replace("/");
      }),
    [ready, person],
  );
  const leave = useCallback(() => {
    history.replaceState(null, "", "/");
    setPerson(null);
  }, []);
  if (!active) return null;
  if (!person)
    return (
      <SignInPage
        key={active}
        signIn={ready.signIn}
        preferences={preferences}
        onSignedIn={(each) => {
          void copy.use(each.uid);
          setPerson(each);
        }}
      />
    );
  return (
    <Suspense fallback={null}>
      <App
        {...ready}
        language={active}
        preferences={preferences}
        copy={copy}
        person={person}
        onSignedOut={leave}
      />
    </Suspense>
  );
}

/** Return the code of the language whose words are loaded. */
function useLanguage(chosen: string): string | null {
  const [active, setActive] = useState<string | null>(null);
  useEffect(() => {
    const language = languageFor(chosen);
    void activate(language).then(() => setActive(language.code));
  }, [chosen]);
  return active;
}

/** Say that the server does not answer, until the page is there. */
async function sayUnreachable(): Promise<void> {
  await activate(languageFor(preferences.get().language));
  const line = document.createElement("p");
  line.className = "unreachable";
  line.setAttribute("role", "status");
  line.textContent = t("welcome.unreachable");
  document.getElementById("root")?.replaceChildren(line);
}

async function start(): Promise<void> {
  try {
    const text = await fresh("/config.json");
    const config = JSON.parse(text) as Config;
    const version = new Version(new URL(import.meta.url).pathname, text, fresh);
    const signIn = await signInFor(config);
    const before = await signIn.restore();
    // A person who is not signed in any more has left copies if the account ended elsewhere.
    await (before ? copy.use(before.uid) : copy.wipe());
    const root = document.getElementById("root");
    if (!root) return;
    root.replaceChildren();
    createRoot(root).render(
      <StrictMode>
        <Root ready={{ config, signIn, version }} before={before} />
      </StrictMode>,
    );
  } catch {
    void sayUnreachable();
    setTimeout(() => void start(), RETRY_MS);
  }
}

void start();
if ("serviceWorker" in navigator && import.meta.env.PROD)
  // Without it the page works as well, but not without a network.
  navigator.serviceWorker.register("/sw.js").catch(() => undefined);
