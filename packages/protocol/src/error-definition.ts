export interface ErrorDefinition {
  /** JSON-RPC code: reserved negative ones for the protocol itself, >= 1000 for ours. */
  readonly code: number;
  /** What the CLI exits with when this error ends a command. */
  readonly exitCode: number;
  /** True when the same request may succeed later without anybody changing it. */
  readonly isRetryable: boolean;
  readonly meaning: string;
  /** What the reader can do about it; a thrower with better knowledge overrides it. */
  readonly hint: string;
}
