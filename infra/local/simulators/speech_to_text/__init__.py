"""A simulated Google Cloud Speech-to-Text v2: `speech_to_text_app(RecognitionSimulator())`."""

from infra.local.simulators.speech_to_text.app import speech_to_text_app
from infra.local.simulators.speech_to_text.state import RecognitionSimulator

__all__ = ["RecognitionSimulator", "speech_to_text_app"]
