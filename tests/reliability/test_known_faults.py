"""Faults that reviews and attacks found, each with a test in `known_faults/` that states what is right.

Each test failed before its fault was mended. Names A, B and C are of a review of the core, numbers of
the attacks on the local stack.

A1              a websocket that opens late ends the session of a chat
                test_sessions: test_a_chat_waits_for_a_connection_that_opens_late
A1              a websocket that opens late ends the session of a speak
                test_sessions: test_a_speak_waits_for_a_connection_that_opens_late
A1              a websocket that drops in a turn ends the session
                test_sessions: test_a_dropped_connection_ends_no_session
A1              a missing secret ends the session
                test_sessions: test_a_missing_secret_ends_no_session
A2              the agent acts for a turn that was refused as 'nothing was changed'
                test_turns: test_the_agent_does_nothing_for_a_refused_turn
A2              one key on two instances asks the agent twice
                test_turns: test_one_key_on_two_instances_asks_the_agent_once
A3              a 404 after a tool has run makes the turn run again
                test_turns: test_a_reply_cut_after_a_tool_is_not_repeated
A4              a store that is away once at the end of a turn loses the reply
                test_turns: test_a_reply_survives_a_store_that_is_away_once
A5              a caller who leaves before the usage is known pays almost nothing
                test_turns: test_a_cancelled_turn_costs_at_least_the_last_prompt
A5              a caller who leaves before the first word pays nothing
                test_turns: test_a_turn_cancelled_before_any_text_costs_its_reservation
A5              what goes beyond the allowance is not recorded, and the answer says that it is
                test_turns: test_use_beyond_the_allowance_is_recorded_in_full
A6              a session without its conversation is never stopped
                test_sessions: test_a_session_is_stopped_though_its_conversation_is_gone
A7, attack 1    a voice that hangs makes a turn longer than any request may be
                test_speech: test_a_turn_ends_in_time_though_the_voice_hangs
A7, attack 1    a voice that fails is asked again for each sentence
                test_speech: test_a_voice_that_fails_is_given_up
A7              the sweep frees the lease of a turn that still runs
                test_speech: test_the_sweep_leaves_a_turn_that_runs
A8              a request that is refused cuts the speech of the turn that runs
                test_speech: test_a_refused_request_interrupts_no_one
A8              of two messages at once, the refused one cuts the other: neither is answered
                test_speech: test_of_two_messages_at_once_one_is_answered_in_full
A9              a refused keep_alive ends a session that runs
                test_sessions: test_a_refused_keep_alive_asks_whether_the_session_runs
A9              a stop that is refused locks the user out for ever
                test_sessions: test_a_refused_stop_of_an_ended_session_settles_it
A10             a session that the provider ended is charged by our clock
                test_sessions: test_a_session_that_broke_off_is_charged_what_it_ran
A10             a duration that the provider does not give counts as zero seconds
                test_adapters: test_a_duration_that_is_not_given_is_unknown
A11             the sweep ends a session that was used after its query
                test_sessions: test_the_sweep_leaves_a_session_that_is_used_meanwhile
A12             a keep_alive brings the end of a session forward
                test_sessions: test_a_keep_alive_never_shortens_a_session
B1              a start that reached its deadline claims that nothing happened
                test_starts: test_a_start_that_ran_out_of_time_is_ambiguous
B1              the key of a start that reached its deadline is locked for ten minutes
                test_starts: test_a_slow_starts_key_is_free_after_a_sweep
B1              the key of a start is refused after the session ended
                test_starts: test_a_starts_key_gives_its_answer_after_the_end
B1              a turn whose process died locks its key, and then runs again
                test_turns: test_a_lost_turn_answers_its_key_and_is_charged_once
B2              a speak cannot be stopped from another process
                test_speech: test_a_speak_is_stopped_from_another_process
B3              a turn keeps all of its sound until it ends
                test_speech: test_a_turn_does_not_keep_sent_sound
B5              a field of a newer release breaks the conversation
                test_turns: test_a_field_of_a_newer_release_is_ignored
B6              a lost agent session ends the conversation, but in one form
                test_adapters: test_a_lost_agent_session_is_created_again
B7              one sweep ends at most 500 sessions
                test_sessions: test_a_sweep_goes_on_until_nothing_is_due
B8              an unconfirmed commit is not recognised when someone else wrote meanwhile
                test_turns: test_an_unconfirmed_turn_that_was_interrupted_is_charged_nothing
B9              two streams of one agent session are open at once
                test_turns: test_a_newer_turn_waits_until_the_older_stream_is_closed
B9              an interruption by speak lets a second stream in beside a text turn
                test_turns: test_an_interruption_lets_no_second_stream_in
B10             a session is swept as idle in the middle of a speech
                test_speech: test_a_session_that_speaks_is_not_idle
B11, attack 6   an avatar that the provider does not know is a failure of ours
                test_adapters: test_an_unknown_avatar_is_a_mistake_of_the_caller
B12             a call that met silence is not tried again, though it is safe to repeat
                test_adapters: test_a_stop_is_tried_again_after_a_silence
B14             a session that ends during a sweep counts as an orphan
                test_sessions: test_a_session_that_ends_during_a_sweep_is_no_orphan
C               a turn that failed and is tried again keeps the message twice
                test_turns: test_a_turn_that_failed_keeps_its_message_once
C s19           a stream is silent while a tool works
                test_turns: test_no_stream_is_silent_for_more_than_fifteen_seconds
C s58           refused starts ask the provider for session tokens
                test_starts: test_a_refused_start_asks_the_provider_for_nothing
attack 2        a turn that outlives its lease is charged in full, and its answer denies it
                test_speech: test_the_answer_of_a_turn_agrees_with_the_ledger
attack 3        a text that is longer when spoken fails as a whole
                test_speech: test_a_text_that_is_longer_when_spoken_is_spoken_or_refused
attack 4        a voice or language that cannot speak is accepted, and billed
                test_speech: test_a_voice_that_cannot_speak_is_refused
attack 5        a stop that is answered with nonsense settles what runs
                test_sessions: test_a_stop_is_settled_only_when_the_session_is_over
attack 7        a 503 does not say when to come back
                test_turns: test_a_503_says_when_to_come_back
attack 8        a conflict of many requests reaches the caller
                test_turns: test_no_conflict_reaches_a_caller
attack 9        the key of a start whose process died is locked for ten minutes
                test_starts: test_a_key_is_free_after_a_sweep_settled_it
attack 9        a user whose start died is told to wait for ten minutes
                test_starts: test_the_refusal_after_a_dead_start_says_when_to_retry
attack 10       a slow start is charged too little, a slow stop too much
                test_sessions: test_a_charge_is_the_time_that_the_provider_ran
attack 11       a body that does not arrive is a failure of ours
                test_adapters: test_a_body_that_does_not_arrive_is_a_408
attack 16       a secret whose deletion failed is not deleted again
                test_sessions: test_a_secret_is_deleted_though_the_vault_was_away_once

Faults whose tests stand elsewhere, because a process, a document or an adapter of its own is needed:

B4              SIGTERM ends no turn
                tests/api/test_shutdown.py:
                test_sigterm_settles_running_turns_and_goes_on_to_the_servers_handler
B12             the store's reads are not tried again after a silence
                tests/contract/test_firestore_outage.py:
                test_read_without_an_answer_leaves_time_for_the_next
B13             loading credentials holds the event loop
                tests/adapters/test_firestore_credentials.py:
                test_event_loop_is_free_while_credentials_load
C s02           requests of one user at once are refused with `conflict`
                tests/reliability/test_races.py:
                test_the_ledger_adds_up_after_everything_at_once
C s18           ids made one after the other sort the other way
                tests/unit/test_ids.py:
                test_an_id_of_a_later_millisecond_sorts_after
C s25           a token that is still valid is not used when its renewal fails
                tests/adapters/test_google.py:
                test_a_token_that_is_still_valid_is_used_when_its_renewal_fails
C s27           settings have no bounds and contradict each other
                tests/unit/test_settings.py:
                test_contradicting_settings_are_named
C               a start that was overtaken keeps its key
                tests/unit/sessions/test_start.py:
                test_a_key_whose_start_was_undone_may_be_used_again
C               the vault keeps a token that no call needs
                tests/contract/test_vault.py:
                test_every_field_of_the_tokens_is_kept
attack 10       clocks that differ change a charge
                tests/reliability/scenarios/test_sessions.py:
                test_clocks_5_s_apart_change_no_charge_by_more_than_a_second
attack 12       the OpenAPI document accepts what the function refuses
                tests/infra/test_openapi.py:
                test_the_schema_knows_which_fields_go_together
attack 13       a token of nested brackets is a failure of the local stack
                tests/local/test_iam.py:
                test_token_of_nested_brackets_is_401
attack 14       a token with an endless time is let in
                tests/contract/test_identity.py:
                test_well_signed_token_with_wrong_claims_is_refused
attack 14       a token with an extension of its header is let in
                tests/contract/test_identity.py:
                test_a_header_with_an_extension_is_refused
attack 16       words of format characters only are a message
                tests/api/test_bodies.py:
                test_an_invalid_field_is_named
attack 16       the database file is readable by other users of the machine
                tests/contract/test_sqlite_store.py:
                test_the_file_is_readable_by_its_owner_alone
start           a start that fails is stopped without a commit
                tests/reliability/scenarios/test_sessions.py:
                test_no_session_is_stopped_before_its_ending_is_committed
start           a start that never happened keeps its slot until it would have expired
                tests/reliability/scenarios/test_sessions.py:
                test_the_slot_of_a_start_that_never_happened_is_free_in_two_minutes
sweep           the sweep of another revision ends a session by its own idle time
                tests/reliability/scenarios/test_sessions.py:
                test_a_session_is_idle_after_the_time_of_its_own_start
freeze          a process that thaws silences the newer turn when it connects
                tests/reliability/scenarios/test_frozen.py:
                test_a_process_that_was_frozen_while_it_connected_silences_no_newer_turn
freeze          a process that thaws silences the newer turn when its caller leaves
                tests/reliability/scenarios/test_frozen.py:
                test_a_process_that_was_frozen_before_it_silenced_silences_no_newer_turn
freeze          a process whose store is away silences the newer turn
                tests/reliability/scenarios/test_frozen.py:
                test_a_turn_whose_store_is_away_silences_nothing_it_cannot_know

No fault: the token of a disabled user is good for an hour (attack 15): SECURITY.md says so. A
caller who leaves cuts the turn, also with a key (B1), by the design. A user id of a custom token
that cannot be a part of a path is refused (C). A caller's sampled trace is sent only where
`OPRINA_TRACES` is set (C). HTTP/1.0 to HTTP/3.7 in a request line are left to the front end
(attacks, part 6).
"""

