/**
 * Files of the built-in model by name, in base64: what a page that was bundled gives `loadModel("builtin")`. Null in
 * the sources; the build writes dist/models/builtin-files.js from models/builtin (scripts/embed-builtin.ts).
 */
export const BUILTIN_FILES: Readonly<Record<string, string>> | null = null;
