export { type ReferenceBackendOptions, createReferenceBackend } from "./reference-backend.ts";
