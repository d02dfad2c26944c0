import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Summary } from "../core/api/types";
import { useApp } from "./use-app";

const UNDO_SECONDS = 8;

interface Deletion {
  /** The conversation that is about to be deleted. */
  pending: Summary | null;
  /** Seconds in which the deletion can be taken back. */
  left: number;
  remove: (conversation: Summary) => void;
  undo: () => void;
}

/** Delete a conversation after 8 seconds, in which the person can take that back. */
export function useDeletion(): Deletion {
  const { api, copy, talk } = useApp();
  const [, go] = useLocation();
  const [pending, setPending] = useState<Summary | null>(null);
  const [left, setLeft] = useState(0);
  const run = useRef<() => void>(() => undefined);
  run.current = () => {
    if (!pending) return;
    const id = pending.conversation_id;
    setPending(null);
    void copy.remove(id);
    void api
      .deleteConversation(id)
      .catch(() => undefined)
      .finally(() => talk.listChanged.change((count) => count + 1));
    if (talk.opened.get().id === id) go("/");
  };
  useEffect(() => {
    if (!pending) return;
    setLeft(UNDO_SECONDS);
    const timer = setInterval(() => setLeft((now) => now - 1), 1000);
    const end = setTimeout(() => run.current(), UNDO_SECONDS * 1000);
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }, [pending]);
  return {
    pending,
    left,
    remove: (conversation) => {
      run.current();
      setPending(conversation);
    },
    undo: () => setPending(null),
  };
}
