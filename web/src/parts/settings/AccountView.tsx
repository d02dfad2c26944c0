import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApp } from "../../hooks/use-app";
import { locale, t } from "../../i18n";
import { Waiting } from "../Waiting";
import { Row } from "./controls";
import { Failed } from "./Failed";

const KEY = ["account"];

/** Who is signed in, sign-out, export, deletion with 7 days of grace. */
export function AccountView() {
  const { api, person, copy, signOut } = useApp();
  const queries = useQueryClient();
  const account = useQuery({ queryKey: KEY, queryFn: () => api.account() });
  const again = { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
  const save = useMutation({ mutationFn: async () => download(await api.exportAccount()) });
  const restore = useMutation({
    mutationFn: async () => {
      await api.restoreAccount();
      await copy.resume(person.uid);
    },
    ...again,
  });
  const remove = useMutation({
    mutationFn: async () => {
      await api.deleteAccount();
      await copy.stop(person.uid);
    },
    ...again,
  });
  const deletion = account.data?.deletion;
  return (
    <>
      <h1>{t("settings.account")}</h1>
      {account.isPending && <Waiting />}
      {account.isError && <Failed again={() => void account.refetch()} />}
      <div className="panel">
        <dl className="facts">
          <dt>{t("account.name")}</dt>
          <dd>{account.data?.name ?? person.name}</dd>
          {account.data?.email && (
            <>
              <dt>{t("account.email")}</dt>
              <dd>{account.data.email}</dd>
            </>
          )}
          {account.data && account.data.plan !== "default" && (
            <>
              <dt>{t("account.plan")}</dt>
              <dd>{account.data.plan}</dd>
            </>
          )}
        </dl>
        <Row label={t("account.signout")} hint={t("account.signout.hint")}>
          <button type="button" className="btn" onClick={() => void signOut()}>
            {t("account.signout")}
          </button>
        </Row>
        {account.data && (
          <Row
            label={t("account.export")}
            hint={t(
              save.isPending
                ? "waiting"
                : save.isError
                  ? "account.export.failed"
                  : "account.export.hint",
            )}
          >
            <button
              type="button"
              className="btn"
              disabled={save.isPending}
              onClick={() => save.mutate()}
            >
              {t("account.export")}
            </button>
          </Row>
        )}
      </div>
      {deletion && (
        <div className="panel">
          <Row label={t("account.deleting", { date: day(deletion.deletes_at) })}>
            <button type="button" className="btn main" onClick={() => restore.mutate()}>
              {t("account.restore")}
            </button>
          </Row>
        </div>
      )}
      {account.data && !deletion && (
        <div className="panel">
          <DeleteForm remove={() => remove.mutate()} failed={remove.isError} />
        </div>
      )}
    </>
  );
}

function DeleteForm({ remove, failed }: { remove: () => void; failed: boolean }) {
  const [typed, setTyped] = useState("");
  const word = t("account.delete.word");
  return (
    <form
      className="delete-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim().toLowerCase() === word.toLowerCase()) remove();
      }}
    >
      <p className="small quiet">{t("account.delete.hint")}</p>
      <label htmlFor="delete">{t("account.delete.type", { word })}</label>
      <div className="acts">
        <input id="delete" value={typed} onChange={(event) => setTyped(event.target.value)} />
        <button
          type="submit"
          className="btn danger"
          disabled={typed.trim().toLowerCase() !== word.toLowerCase()}
        >
          {t("account.delete")}
        </button>
      </div>
      {failed && <Failed />}
    </form>
  );
}

function day(iso: string): string {
  return new Date(iso).toLocaleDateString(locale(), {
    day: "numeric",
    month: "long",
    year: "numeric",
  });
}

function download(file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "oprina-export.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
