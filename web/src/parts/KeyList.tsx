import { useEffect, useRef } from "react";
import { t } from "../i18n";
import type { Key } from "../i18n/en";
import { Icon } from "./Icon";

const KEYS: [string, Key][] = [
  ["Space", "keys.talk"],
  ["M", "keys.mute"],
  ["Esc", "keys.escape"],
  ["/", "keys.write"],
  ["C", "keys.captions"],
  ["Ctrl K", "keys.search"],
  ["?", "keys.list"],
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
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(meaning)}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
