// The page of the room's tests: the unmodified clients, and measurements that a test reads.
import { Room, RoomEvent, DisconnectReason } from 'livekit-client';
import * as sdk from '@heygen/liveavatar-web-sdk';

/** Measures a video element: frames, the openness of the lips, and the sound of the room. */
class Meter {
  constructor(video) {
    this.video = video;
    this.frames = [];
    this.sound = [];
    this.canvas = new OffscreenCanvas(48, 36).getContext('2d', { willReadFrequently: true });
    const see = (_now, meta) => {
      if (video.videoWidth) this.frames.push({ at: meta.mediaTime, stamp: meta.rtpTimestamp, dark: this.dark() });
      video.requestVideoFrameCallback(see);
    };
    video.requestVideoFrameCallback(see);
  }

  /** Dark pixels of the region of the lips: more when they are open. */
  dark() {
    const { videoWidth: w, videoHeight: h } = this.video;
    this.canvas.drawImage(this.video, w * 0.44, h * 0.42, w * 0.12, h * 0.14, 0, 0, 48, 36);
    const { data } = this.canvas.getImageData(0, 0, 48, 36);
    let dark = 0;
    for (let i = 0; i < data.length; i += 4) dark += data[i] < 140;
    return dark;
  }

  /** Follow a track's loudness every 10 ms of the audio's own clock. */
  async listen(track) {
    const context = (this.context = new AudioContext());
    const code = `registerProcessor('meter', class extends AudioWorkletProcessor {
      constructor() { super(); this.sum = 0; this.n = 0; }
      process([input]) {
        if (!input[0]) return true;
        for (const x of input[0]) this.sum += x * x;
        this.n += input[0].length;
        if (this.n >= sampleRate / 100) {
          this.port.postMessage({ at: currentTime, level: Math.sqrt(this.sum / this.n) });
          this.sum = this.n = 0;
        }
        return true;
      } })`;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    const node = new AudioWorkletNode(context, 'meter');
    node.port.onmessage = ({ data }) => this.sound.push(data);
    context.createMediaStreamSource(new MediaStream([track])).connect(node);
  }
}

const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));

/** Join with livekit-client. `options` are the Room's. */
window.join = async (url, token, options = {}) => {
  const facts = { events: [], data: [], tracks: [] };
  const room = new Room(options);
  const video = document.body.appendChild(document.createElement('video'));
  video.playsInline = true;
  const meter = new Meter(video);
  for (const name of ['Disconnected', 'Reconnecting', 'SignalReconnecting', 'Reconnected', 'ParticipantConnected', 'ParticipantDisconnected', 'TrackUnsubscribed', 'ConnectionStateChanged'])
    room.on(RoomEvent[name], (what) => facts.events.push([name, name === 'Disconnected' ? DisconnectReason[what] : String(what?.identity ?? what?.sid ?? what ?? '')]));
  room.on(RoomEvent.DataReceived, (payload, from, _kind, topic) => facts.data.push({ topic, from: from?.identity, text: new TextDecoder().decode(payload) }));
  room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    facts.tracks.push([track.kind, participant.identity]);
    track.attach(video);
    if (track.kind === 'audio') meter.listen(track.mediaStreamTrack);
  });
  const viewer = {
    room, video, meter, facts,
    say: (value, topic = 'agent-control') => room.localParticipant.publishData(bytes(value), { reliable: true, topic }),
    stats: async () => {
      const found = {};
      const { subscriber, publisher } = room.engine.pcManager;
      for (const peer of [subscriber, publisher].filter(Boolean)) {
        const stats = await peer.getStats();
        for (const each of stats.values()) {
          if (each.type !== 'inbound-rtp') continue;
          const codec = stats.get(each.codecId);
          found[each.kind] = { codec: codec?.mimeType, decoded: each.framesDecoded, dropped: each.framesDropped, lost: each.packetsLost, energy: each.totalAudioEnergy, samples: each.totalSamplesReceived, concealed: each.concealedSamples, seconds: each.totalSamplesDuration, width: each.frameWidth, height: each.frameHeight };
        }
      }
      return found;
    },
  };
  (window.viewers ??= []).push(viewer);
  await room.connect(url, token);
  facts.version = room.engine.latestJoinResponse.serverInfo?.version;
  facts.single = !room.engine.pcManager.subscriber;
  return facts;
};

/** Start a session with the provider's SDK. */
window.startSession = async (token, options) => {
  const facts = { events: [] };
  const session = new sdk.LiveAvatarSession(token, options);
  const video = document.body.appendChild(document.createElement('video'));
  const meter = new Meter(video);
  for (const name of [...Object.values(sdk.SessionEvent), ...Object.values(sdk.AgentEventsEnum)])
    session.on(name, (what) => facts.events.push([name, what?.text ?? what?.stop_reason ?? what?.event_id ?? what ?? null]));
  session.on(sdk.SessionEvent.SESSION_STREAM_READY, () => {
    session.attach(video);
    meter.listen(session._remoteAudioTrack.mediaStreamTrack);
  });
  window.sdk = { session, video, meter, facts };
  await session.start();
  return facts;
};
window.ready = true;
