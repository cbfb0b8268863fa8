import type { Settings } from "./schema.ts";

export const defaultSettings: Settings = {
  logging: { level: "info" },
  hash: { algorithm: "sha256" },
  daemon: { idle_exit_seconds: 0, stop_grace_seconds: 5, environment: ["*"] },
  limits: { concurrency: 0, groups: {} },
  idle: { timeout_seconds: 10, dwell_seconds: 2 },
  attach: { detach_keys: "ctrl-q" },
  confirm: { default: false },
  worktrees: { root: "", include: [], setup: [] },
  merge: { strategy: "squash", protected: [] },
  journal: {
    segment_bytes: 16 * 1024 ** 2,
    max_bytes_per_session: 4 * 1024 ** 3,
    max_bytes_total: 0,
    retention_days: 0,
  },
  supervisor: { max_sessions: 256 },
  notify: { on: [], command: [] },
  database: { busy_timeout_ms: 5000, synchronous: "FULL" },
};
