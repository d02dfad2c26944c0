import { useEffect, useRef, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { Link } from "wouter";
import type { Summary } from "../../core/api/types";
import { useApp } from "../../hooks/use-app";
import { useKeptFocus } from "../../hooks/use-kept-focus";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import { Icon } from "../Icon";
import { shortTime } from "./days";

const MENU_CLOSES_MS = 50;

interface Props {
  conversation: Summary;
  query: string;
  onDelete: () => void;
  onRenamed: () => void;
}

export function ConversationItem({ conversation, query, onDelete, onRenamed }: Props) {
  const { api, talk } = useApp();
  const opened = useValue(talk.opened);
  const [draft, setDraft] = useState<string | null>(null);
  const [title, setTitle] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const isEditing = draft !== null;
  useKeptFocus(`c-${conversation.conversation_id}`, isEditing);
  useEffect(() => {
    if (!isEditing) return;
    // The menu holds the focus until it has closed.
    const timer = setTimeout(() => {
      field.current?.focus();
      field.current?.select();
    }, MENU_CLOSES_MS);
    return () => clearTimeout(timer);
  }, [isEditing]);
  const isOpen = opened.id === conversation.conversation_id;
  const shown = title ?? conversation.title;
  const rename = (): void => {
    const next = draft?.trim();
    setDraft(null);
    if (!next || next === conversation.title) return;
    setTitle(next);
    if (isOpen) talk.conversation.rename(next);
    void api.rename(conversation.conversation_id, next).then(onRenamed, () => {
      setTitle(null);
      if (isOpen) talk.conversation.rename(conversation.title);
    });
  };
  if (draft !== null)
    return (
      <li>
        <form
          className="conv edit"
          onSubmit={(event) => {
            event.preventDefault();
            rename();
          }}
        >
          <input
            ref={field}
            value={draft}
            maxLength={100}
            aria-label={t("history.name")}
            onChange={(event) => setDraft(event.target.value)}
            onBlur={rename}
            onKeyDown={(event) => event.key === "Escape" && setDraft(null)}
          />
        </form>
      </li>
    );
  return (
    <li className="conv-row">
      <Link
        id={`c-${conversation.conversation_id}`}
        className={isOpen ? "conv on" : "conv"}
        href={`/c/${conversation.conversation_id}`}
        aria-current={isOpen ? "page" : undefined}
      >
        <span dir="auto">
          <Found text={shown} query={query} />
        </span>
        <time className="num" dateTime={conversation.updated_at}>
          {shortTime(conversation.updated_at)}
        </time>
      </Link>
      <MenuTrigger>
        <Button className="ib late" aria-label={`${t("conversation.more")}: ${shown}`}>
          <Icon name="more" />
        </Button>
        <Popover placement="bottom end" className="menu">
          <Menu
            aria-label={t("conversation.more")}
            onAction={(key) => (key === "rename" ? setDraft(shown) : onDelete())}
          >
            <MenuItem id="rename">{t("history.rename")}</MenuItem>
            <MenuItem id="delete" className="danger">
              {t("history.delete")}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </li>
  );
}

/** The title, with the beginning of words that were searched for underlined. */
function Found({ text, query }: { text: string; query: string }) {
  const at = query ? text.toLowerCase().indexOf(query.toLowerCase()) : -1;
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <em>{text.slice(at, at + query.length)}</em>
      {text.slice(at + query.length)}
    </>
  );
}
