/** A link that carries whole JSON texts in order, in both directions. How they are framed on the way is its own affair. */
export interface Transport {
  /** Ignored once the link is closing: whoever needs to know listens to {@link onClose}. */
  send(message: string): void;
  /** Bytes accepted by {@link send} and not yet taken by the other end. */
  readonly bufferedBytes: number;
  /** A text that was no UTF-8 arrives as an empty one, which no JSON parser takes. */
  onMessage(listener: (message: string) => void): void;
  /** Called once; null: either end closed the link in good order. */
  onClose(listener: (reason: Error | null) => void): void;
  /** Called when {@link bufferedBytes} fell to zero. */
  onDrain(listener: () => void): void;
  /** Ends the link when what was sent has been taken. Nothing that arrives later is delivered. */
  close(): void;
  /** Ends the link now. */
  destroy(): void;
}
