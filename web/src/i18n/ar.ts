import { type Catalog, en } from "./en";

export const ar: Catalog = { ...en };
