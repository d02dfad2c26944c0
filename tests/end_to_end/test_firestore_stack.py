"""A whole conversation with Firestore in place of SQLite, on the emulator."""

from pathlib import Path

from tests.end_to_end.scene import Json, Scene, StackUser, staged


async def test_conversation_on_firestore_from_start_to_charge(
    tmp_path: Path, firestore_address: str, firestore_project: str
) -> None:
    async with staged(tmp_path, **on(firestore_address, firestore_project)) as scene:
        ada = scene.person()
        begun = await ada.start()
        here = {"conversation_id": begun["conversation_id"]}
        session = {"avatar_session_id": begun["avatar_session_id"]}
        told = await ada.collect_events("My name is Ada.", **here)
        assert told[-1].data["spoken"] == told[-1].data["text"]
        assert "Your name is Ada." in (await ada.chat("Who am I?", **here))["text"]
        spoken = await ada.call("speak", text="Well then.", **session)
        assert (spoken.status_code, spoken.json()["ended"]) == (200, "complete")
        assert (await ada.call("speak", interrupt=True, **session)).status_code == 200
        kept = await ada.call("keep_alive", **session)
        assert kept.json()["expires_at"] == begun["expires_at"]
        await resumes(ada, begun["conversation_id"], begun["avatar_session_id"])
        refused = await ada.call("start_avatar")
        assert refused.json()["avatar_session_ids"] == [begun["avatar_session_id"]]

        ended = (await ada.call("end_session", **session)).json()
        assert ended["state"] == "ended"
        assert (await ada.call("end_session", **session)).json()["seconds"] == ended["seconds"]
        meters = ended["usage"]["meters"]
        assert meters["avatar_seconds"]["used"] == ended["seconds"]
        assert {meter["reserved"] for meter in meters.values()} == {0}
        for meter in meters:
            assert await scene.meter(ada, meter) == (meters[meter]["used"], 0)
        assert not any((await scene.sweep()).values())
        eve = scene.person()
        assert (await eve.call("end_session", **session)).status_code == 404


async def resumes(person: StackUser, conversation: str, session: str) -> None:
    again = await person.call("start_avatar", conversation_id=conversation)
    assert (again.status_code, again.json()["avatar_session_id"]) == (200, session)


async def test_expiry_and_idle_end_on_firestore(
    tmp_path: Path, firestore_address: str, firestore_project: str
) -> None:
    settings: Json = {"max_session_seconds": 2, "min_session_seconds": 1, "idle_seconds": 1}
    at = on(firestore_address, firestore_project)
    async with staged(tmp_path, **at, **settings) as scene:
        expires, idles = scene.person(), scene.person()
        first = (await expires.start())["avatar_session_id"]
        await scene.until(lambda: is_in_state(scene, first, "ended"))
        document = await scene.session(first)
        assert document["end_reason"] == "expired"
        assert document["seconds"] in {1, 2}  # the provider says whole seconds, rounded down
        assert await scene.meter(expires, "avatar_seconds") == (document["seconds"], 0)

        second = (await idles.start())["avatar_session_id"]

        async def swept() -> bool:
            await scene.sweep()
            return await is_in_state(scene, second, "ended")

        await scene.until(swept)
        document = await scene.session(second)
        assert document["end_reason"] in {"idle", "expired"}
        assert await scene.meter(idles, "avatar_seconds") == (document["seconds"], 0)


async def is_in_state(scene: Scene, session: str, state: str) -> bool:
    return bool((await scene.session(session))["state"] == state)


def on(address: str, project: str) -> Json:
    return {"store": "firestore", "firestore_emulator": address, "project": project}
