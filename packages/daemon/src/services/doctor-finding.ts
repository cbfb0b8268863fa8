import type { Finding } from "@orchastration/protocol/contract";

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message, hint: null };
}

/** What should be looked at, and keeps nothing from working. */
export function warning(check: string, message: string, hint: string): Finding {
  return { check, status: "warning", message, hint };
}

export function failure(check: string, message: string, hint: string): Finding {
  return { check, status: "error", message, hint };
}
