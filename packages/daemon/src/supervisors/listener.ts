import type { LiveSession, SessionReport } from "@orchastration/protocol/supervisor";
import type { SupervisorEndpoint } from "./endpoint.ts";

export interface PoolListener {
  /** What a supervisor says of a session, on its own account: it is being stopped, it has ended. */
  onReport(report: SessionReport): void;
  /** A live terminal came, or its attachments, controller or size changed. */
  onTerminal(session: LiveSession): void;
  /** Somebody types into its terminal; told at most once a second. */
  onTyped(session: string): void;
  /** A supervisor that answered too late did not start the session. */
  onRefused(session: string, reason: string): void;
  /** A supervisor leaves requests unanswered, or has begun to answer again. */
  onSilence(supervisor: { readonly id: string; readonly pid: number }, isSilent: boolean): void;
  /** A living supervisor that cannot be used: of a protocol that is not spoken any more, or nobody listens. Its sessions go on unobserved. */
  onUnusable(supervisor: SupervisorEndpoint, error: unknown): void;
  /** The supervisor is gone; these sessions were on it and their exits will not be reported by it. */
  onLost(supervisor: { readonly id: string; readonly pid: number }, sessions: readonly string[]): void;
  onStarted(supervisor: { readonly id: string; readonly pid: number; readonly version: string }): void;
}
