import { useEffect } from "react";
import { useApp } from "./use-app";
import { useValue } from "./use-value";

const KEY = "oprina.opened";

/** Remember the open conversation in this tab: the settings lead back to it, also after a reload there. */
export function useRememberOpened(): void {
  const { id } = useValue(useApp().talk.opened);
  useEffect(() => sessionStorage.setItem(KEY, id ?? ""), [id]);
}

/** Return the address of the conversation that was open in this tab, or of a new one. */
export function useWayBack(): string {
  const { id } = useValue(useApp().talk.opened);
  const last = id ?? sessionStorage.getItem(KEY);
  return last ? `/c/${last}` : "/";
}
