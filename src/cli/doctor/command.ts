import type { Command } from "commander";
import type { Io } from "../io.ts";
import type { DoctorOptions } from "./options.ts";

/** Adds `bstar doctor`: what there is to run on. */
export function registerDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .description("what can be used here: adapters, backends, models; and how to get a better one")
    .option("--json", "print one JSON object")
    .option("--tune", "time every variant of the WebGPU kernels and keep the fastest for later runs")
    .option("--calibrate", "measure this CPU, and print what `bstar roofline --gpu FILE` reads of it")
    .action(async (options: DoctorOptions) => (await import("./doctor.ts")).doctor(options, io));
}
