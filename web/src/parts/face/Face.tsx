import { memo, type Ref } from "react";

export type FaceState = "idle" | "listening" | "thinking" | "speaking" | "asleep";
export type Mouth = "rest" | "small" | "wide" | "round" | "open";

interface Props {
  state: FaceState;
  label: string;
  /** The part of the drawing that is shown. */
  viewBox?: string;
  ref?: Ref<SVGSVGElement>;
}

/** Oprina's own face. Its mouth is set on `data-mouth`, without rendering. */
export const Face = memo(function Face({ state, label, viewBox = "0 30 400 400", ref }: Props) {
  return (
    <svg
      ref={ref}
      className="face"
      data-state={state}
      data-mouth="rest"
      viewBox={viewBox}
      preserveAspectRatio="xMidYMax meet"
      role="img"
      aria-label={label}
    >
      <defs>
        <radialGradient id="skin" cx=".36" cy=".26" r=".86">
          <stop offset="0" stopColor="#fffaf1" />
          <stop offset=".4" stopColor="#ffe9cd" />
          <stop offset=".76" stopColor="#ffc899" />
          <stop offset="1" stopColor="#f39a6d" />
        </radialGradient>
        <linearGradient id="wool" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor="#4a7c79" />
          <stop offset=".11" stopColor="#2f585a" />
          <stop offset=".22" stopColor="#264b4e" />
          <stop offset="1" stopColor="#122326" />
        </linearGradient>
        <linearGradient id="roll" x1="0" y1="0" x2="1" y2=".5">
          <stop offset="0" stopColor="#7fb0a8" />
          <stop offset=".6" stopColor="#5b8c88" />
          <stop offset="1" stopColor="#43706f" />
        </linearGradient>
        <radialGradient id="halo">
          <stop offset="0" className="halo-0" />
          <stop offset=".55" className="halo-1" />
          <stop offset="1" stopColor="#ffe0c4" stopOpacity="0" />
        </radialGradient>
        <filter id="soft" x="-60%" y="-60%" width="220%" height="220%">
          <feGaussianBlur stdDeviation="9" />
        </filter>
        <clipPath id="neck">
          <rect x="124" y="310" width="152" height="64" rx="32" />
        </clipPath>
      </defs>
      <circle className="light" cx="200" cy="206" r="280" fill="url(#halo)" />
      <path
        d="M-1400 1400V540C-700 470-120 442 24 410C88 393 124 386 140 352H260C276 386 312 393 376 410C520 442 1100 470 1800 540V1400Z"
        fill="url(#wool)"
      />
      <g className="breath">
        <rect x="124" y="310" width="152" height="64" rx="32" fill="url(#roll)" />
        <g clipPath="url(#neck)">
          <ellipse
            cx="204"
            cy="336"
            rx="96"
            ry="20"
            fill="#16302f"
            opacity=".5"
            filter="url(#soft)"
          />
        </g>
        <g className="part head">
          <path
            d="M168 93C198 87 202 64 234 55C226 70 230 84 248 95C304 110 336 156 336 220C336 300 278 340 200 340C122 340 64 300 64 220C64 154 102 104 168 93Z"
            fill="url(#skin)"
          />
          <path
            d="M318 262C300 316 250 332 200 332C262 318 300 286 318 262Z"
            fill="#fff1dc"
            opacity=".55"
            filter="url(#soft)"
          />
          <g fill="#f2735a" opacity=".26" filter="url(#soft)">
            <ellipse cx="112" cy="264" rx="27" ry="17" />
            <ellipse cx="288" cy="264" rx="27" ry="17" />
          </g>
          <g fill="none" stroke="#a4552f" strokeWidth="5" strokeLinecap="round">
            <path className="part brow brow-l" d="M130 186Q146 176 163 182" />
            <path className="part brow brow-r" d="M237 182Q254 176 270 186" />
          </g>
          <g className="part eyes">
            <Eye x={148} />
            <Eye x={252} />
          </g>
          <g className="part mouth" fill="#5b2622">
            <path
              className="m m-rest"
              d="M180 264Q200 281 220 264"
              fill="none"
              stroke="#5b2622"
              strokeWidth="6"
              strokeLinecap="round"
            />
            <path
              className="m m-small"
              d="M186 267Q200 261 214 267Q213 280 200 280Q187 280 186 267Z"
            />
            <path
              className="m m-wide"
              d="M173 264Q200 257 227 264Q222 285 200 285Q178 285 173 264Z"
            />
            <ellipse className="m m-round" cx="200" cy="273" rx="12" ry="14" />
            <g className="m m-open">
              <path d="M175 262Q200 253 225 262Q226 300 200 300Q174 300 175 262Z" />
              <path d="M183 289Q200 276 217 289Q211 300 200 300Q189 300 183 289Z" fill="#ee7f6d" />
            </g>
          </g>
        </g>
      </g>
    </svg>
  );
});

function Eye({ x }: { x: number }) {
  return (
    <g className="part eye">
      <g className="blink open">
        <ellipse cx={x} cy="222" rx="13" ry="19" fill="#3a2320" />
        <circle cx={x - 4} cy="214" r="4.4" fill="#fff4e6" />
      </g>
      <path
        className="shut"
        d={`M${x - 17} 224Q${x} 238 ${x + 17} 224`}
        fill="none"
        stroke="#3a2320"
        strokeWidth="6"
        strokeLinecap="round"
      />
    </g>
  );
}

/** Return the mouth for a loudness from 0 to 1. `tick` varies the shapes of the same loudness. */
export function mouthFor(level: number, tick: number): Mouth {
  if (level < 0.012) return "rest";
  if (level < 0.04) return tick % 3 === 0 ? "round" : "small";
  if (level < 0.1) return tick % 4 === 0 ? "round" : "wide";
  return tick % 3 === 0 ? "wide" : "open";
}
