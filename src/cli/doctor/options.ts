/** The options of `bstar doctor`. */
export interface DoctorOptions {
  readonly json?: boolean;
}
