import { createContext, useContext } from "react";
import type { Api } from "../core/api/api";
import type { Person } from "../core/auth/sign-in";
import type { OfflineCopy } from "../core/store/offline";
import type { Preferences } from "../core/store/preferences";
import type { Talk } from "../core/talk";
import type { Version } from "../core/version";

/** What every part of the signed-in page can reach. */
export interface AppContext {
  api: Api;
  talk: Talk;
  preferences: Preferences;
  copy: OfflineCopy;
  version: Version;
  person: Person;
  signOut: () => Promise<void>;
}

export const AppContextProvider = createContext<AppContext | null>(null);

export function useApp(): AppContext {
  const app = useContext(AppContextProvider);
  if (!app) throw new Error("No AppContextProvider");
  return app;
}
