import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Summary } from "../../core/api/types";
import { useApp } from "../../hooks/use-app";
import { useKeptFocus } from "../../hooks/use-kept-focus";
import { useSettled } from "../../hooks/use-settled";
import { useValue } from "../../hooks/use-value";
import { minutes, t } from "../../i18n";
import { Icon, MarkIcon } from "../Icon";
import { Waiting } from "../Waiting";
import { ConversationItem } from "./ConversationItem";
import { byDay } from "./days";

/** The conversations by day, with search, rename, and delete with undo. */
export function Sidebar({ onClose }: { onClose: () => void }) {
  const { api, copy, talk } = useApp();
  const [query, setQuery] = useState("");
  const asked = useSettled(query, 200);
  const [, go] = useLocation();
  const changed = useValue(talk.listChanged);
  const list = useInfiniteQuery({
    queryKey: ["conversations", asked],
    placeholderData: keepPreviousData,
    initialPageParam: "",
    queryFn: async ({ pageParam }) => {
      const page = await api.conversations({ q: asked, cursor: pageParam, limit: 30 });
      if (!asked) void copy.putConversations(page.conversations);
      return page;
    },
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const { refetch } = list;
  useEffect(() => {
    if (changed > 0) void refetch();
  }, [changed, refetch]);
  const copies = useCopies(list.isError);
  const { deletion } = talk;
  const hidden = useValue(deletion.hidden);
  useKeptFocus("days", hidden);
  const isUndeleted = useValue(deletion.isFailed);
  const all = (
    list.isError ? copies : (list.data?.pages.flatMap((each) => each.conversations) ?? [])
  )
    .filter((each) => !hidden.includes(each.conversation_id))
    .filter((each) => !list.isError || matches(each, query));
  return (
    <aside className="hist" id="list" tabIndex={-1} aria-label={t("history.label")}>
      <header className="bar">
        <MarkIcon />
        <span className="grow">{t("app.name")}</span>
        <button type="button" className="ib" aria-label={t("rail.new")} onClick={() => go("/")}>
          <Icon name="plus" />
        </button>
        <Link className="ib only-phone" href="/settings/look" aria-label={t("rail.settings")}>
          <Icon name="settings" />
        </Link>
        <button type="button" className="ib" aria-label={t("rail.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="field">
        <Icon name="search" />
        <input
          id="search"
          type="search"
          value={query}
          placeholder={t("history.search")}
          aria-label={t("history.search")}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="days" id="days" tabIndex={-1}>
        {list.isPending && <Waiting />}
        {list.isError && (
          <p className="banner">{t(navigator.onLine ? "history.failed" : "history.offline")}</p>
        )}
        {isUndeleted && (
          <p className="banner" role="alert">
            {t("history.undeleted")}
          </p>
        )}
        {!list.isPending && all.length === 0 && (
          <p className="quiet small pad">{t(query ? "history.nothing" : "history.empty")}</p>
        )}
        {byDay(all).map(([title, conversations]) => (
          <section key={title} aria-label={title}>
            <h2>{title}</h2>
            <ul>
              {conversations.map((each) => (
                <ConversationItem
                  key={each.conversation_id}
                  conversation={each}
                  query={query}
                  onDelete={() => deletion.remove(each)}
                  onRenamed={() => void refetch()}
                />
              ))}
            </ul>
          </section>
        ))}
        {list.hasNextPage && (
          <button
            type="button"
            className="link small pad"
            onClick={() => void list.fetchNextPage()}
          >
            {t("history.more")}
          </button>
        )}
      </div>
      <Undo />
    </aside>
  );
}

function Undo() {
  const { deletion } = useApp().talk;
  const pending = useValue(deletion.pending);
  const left = useValue(deletion.left);
  if (!pending) return null;
  return (
    <div className="undo" role="status" data-testid="undo">
      <span className="grow">{t("history.deleted", { title: pending.title })}</span>
      <span className="num" aria-hidden="true">
        {minutes(left)}
      </span>
      <button type="button" onClick={() => deletion.undo()}>
        {t("history.undo")}
      </button>
    </div>
  );
}

function useCopies(wanted: boolean): Summary[] {
  const { copy } = useApp();
  const [copies, setCopies] = useState<Summary[]>([]);
  useEffect(() => {
    if (wanted) void copy.conversations().then(setCopies);
  }, [wanted, copy]);
  return copies;
}

function matches(conversation: Summary, query: string): boolean {
  return conversation.title.toLowerCase().includes(query.toLowerCase());
}
