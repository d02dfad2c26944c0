"""Faults that reviews and attacks found, each with a test in `known_faults/` that states what is right.

Open faults are strict expected failures, by `known(...)`. Who fixes one changes the test's `known` to
`fixed`; the row here stays. Names A, B and C are of a review of the core, numbers of the attacks on the
local stack.

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

Not reproduced here, because a process of its own or a deployed part is needed: B4 (SIGTERM ends no
turn), B13 (the event loop is held by a library), attack 12 (a gap in the OpenAPI document), attacks 13
and 14 (tokens), attack 15 (an undocumented limit). One finding of B1 is no fault any more, because the
design decided otherwise: a caller who leaves cuts the turn, also with a key.
"""

import importlib
import re
from pathlib import Path

import pytest

from tests.reliability.known_faults.known import FAULTS

FOLDER = Path(__file__).parent / "known_faults"
REQUIRED = {
    *("A1", "A2", "A4", "A5", "A7", "A8", "A9", "A11", "B1", "B2", "B8", "B9"),
    *("attack 1", "attack 2", "attack 5", "attack 9"),
}
ROW = re.compile(r"^(\S.*?)  +(\S.*)\n +(\w+): (test_\w+)$", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def tests_loaded() -> None:
    for path in sorted(FOLDER.glob("test_*.py")):
        importlib.import_module(f"tests.reliability.known_faults.{path.stem}")


def rows() -> set[tuple[str, ...]]:
    """Return fault, what it shows, module and test of each test in the folder."""
    return {(fault.name, fault.shows, *test.rsplit(".", 2)[1:]) for test, fault in FAULTS.items()}


def test_the_table_lists_every_test() -> None:
    assert set(ROW.findall(__doc__ or "")) == rows()


def test_every_fault_that_matters_is_reproduced() -> None:
    covered = {name for fault in FAULTS.values() for name in fault.name.split(", ")}
    assert covered >= REQUIRED
