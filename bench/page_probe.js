// Measures the page from inside. Runs before the page's own script; bench/page.py reads `window.bench`.
// All times are seconds of `performance.now()`.
window.bench = { shown: [], sounds: { person: [], page: [] }, gains: [] };

// A block is 128 samples (2.7 ms at 48 kHz). Sound ends after 0.3 s without a loud block.
const METER = `
registerProcessor("meter", class extends AudioWorkletProcessor {
  isLoud = false;
  last = 0;
  blocks = 0;
  process([[samples]]) {
    let sum = 0;
    for (const each of samples ?? []) sum += each * each;
    if (samples && Math.sqrt(sum / samples.length) > 0.01) {
      this.last = currentTime;
      if (!this.isLoud) this.tell({ edge: "start", at: currentTime });
      this.isLoud = true;
    } else if (this.isLoud && currentTime > this.last + 0.3) {
      this.isLoud = false;
      this.tell({ edge: "end", at: this.last });
    }
    this.blocks += 1;
    if (this.blocks % 32 === 0) this.tell({});
    return true;
  }
  tell(what) {
    this.port.postMessage({ now: currentTime, ...what });
  }
});`;
const connect = AudioNode.prototype.connect;

async function listen(context, node, name) {
  const address = URL.createObjectURL(new Blob([METER], { type: "text/javascript" }));
  await context.audioWorklet.addModule(address);
  const meter = new AudioWorkletNode(context, "meter");
  const lags = [];
  meter.port.onmessage = ({ data }) => {
    // The clock of the sound, seen from here: the least delay of the last messages.
    lags.push(performance.now() / 1000 - data.now);
    if (lags.length > 40) lags.shift();
    const at = data.at + Math.min(...lags);
    if (data.edge === "start") window.bench.sounds[name].push({ from: at, to: null });
    if (data.edge === "end") window.bench.sounds[name].at(-1).to = at;
  };
  connect.call(node, meter);
  connect.call(meter, context.destination); // silent; a node without an output is not run
}

AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode && this instanceof GainNode)
    void listen(this.context, this, "page");
  return connect.call(this, to, ...more);
};

const { setTargetAtTime } = AudioParam.prototype;
AudioParam.prototype.setTargetAtTime = function (target, from, constant) {
  // After three time constants 95 % of the way are done.
  window.bench.gains.push({ target, at: performance.now() / 1000 + 3 * constant });
  return setTargetAtTime.call(this, target, from, constant);
};

const { mediaDevices } = navigator;
const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
mediaDevices.getUserMedia = async (wanted) => {
  const stream = await getUserMedia(wanted);
  const context = new AudioContext({ latencyHint: "interactive" });
  window.bench.microphone = context.createMediaStreamSource(stream);
  await listen(context, window.bench.microphone, "person");
  return stream;
};

let pressed = null;
addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Enter") pressed = event.timeStamp;
  },
  true,
);
new MutationObserver(() => {
  const words = document.querySelector("[data-testid=live-answer] .words");
  if (pressed === null || !words?.textContent.trim()) return;
  const from = pressed;
  pressed = null;
  requestAnimationFrame(() =>
    setTimeout(() => window.bench.shown.push((performance.now() - from) / 1000)),
  );
}).observe(document, { subtree: true, childList: true, characterData: true });
