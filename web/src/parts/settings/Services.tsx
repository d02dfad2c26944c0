import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { GoogleConnection } from "../../core/api/types";
import { useApp } from "../../hooks/use-app";
import { locale, t } from "../../i18n";
import type { Key } from "../../i18n/en";
import { GoogleMark } from "../../pages/SignInPage";
import { Icon } from "../Icon";
import { Waiting } from "../Waiting";
import { SwitchRow } from "./controls";
import { Failed } from "./Failed";

const KEY = ["google"];

/** The person's Google account: connect, switch, disconnect. */
export function Services() {
  const { api } = useApp();
  const queries = useQueryClient();
  const google = useQuery({ queryKey: KEY, queryFn: () => api.google() });
  const connect = useMutation({
    mutationFn: async (wanted: { mail: boolean; calendar: boolean }) => {
      const return_to = `${location.origin}/settings/services`;
      const { url } = await api.connectGoogle({ ...wanted, return_to });
      location.assign(url);
    },
  });
  const change = useMutation({
    mutationFn: (switches: { mail?: boolean; calendar?: boolean }) => api.switchGoogle(switches),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  const disconnect = useMutation({
    mutationFn: () => api.disconnectGoogle(),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <>
      <h1>{t("settings.services")}</h1>
      <Result />
      {google.isPending && <Waiting />}
      {google.isError && <Failed again={() => void google.refetch()} />}
      {(connect.isError || change.isError || disconnect.isError) && <Failed />}
      {google.data && (
        <Connection
          google={google.data}
          connect={(wanted) => connect.mutate(wanted)}
          change={(switches) => change.mutate(switches)}
          disconnect={() => disconnect.mutate()}
        />
      )}
    </>
  );
}

interface ConnectionProps {
  google: GoogleConnection;
  connect: (wanted: { mail: boolean; calendar: boolean }) => void;
  change: (switches: { mail?: boolean; calendar?: boolean }) => void;
  disconnect: () => void;
}

function Connection({ google, connect, change, disconnect }: ConnectionProps) {
  const isConnected = google.state === "connected";
  return (
    <div className="panel">
      <div className="perm with-icon">
        <GoogleMark />
        <div className="label">
          {t("services.google")}
          <p>
            {isConnected
              ? (google.account ?? "")
              : t(google.state === "reconnect" ? "services.reconnect" : "services.none")}
          </p>
          {isConnected && google.last_used_at && (
            <p>
              {t("services.used", { when: new Date(google.last_used_at).toLocaleString(locale()) })}
            </p>
          )}
        </div>
        {isConnected ? (
          <button type="button" className="btn danger" onClick={disconnect}>
            {t("services.disconnect")}
          </button>
        ) : (
          <button
            type="button"
            className="btn main"
            onClick={() => connect({ mail: true, calendar: true })}
          >
            {t("services.connect")}
          </button>
        )}
      </div>
      {isConnected &&
        (["calendar", "mail"] as const).map((name) => (
          <Service
            key={name}
            name={name}
            state={google[name]}
            change={(on) => change({ [name]: on })}
            ask={() =>
              connect({
                mail: google.mail.allowed,
                calendar: google.calendar.allowed,
                [name]: true,
              })
            }
          />
        ))}
    </div>
  );
}

function Service(props: {
  name: "mail" | "calendar";
  state: { allowed: boolean; on: boolean };
  change: (on: boolean) => void;
  ask: () => void;
}) {
  const { name, state, change, ask } = props;
  return (
    <div>
      <SwitchRow
        icon={<Icon name={name} />}
        label={t(`services.${name}`)}
        hint={t(`services.${name}.hint`)}
        isSelected={state.allowed && state.on}
        isDisabled={!state.allowed}
        onChange={change}
      />
      {!state.allowed && (
        <p className="banner missing">
          {t("services.missing")}{" "}
          <button type="button" className="link" onClick={ask}>
            {t("services.ask")}
          </button>
        </p>
      )}
    </div>
  );
}

/** How the visit to Google ended, from the address. */
function Result() {
  const result = new URLSearchParams(location.search).get("google");
  if (!result) return null;
  const words: Key =
    result === "connected"
      ? "services.connected"
      : result === "partial"
        ? "services.partial"
        : "services.cancelled";
  return (
    <p
      className={result === "connected" ? "banner good" : "banner"}
      role="status"
      data-testid="google-result"
    >
      {t(words)}
    </p>
  );
}
