import type { DroppedOutput } from "@orchastration/protocol/contract";
import { formatBytes, formatTime } from "./format.ts";

/** `dropped by retention (journal.retention_days) at 2026-11-01 09:15:00, 1.5 MiB` */
export function describeDrop({ at, bytes, reason }: DroppedOutput): string {
  return `dropped by retention (journal.${reason}) at ${formatTime(at)}, ${formatBytes(bytes)}`;
}
