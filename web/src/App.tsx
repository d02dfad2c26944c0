import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Component, lazy, type ReactNode, Suspense, useEffect, useMemo } from "react";
import { Redirect, Route, Switch } from "wouter";
import { Api } from "./core/api/api";
import { Problem } from "./core/api/problem";
import type { Person, SignIn } from "./core/auth/sign-in";
import type { Config } from "./core/config";
import type { OfflineCopy } from "./core/store/offline";
import type { Preferences } from "./core/store/preferences";
import { Talk } from "./core/talk";
import { part, type Version } from "./core/version";
import { AppContextProvider } from "./hooks/use-app";
import { t } from "./i18n";
import { TalkPage } from "./pages/TalkPage";

const SettingsPage = lazy(() => part(() => import("./pages/SettingsPage")));

interface Props {
  config: Config;
  signIn: SignIn;
  preferences: Preferences;
  copy: OfflineCopy;
  version: Version;
  person: Person;
  /** The language whose words are loaded. Another one draws everything again; what runs goes on. */
  language: string;
  onSignedOut: () => void;
}

/** The page of a person who is signed in. */
export default function App(props: Props) {
  const { config, signIn, preferences, copy, version, person, language, onSignedOut } = props;
  const queries = useMemo(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { retry: (count, error) => !(error instanceof Problem) && count < 2 },
        },
      }),
    [],
  );
  const context = useMemo(() => {
    const api = new Api(config, signIn);
    const talk = new Talk({ api, preferences, copy, token: () => signIn.token() });
    const signOut = async (): Promise<void> => {
      await talk.dispose();
      sessionStorage.clear();
      await copy.wipe();
      await signIn.signOut();
      onSignedOut();
    };
    return { api, talk, preferences, copy, version, person, signOut };
  }, [config, signIn, preferences, copy, version, person, onSignedOut]);
  useEffect(() => {
    const { talk } = context;
    const leave = (): void => talk.leave();
    const back = (event: PageTransitionEvent): void => {
      if (event.persisted) void talk.comeBack();
    };
    const seen = (): void => {
      if (document.hidden) return;
      void talk.refresh();
      void version.look();
    };
    addEventListener("pagehide", leave);
    addEventListener("pageshow", back);
    addEventListener("focus", seen);
    addEventListener("online", seen);
    document.addEventListener("visibilitychange", seen);
    return () => {
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", back);
      removeEventListener("focus", seen);
      removeEventListener("online", seen);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [context, version]);
  return (
    <Broken>
      <QueryClientProvider client={queries}>
        <AppContextProvider.Provider value={context}>
          <Suspense key={language} fallback={null}>
            <Switch>
              <Route path="/">
                <TalkPage id={null} />
              </Route>
              <Route path="/c/:id">{({ id }) => <TalkPage id={id} />}</Route>
              <Route path="/settings/:page">{({ page }) => <SettingsPage page={page} />}</Route>
              <Route>
                <Redirect to="/" replace />
              </Route>
            </Switch>
          </Suspense>
        </AppContextProvider.Provider>
      </QueryClientProvider>
    </Broken>
  );
}

/** The last resort if a part of the page fails: say so, and offer to load the page again. */
class Broken extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="broken">
        <h1>{t("error.title")}</h1>
        <button type="button" className="btn main" onClick={() => location.reload()}>
          {t("error.reload")}
        </button>
      </main>
    );
  }
}
