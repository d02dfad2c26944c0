import { useSlow } from "../hooks/use-slow";
import { t } from "../i18n";

const SLOW_MS = 800;

/** One quiet line where something is loaded and the answer takes its time. */
export function Waiting() {
  const isSlow = useSlow(true, SLOW_MS);
  return isSlow ? (
    <p className="quiet small pad" role="status">
      {t("waiting")}
    </p>
  ) : null;
}
