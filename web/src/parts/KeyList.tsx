import { useEffect, useRef } from "react";
import { t } from "../i18n";
import type { Key } from "../i18n/en";
import { Icon } from "./Icon";

const SPACE = "keys.name.space";
const ESCAPE = "keys.name.escape";
const CONTROL = "keys.name.control";

/** Names of keys, or the sign on them, with what they do. */
const KEYS: [(Key | "M" | "/" | "C" | "K" | "?")[], Key][] = [
  [[SPACE], "keys.talk"],
  [["M"], "keys.mute"],
  [[ESCAPE], "keys.escape"],
  [["/"], "keys.write"],
  [["C"], "keys.captions"],
  [[CONTROL, "K"], "keys.search"],
  [["?"], "keys.list"],
];

export function KeyList({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="keylist" aria-labelledby="keys-title" onClose={onClose}>
      <header>
        <h2 id="keys-title">{t("keys.title")}</h2>
        <button type="button" className="ib" aria-label={t("rail.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <dl>
        {KEYS.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key.length === 1 ? key : t(key as Key)}</kbd>
              ))}
            </dt>
            <dd>{t(meaning)}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
