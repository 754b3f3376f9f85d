/** The options of `bstar doctor`. */
export interface DoctorOptions {
  readonly json?: boolean;
  /** Measure the variants of the kernels, and keep the fastest for later runs. */
  readonly tune?: boolean;
  /** Print this CPU for the roofline, and nothing else. */
  readonly calibrate?: boolean;
}
