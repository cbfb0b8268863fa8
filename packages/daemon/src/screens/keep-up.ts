export interface Chase {
  /** Of what is followed so far. */
  endOffset(): number;
  isBehind(): boolean;
  /** Takes a piece. */
  step(): Promise<unknown>;
  /** Between two pieces. */
  pause(): Promise<unknown>;
  readonly pieceBytes: number;
}

/**
 * Follows what grows, a piece after each pause, until it has caught up. What grows faster than that is waited for: of a flood that runs away all that
 * is taken now is taken in vain.
 */
export async function keepUp({ endOffset, isBehind, step, pause, pieceBytes }: Chase): Promise<void> {
  let end = endOffset();
  while (isBehind()) {
    await pause();
    const before = end;
    end = endOffset();
    if (end - before < pieceBytes) await step();
  }
}
