import { useEffect } from "react";
import { speechLanguage } from "../core/store/preferences";
import { useApp } from "./use-app";
import { useValue } from "./use-value";

const KEY = "oprina.speech";

/** Tell the account in which language Oprina speaks, when this browser has another one than before. */
export function useSpeechLanguage(): void {
  const { api, person, preferences } = useApp();
  const wanted = speechLanguage(useValue(preferences));
  useEffect(() => {
    const value = `${person.uid} ${wanted}`;
    if (localStorage.getItem(KEY) === value) return;
    api.changeAccount({ preferences: { language: wanted } }).then(
      () => localStorage.setItem(KEY, value),
      () => undefined, // it is told at the next start of the page
    );
  }, [api, person, wanted]);
}
