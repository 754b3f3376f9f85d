import type { BackendMutant } from "./backend-mutant.ts";
import { moveMutants } from "./moves.ts";
import { promiseMutants } from "./promises.ts";
import { sampleMutants } from "./samples.ts";
import { tableMutants } from "./tables.ts";

export type { BackendMutant } from "./backend-mutant.ts";

/** Planted bugs of backends: each has to break a case of `backendConformance`. */
export const BACKEND_MUTANTS: readonly BackendMutant[] = [
  ...tableMutants,
  ...moveMutants,
  ...sampleMutants,
  ...promiseMutants,
];
