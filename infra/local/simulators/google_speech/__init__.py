"""A simulated Google Cloud Text-to-Speech: `google_speech_app(SpeechSimulator())`."""

from infra.local.simulators.google_speech.app import google_speech_app
from infra.local.simulators.google_speech.state import SpeechSimulator

__all__ = ["SpeechSimulator", "google_speech_app"]
