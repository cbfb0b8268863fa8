/** A standard stream. `isTTY`, `columns` and `rows` are set when it is a terminal, which then tells of `resize`. */
export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Standard input. */
export interface Keyboard extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  /** There when it is a terminal. */
  setRawMode?(isRaw: boolean): unknown;
}
