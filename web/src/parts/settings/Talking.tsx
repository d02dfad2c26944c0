import { useEffect, useRef, useState } from "react";
import { faultOf, type MicrophoneFault } from "../../core/audio/microphone";
import { useApp } from "../../hooks/use-app";
import { useFrame } from "../../hooks/use-frame";
import { useMedia } from "../../hooks/use-media";
import { useValue } from "../../hooks/use-value";
import { locale, t } from "../../i18n";
import { ChoiceRow, Row, SwitchRow } from "./controls";

const SPEEDS = [0.8, 0.9, 1, 1.1, 1.2, 1.3];

export function Talking() {
  const { preferences } = useApp();
  const choices = useValue(preferences);
  const hasKeys = !useMedia("(pointer: coarse)");
  return (
    <>
      <h1>{t("settings.talking")}</h1>
      <div className="panel">
        <ChoiceRow
          label={t("talking.mode")}
          value={choices.mode}
          options={[
            ["handsfree", t("talking.handsfree")],
            ["hold", t("talking.hold")],
            ["toggle", t("talking.toggle")],
          ]}
          onChange={(mode) => preferences.choose({ mode })}
        />
        <SwitchRow
          label={t("talking.patient")}
          hint={t("talking.patient.hint")}
          isSelected={choices.patient}
          onChange={(patient) => preferences.choose({ patient })}
        />
        <SwitchRow
          label={t("talking.check")}
          hint={t("talking.check.hint")}
          isSelected={choices.check}
          onChange={(check) => preferences.choose({ check })}
        />
        <SwitchRow
          label={t("talking.video")}
          hint={t("talking.video.hint")}
          isSelected={choices.video}
          onChange={(video) => preferences.choose({ video })}
        />
        <SwitchRow
          label={t("talking.sound")}
          hint={t("talking.sound.hint")}
          isSelected={choices.sound}
          onChange={(sound) => preferences.choose({ sound })}
        />
        {hasKeys && (
          <SwitchRow
            label={t("talking.keys")}
            hint={t("talking.keys.hint")}
            isSelected={choices.keys}
            onChange={(keys) => preferences.choose({ keys })}
          />
        )}
        <Row label={<label htmlFor="speed">{t("talking.speed")}</label>}>
          <select
            id="speed"
            className="pick"
            value={choices.speed}
            onChange={(event) => preferences.choose({ speed: Number(event.target.value) })}
          >
            {SPEEDS.map((each) => (
              <option key={each} value={each}>
                {each.toLocaleString(locale(), { style: "percent" })}
              </option>
            ))}
          </select>
        </Row>
      </div>
      <div className="panel">
        <Devices />
        <MicrophoneTest />
      </div>
    </>
  );
}

function Devices() {
  const { preferences } = useApp();
  const { device } = useValue(preferences);
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!media) return;
    const list = async (): Promise<void> => {
      const all = await media.enumerateDevices();
      setDevices(all.filter((each) => each.kind === "audioinput" && each.label));
    };
    void list();
    media.addEventListener("devicechange", list);
    return () => media.removeEventListener("devicechange", list);
  }, []);
  return (
    <Row label={<label htmlFor="device">{t("talking.device")}</label>}>
      <select
        id="device"
        className="pick"
        value={device}
        onChange={(event) => preferences.choose({ device: event.target.value })}
      >
        <option value="">{t("talking.device.default")}</option>
        {devices.map((each) => (
          <option key={each.deviceId} value={each.deviceId}>
            {each.label}
          </option>
        ))}
      </select>
    </Row>
  );
}

/** Shows the loudness of the microphone, so that a person sees whether it works. */
function MicrophoneTest() {
  const { preferences } = useApp();
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [fault, setFault] = useState<MicrophoneFault | null>(null);
  const bar = useRef<SVGRectElement>(null);
  const analyser = useRef<AnalyserNode | null>(null);
  useEffect(() => {
    if (!stream) return;
    const context = new AudioContext();
    analyser.current = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(stream).connect(analyser.current);
    return () => {
      for (const track of stream.getTracks()) track.stop();
      void context.close();
    };
  }, [stream]);
  useFrame(
    () => {
      const samples = new Float32Array(1024);
      analyser.current?.getFloatTimeDomainData(samples);
      const peak = samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
      bar.current?.setAttribute("width", String(Math.min(100, peak * 140)));
    },
    stream !== null,
    20,
  );
  const toggle = async (): Promise<void> => {
    if (stream) {
      setStream(null);
      return;
    }
    const { device } = preferences.get();
    try {
      setStream(
        await navigator.mediaDevices.getUserMedia({
          audio: device ? { deviceId: { ideal: device } } : true,
        }),
      );
      setFault(null);
    } catch (error) {
      setFault(faultOf(error));
    }
  };
  return (
    <div>
      <Row label={t("talking.test")} hint={fault && t(`microphone.${fault}`)}>
        <button type="button" className="btn" onClick={() => void toggle()}>
          {t(stream ? "talking.test.stop" : "talking.test.start")}
        </button>
      </Row>
      <svg className="level" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect ref={bar} width="0" height="10" />
      </svg>
    </div>
  );
}