import importlib
import re
from pathlib import Path

import pytest

from tests.reliability.known_faults.known import FAULTS

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "known_faults"
REQUIRED = {
    *(f"A{number}" for number in range(1, 13)),
    *(f"B{number}" for number in range(1, 15)),
    "C",
    *(f"attack {number}" for number in range(1, 17)),
}
ROW = re.compile(r"^(\S.*?)  +(\S.*)\n +(\w+): (test_\w+)$", re.MULTILINE)
ELSEWHERE = re.compile(r"^(\S.*?)  +\S.*\n +(tests/\S+\.py):\n +(test_\w+)$", re.MULTILINE)
NO_FAULT = {"attack 15"}


@pytest.fixture(scope="module", autouse=True)
def tests_loaded() -> None:
    for path in sorted(FOLDER.glob("test_*.py")):
        importlib.import_module(f"tests.reliability.known_faults.{path.stem}")


def rows() -> set[tuple[str, ...]]:
    """Return fault, what it shows, module and test of each test in the folder."""
    return {(fault.name, fault.shows, *test.rsplit(".", 2)[1:]) for test, fault in FAULTS.items()}


def test_the_table_lists_every_test() -> None:
    assert set(ROW.findall(__doc__ or "")) == rows()


def test_every_fault_has_a_test() -> None:
    here = {name for fault in FAULTS.values() for name in fault.name.split(", ")}
    elsewhere = {name for name, _, _ in ELSEWHERE.findall(__doc__ or "")}
    assert REQUIRED - here - elsewhere == NO_FAULT


def test_every_test_that_stands_elsewhere_exists() -> None:
    found = ELSEWHERE.findall(__doc__ or "")
    assert len(found) > len(NO_FAULT)
    for _, path, test in found:
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), (path, test)
