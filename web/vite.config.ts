import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const PACKED = /\.(?:js|mjs|css|html|svg|webmanifest|wasm|onnx)$/u;
const require = createRequire(import.meta.url);
/** The detector runs in a worker, which the runtime starts from its own file if that is a module. */
const DETECTOR = [
  {
    find: /^onnxruntime-web$/u,
    replacement: join(dirname(require.resolve("onnxruntime-web")), "ort.wasm.min.mjs"),
  },
  {
    find: /^onnxruntime-web\/wasm$/u,
    replacement: join(import.meta.dirname, "src/core/audio/detector-runtime.ts"),
  },
];

const VAD = dirname(require.resolve("@ricky0123/vad-web"));
const ORT = dirname(require.resolve("onnxruntime-web"));
const DETECTOR_FILES = [
  join(VAD, "vad.worklet.bundle.min.js"),
  join(VAD, "silero_vad_v5.onnx"),
  join(ORT, "ort-wasm-simd-threaded.wasm"),
  join(ORT, "ort-wasm-simd-threaded.mjs"),
];
/** The names of the files are fixed, so the folder has the hash: old script never meets a new detector. */
const DETECTOR_FOLDER = `vad-${hashOf(DETECTOR_FILES)}`;

function hashOf(files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 8);
}

/** Copy the detector of speech and its WebAssembly: they are loaded at the first use of the microphone. */
function copyDetector(): Plugin {
  return {
    name: "copy-detector",
    writeBundle: ({ dir = "dist" }) => {
      const folder = join(dir, DETECTOR_FOLDER);
      mkdirSync(folder, { recursive: true });
      for (const file of DETECTOR_FILES) copyFileSync(file, join(folder, basename(file)));
    },
  };
}

/** Tell the service worker which files the page needs without a network: all but room and voice. */
function keepForOffline(): Plugin {
  const files: string[] = [];
  const isLarge = (id: string): boolean => /livekit-client|vad-web|onnxruntime/u.test(id);
  return {
    name: "keep-for-offline",
    generateBundle: (_, bundle) => {
      for (const each of Object.values(bundle))
        if (!(each.type === "chunk" && each.moduleIds.some(isLarge)))
          files.push(`/${each.fileName}`);
    },
    closeBundle: () => {
      const kept = JSON.stringify(files.filter((each) => each.startsWith("/assets/")).sort());
      const path = join("dist", "sw.js");
      const worker = readFileSync(path, "utf8")
        .replace("FILES = []", `FILES = ${kept}`)
        .replace('DETECTOR = ""', `DETECTOR = "/${DETECTOR_FOLDER}/"`);
      writeFileSync(path, worker);
    },
  };
}

/** Compress each text and the detector once, at build time. The function `page` serves the `.gz`. */
function compress(): Plugin {
  return {
    name: "compress",
    enforce: "post",
    closeBundle: () => {
      const files = readdirSync("dist", { recursive: true, encoding: "utf8" });
      for (const file of files.filter((each) => PACKED.test(each))) {
        const path = join("dist", file);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        if (file.startsWith("vad")) rmSync(path); // 16 MB that no browser asks for unpacked
      }
    },
  };
}

const API = process.env.OPRINA_API ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react(), copyDetector(), keepForOffline(), compress()],
  define: { DETECTOR_FOLDER: JSON.stringify(`/${DETECTOR_FOLDER}/`) },
  resolve: { alias: process.env.VITEST ? [] : DETECTOR },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // tests/browser/test_echo.py makes the speech, and runs these alone.
  test: {
    include: process.env.SPEECH ? ["tests/audio/*.test.ts"] : ["tests/*.test.ts"],
    testTimeout: process.env.SPEECH ? 240_000 : 20_000,
  },
  server: {
    proxy: Object.fromEntries(["/api", "/local", "/config.json"].map((path) => [path, API])),
  },
});
