/** The longest message the daemon reads, in bytes. Longer ones end the connection. */
export const MAX_REQUEST_BYTES = 1_048_576;

/** The longest message the daemon sends, in bytes. A longer answer becomes an error for that request. */
export const MAX_RESPONSE_BYTES = 16_777_216;

/** Messages that are no JSON after which a connection is closed: its sender has lost the framing. */
export const MAX_MALFORMED_MESSAGES = 10;
