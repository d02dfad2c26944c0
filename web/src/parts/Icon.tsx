const PATHS = {
  plus: <path d="M12 5.5v13M5.5 12h13" />,
  search: (
    <>
      <circle cx="11" cy="11" r="6" />
      <path d="m15.5 15.5 4 4" />
    </>
  ),
  list: <path d="M4.5 7h15M4.5 12h15M4.5 17h9" />,
  settings: (
    <>
      <path d="M4 8h9M17 8h3M4 16h3M11 16h9" />
      <circle cx="15" cy="8" r="2" />
      <circle cx="9" cy="16" r="2" />
    </>
  ),
  check: <path d="m5.5 12.5 4.500 4.500 9-10" />,
  close: <path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />,
  more: <path d="M6 12h.01M12 12h.01M18 12h.01" strokeWidth="2.6" />,
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </>
  ),
  muted: (
    <>
      <path d="M9 9v2a3 3 0 0 0 4.5 2.6M15 10V6a3 3 0 0 0-5.6-1.5M5.5 11.5a6.5 6.5 0 0 0 10 5.5M18.5 11.5c0 .9-.2 1.8-.5 2.6M12 18v3" />
      <path d="m4.5 4.5 15 15" />
    </>
  ),
  captions: (
    <>
      <rect x="3" y="5.5" width="18" height="13" rx="3.5" />
      <path d="M7 12h6M15.5 12H17M7 15h2.5M12 15h5" />
    </>
  ),
  send: <path d="M12 19V5.5M6 11l6-6 6 6" />,
  wave: <path d="M4.5 10.5v3M8.3 8v8M12 5v14M15.7 8v8M19.5 10.5v3" strokeWidth="2.2" />,
  stop: <rect x="5.5" y="5.5" width="13" height="13" rx="3.5" fill="currentColor" stroke="none" />,
  calendar: (
    <>
      <rect x="4" y="5.5" width="16" height="14.5" rx="3" />
      <path d="M4 10h16M8.5 3.5v4M15.5 3.5v4" />
    </>
  ),
  mail: (
    <>
      <rect x="3.5" y="5.5" width="17" height="13" rx="3" />
      <path d="m4.5 8 7.5 5.5L19.5 8" />
    </>
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M12 7.5V12l3 2" />
    </>
  ),
  tool: <path d="M14.5 6.5a4 4 0 0 0 5 5L12 19a2.1 2.1 0 0 1-3-3l7.5-7.500M9 5 5 9l3 3 4-4z" />,
  up: (
    <path d="M7.5 11v8H5v-8zM7.5 11l3.5-7c1.5 0 2.5 1 2.2 2.600L12.6 9.500h5.200c1.2 0 2 1.1 1.7 2.200l-1.4 5.700c-.2.9-1 1.6-2 1.600H7.5" />
  ),
  down: (
    <path d="M7.5 13V5H5v8zM7.5 13l3.5 7c1.5 0 2.5-1 2.2-2.600l-.6-2.900h5.200c1.2 0 2-1.1 1.7-2.200l-1.4-5.700C17.9 5.7 17.1 5 16.1 5H7.5" />
  ),
  copy: (
    <>
      <rect x="8.5" y="8.5" width="11" height="11" rx="2.5" />
      <path d="M15.5 8.500V7A2.5 2.5 0 0 0 13 4.500H7A2.5 2.5 0 0 0 4.5 7v6A2.5 2.5 0 0 0 7 15.500h1.5" />
    </>
  ),
  edit: <path d="m5 19 .8-3.800L15.5 5.500a2 2 0 0 1 2.9 2.900L8.7 18.200z" />,
  again: <path d="M5.5 12a6.5 6.5 0 1 1 2 4.700M5.5 19v-3h3" />,
  face: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M9 10.500v.5M15 10.500v.5M9 14.500q3 2.5 6 0" />
    </>
  ),
  link: (
    <path d="M10 14a3.5 3.5 0 0 0 5 0l3-3a3.5 3.5 0 0 0-5-5l-1 1M14 10a3.5 3.5 0 0 0-5 0l-3 3a3.5 3.5 0 0 0 5 5l1-1" />
  ),
  bars: <path d="M5 19v-5M9.7 19V9M14.3 19v-7M19 19V5" />,
  person: (
    <>
      <circle cx="12" cy="8.5" r="3.5" />
      <path d="M5.5 19.500c.8-3.6 3.3-5 6.5-5s5.7 1.4 6.5 5" />
    </>
  ),
  back: <path d="M14.5 5.5 8 12l6.5 6.5" />,
  expand: <path d="m6.5 14.5 5.5-5.5 5.5 5.5" />,
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, flip = false }: { name: IconName; flip?: boolean }) {
  return (
    <svg className={flip ? "icon flip" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      {PATHS[name]}
    </svg>
  );
}

/** The small picture of Oprina. */
export function MarkIcon() {
  return (
    <svg className="mark" viewBox="0 0 400 400" aria-hidden="true">
      <rect width="400" height="400" rx="120" fill="#2f5557" />
      <path
        d="M176 78C200 72 204 56 230 46C224 60 227 72 242 80C300 94 330 140 330 204C330 284 276 326 200 326C124 326 70 284 70 204C70 142 108 90 176 78Z"
        fill="#ffdcb8"
      />
      <g fill="#3a2320">
        <ellipse cx="150" cy="208" rx="17" ry="25" />
        <ellipse cx="250" cy="208" rx="17" ry="25" />
      </g>
      <path
        d="M176 256Q200 276 224 256"
        fill="none"
        stroke="#5b2622"
        strokeWidth="11"
        strokeLinecap="round"
      />
    </svg>
  );
}
