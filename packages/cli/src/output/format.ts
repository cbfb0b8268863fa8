/** `85 ms`, `3.4 s`, `12 min 5 s`, `3 h 20 min`; a dash when unknown. */
export function formatDuration(durationMs: number | null): string {
  if (durationMs === null) return "-";
  if (Math.round(durationMs) < 1_000) return `${Math.round(durationMs)} ms`;
  const tenths = Math.round(durationMs / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** RFC 3339 in UTC to the caller's own time, to the second; a dash when unknown. */
export function formatTime(timestamp: string | null): string {
  if (timestamp === null) return "-";
  const time = new Date(timestamp);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}

/** `98.6 %`; only what is whole is shown as 100 % or 0 %; a dash when unknown. */
export function formatPercentage(share: number | null): string {
  if (share === null) return "-";
  if (Number.isInteger(share)) return `${share * 100} %`;
  return `${Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1)} %`;
}

/** argv as a person would write it in a shell: to read, never to execute. */
export function formatArgv(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}

/** `1 session`, `2 sessions` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
