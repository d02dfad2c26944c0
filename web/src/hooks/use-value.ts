import { useSyncExternalStore } from "react";
import type { Value } from "../core/store/value";

export function useValue<T>(value: Value<T>): T {
  return useSyncExternalStore(value.watch, value.get);
}
