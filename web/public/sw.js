// Keeps the files of the page for reading without a network. It never keeps an answer of the API.
const CACHE = "oprina-page-1";
const FILES = []; // the build writes the page's files here: a new build is a new service worker
const DETECTOR = ""; // the folder of the detector of speech, which has a hash in its name
const PAGE = new Request("/", { headers: { accept: "text/html" } });
const HASHED = /^\/(?:assets\/|vad-)/;
const ANY = { ignoreVary: true }; // who asked changes nothing in a file
const PATIENCE_MS = 8_000;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([PAGE, "/config.json", ...FILES])));
});

self.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (HASHED.test(url.pathname)) event.respondWith(cacheFirst(request));
  else if (request.mode === "navigate") event.respondWith(networkFirst(request, "/"));
  else if (url.pathname === "/config.json") event.respondWith(networkFirst(request, "/config.json"));
});

/** Remove the files of earlier builds. */
async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    const isNeeded = FILES.includes(pathname) || pathname.startsWith(DETECTOR);
    if (/^\/(?:assets|vad)/.test(pathname) && !isNeeded) await cache.delete(request);
  }
}

async function cacheFirst(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, ANY);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

/** Return the server's answer. If there is none within 8 seconds, return the one that is kept. */
async function networkFirst(request, name) {
  const cache = await caches.open(CACHE);
  const asked = fetch(request).then(async (answer) => {
    if (answer.ok) await cache.put(name, answer.clone());
    return answer;
  });
  const kept = await cache.match(name, ANY);
  if (!kept) return asked;
  const late = new Promise((resolve) => setTimeout(() => resolve(kept.clone()), PATIENCE_MS));
  return Promise.race([asked.catch(() => kept), late]);
}
