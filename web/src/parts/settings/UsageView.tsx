import { useQuery } from "@tanstack/react-query";
import type { UsageReport } from "../../core/api/types";
import { useApp } from "../../hooks/use-app";
import { locale, number, t } from "../../i18n";
import type { Key } from "../../i18n/en";
import { inMinutes } from "../stage/Bill";
import { Waiting } from "../Waiting";
import { Failed } from "./Failed";

const SECONDS = new Set(["avatar_seconds", "transcribed_seconds"]);
const NAMES: Record<string, Key> = {
  avatar_seconds: "usage.avatar_seconds",
  agent_tokens: "usage.agent_tokens",
  voice_characters: "usage.voice_characters",
  transcribed_seconds: "usage.transcribed_seconds",
};

export function UsageView() {
  const { api } = useApp();
  const report = useQuery({ queryKey: ["usage"], queryFn: () => api.usage() });
  return (
    <>
      <h1>{t("settings.usage")}</h1>
      {report.isPending && <Waiting />}
      {report.isError && <Failed again={() => void report.refetch()} />}
      {report.data && <Report report={report.data} />}
    </>
  );
}

function Report({ report }: { report: UsageReport }) {
  const { usage } = report;
  const resets = new Date(usage.resets_at);
  const meter = usage.meters.avatar_seconds;
  const month = new Date(`${usage.month}-15`).toLocaleDateString(locale(), { month: "long" });
  return (
    <>
      <div className="heads">
        <h2>{t("usage.month", { month })}</h2>
        {meter && (
          <span className="quiet num">
            {t("usage.minutes", {
              used: inMinutes(meter.used),
              allowance: inMinutes(meter.allowance),
            })}
          </span>
        )}
      </div>
      <div className="panel">
        <Chart report={report} />
        <p className="legend">
          <span>{t("usage.note")}</span>
          <span>
            {t("usage.new", {
              date: resets.toLocaleDateString(locale(), { day: "numeric", month: "long" }),
            })}
          </span>
        </p>
      </div>
      <div className="panel">
        <div className="bars">
          {Object.entries(usage.meters).map(([name, each]) => (
            <Meter key={name} name={name} used={each.used} allowance={each.allowance} />
          ))}
        </div>
      </div>
    </>
  );
}

function Meter({ name, used, allowance }: { name: string; used: number; allowance: number }) {
  const key = NAMES[name];
  const shown = (value: number): string => (SECONDS.has(name) ? inMinutes(value) : number(value));
  return (
    <div>
      <p className="legend num">
        <span>{key ? t(key) : name}</span>
        <span>{t("usage.of", { used: shown(used), allowance: shown(allowance) })}</span>
      </p>
      <svg className="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="meter-all" width="100" height="8" />
        <rect
          className="meter-used"
          width={Math.min(100, (100 * used) / Math.max(1, allowance))}
          height="8"
        />
      </svg>
    </div>
  );
}

/** Minutes by day as bars. A screen reader gets a table. */
function Chart({ report }: { report: UsageReport }) {
  const today = new Date().toISOString().slice(0, 10);
  const [year = 2026, month = 1] = report.usage.month.split("-").map(Number);
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const values = new Map(report.days.map((each) => [each.day, each.meters.avatar_seconds ?? 0]));
  const days = Array.from({ length: count }, (_, index) => {
    const day = `${report.usage.month}-${String(index + 1).padStart(2, "0")}`;
    return { day, seconds: values.get(day) ?? 0 };
  });
  const most = Math.max(60, ...days.map((each) => each.seconds));
  return (
    <div>
      <svg
        className="chart"
        viewBox={`0 0 ${count * 10} 100`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <line x1="0" x2={count * 10} y1="100" y2="100" />
        {days.map(({ day, seconds }, index) => {
          const height = seconds ? Math.max(3, (seconds / most) * 98) : 2;
          const kind = seconds === 0 ? "nil" : day === today ? "now" : undefined;
          return (
            <rect
              key={day}
              className={kind}
              x={index * 10 + 2}
              y={100 - height}
              width="6"
              height={height}
              rx="1.5"
            />
          );
        })}
      </svg>
      <p className="axis num" aria-hidden="true">
        <span>{number(1)}</span>
        <span>{number(Math.ceil(count / 2))}</span>
        <span>{number(count)}</span>
      </p>
      <table className="sr">
        <thead>
          <tr>
            <th>{t("usage.day")}</th>
            <th>{t("usage.value")}</th>
          </tr>
        </thead>
        <tbody>
          {days
            .filter((each) => each.seconds > 0)
            .map((each) => (
              <tr key={each.day}>
                <td>{each.day}</td>
                <td>{inMinutes(each.seconds)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
