#!/usr/bin/env bash
# Talk to Oprina with curl: one turn as an event stream, the same key again, and the conversation afterwards.
#   examples/curl/talk.sh [address]
set -euo pipefail
ADDRESS=${1:-http://localhost:8080}

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# The local stack accepts any name. A deployment needs an ID token of Firebase.
TOKEN=$(curl -fsS "$ADDRESS/local/sign-in" -d '{"name": "Ada"}' | field id_token)
SIGNED_IN="Authorization: Bearer $TOKEN"

# One key for one intention: whatever happens to the network, the agent is asked once.
KEY=$(python3 -c 'import uuid; print(uuid.uuid4())')
ask() {
  curl -fsSN "$ADDRESS/api/chat" -H "$SIGNED_IN" -H "Idempotency-Key: $KEY" "$@" \
    -d '{"message": "What time is it?", "speak": false}'
}

echo '== the reply, while it is written'
ask -H 'Accept: text/event-stream'

echo '== the same key again: the stored answer, as one JSON document'
ask | tee answer.json
CONVERSATION=$(field conversation_id <answer.json)
rm answer.json

echo '== the conversation'
curl -fsS "$ADDRESS/api/conversations/$CONVERSATION/messages" -H "$SIGNED_IN"

echo '== a refusal is a problem document'
curl -sS "$ADDRESS/api/conversations/unknown" -H "$SIGNED_IN"
