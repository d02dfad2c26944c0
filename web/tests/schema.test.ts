import { readFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import { expect, it } from "vitest";

it("the types of the API are those of docs/openapi.json (npm run types)", async () => {
  const document = new URL("../../docs/openapi.json", import.meta.url);
  const nodes = await openapiTS(document, { defaultNonNullable: false });
  const written = readFileSync(new URL("../src/core/api/schema.ts", import.meta.url), "utf-8");
  expect(written.endsWith(astToString(nodes))).toBe(true);
}, 60_000);
