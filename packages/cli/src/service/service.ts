/** What the system is told so that it starts the daemon at login. Pure: made from values alone, so that each platform's form is tested anywhere. */
export interface Service {
  readonly files: readonly ServiceFile[];
  /** In their order, once the files are written. */
  readonly installCommands: readonly (readonly string[])[];
  /** In their order, before the files are removed. */
  readonly uninstallCommands: readonly (readonly string[])[];
  /** What a person should know. */
  readonly advice: string;
}

export interface ServiceFile {
  readonly path: string;
  readonly content: string;
  /** The task scheduler of Windows reads UTF-16 alone. */
  readonly encoding: "utf8" | "utf16le";
}

export interface ServiceFacts {
  /** `orchastration`, or with a suffix for an instance with a state directory of its own. */
  readonly name: string;
  readonly node: string;
  readonly daemonProgram: string;
  readonly daemonArgs: readonly string[];
  readonly serviceDir: string;
  /** File name of the daemon's socket. */
  readonly socketName: string;
  readonly uid: number;
}

/** The daemon itself is started, not `orchastration daemon run`: one process less, and systemd's socket goes to the process it started. */
export function commandOf({ node, daemonProgram, daemonArgs }: ServiceFacts): readonly string[] {
  return [node, daemonProgram, ...daemonArgs, "--foreground"];
}
