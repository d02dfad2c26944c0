import { useSelector } from "@xstate/react";
import { useLocation } from "wouter";
import type { Marks } from "../../core/marks";
import { useApp } from "../../hooks/use-app";
import { number, t } from "../../i18n";

/** The price of the avatar session that ended. */
export function Bill() {
  const { talk } = useApp();
  const [, go] = useLocation();
  const bill = useSelector(talk.avatar, (now) => now.context.bill);
  const meter = bill?.usage.meters.avatar_seconds;
  const seconds = bill?.seconds ?? 0;
  const quickness = latency(talk.marks);
  return (
    <section className="bill" aria-label={t("bill.title")} data-testid="bill">
      <p className="small quiet">{bill ? t("bill.title") : t("bill.unknown")}</p>
      {bill && (
        <p className="big num">
          {seconds >= 60 && (
            <>
              {number(Math.floor(seconds / 60))}
              <small>{t("bill.minutes")}</small>
            </>
          )}
          {number(Math.floor(seconds % 60))}
          <small>{t("bill.seconds")}</small>
        </p>
      )}
      {meter && (
        <div>
          <svg className="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect className="meter-all" width="100" height="8" />
            <rect
              className="meter-used"
              width={share(meter.used - seconds, meter.allowance)}
              height="8"
            />
            <rect
              className="meter-now"
              x={share(meter.used - seconds, meter.allowance)}
              width={Math.max(0.8, share(seconds, meter.allowance))}
              height="8"
            />
          </svg>
          <p className="legend num">
            <span>
              {t("bill.month", {
                used: inMinutes(meter.used),
                allowance: inMinutes(meter.allowance),
                now: inMinutes(seconds),
              })}
            </span>
            <span>{t("bill.left", { left: inMinutes(meter.left, Math.floor) })}</span>
          </p>
        </div>
      )}
      {quickness && <p className="small quiet num">{quickness}</p>}
      <div className="acts">
        <button type="button" className="btn main" onClick={() => void talk.begin()}>
          {t("bill.resume")}
        </button>
        <button
          type="button"
          className="btn"
          onClick={() => {
            talk.avatar.send({ type: "dismiss" });
            go("/");
          }}
        >
          {t("bill.new")}
        </button>
      </div>
    </section>
  );
}

/** Return how fast the last answer by voice was, in words, or undefined before the first one. */
export function latency({ measured }: Marks): string | undefined {
  const { last_word_to_first_text: heard, last_word_to_first_sound: answered } = measured;
  if (heard === undefined || answered === undefined) return undefined;
  return t("clock.details", { heard, answered });
}

function share(part: number, whole: number): number {
  return Math.min(100, Math.max(0, (part / Math.max(1, whole)) * 100));
}

/** Return seconds as minutes with at most one decimal. What is left is rounded down: `Math.floor`. */
export function inMinutes(seconds: number, round: (value: number) => number = Math.round): string {
  return number(round(seconds / 6) / 10);
}
