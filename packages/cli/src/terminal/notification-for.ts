import { terminalNotification } from "@orchastration/protocol";

const ESC = "\u001b";

/** How the terminal around this process is made to tell its person something; empty where it would only show the bytes. */
export function notificationFor(
  env: Readonly<Record<string, string | undefined>>,
): (title: string, body: string) => string {
  const { TERM = "", TMUX = "", VTE_VERSION = "" } = env;
  if (/^(?:linux|dumb)?$/.test(TERM)) return () => "";
  const form = VTE_VERSION !== "" || /^(?:rxvt-unicode|foot)/.test(TERM) ? "osc777" : "osc9";
  const hand = TMUX === "" ? (sequence: string) => sequence : throughTmux;
  return (title, body) => hand(terminalNotification(form, title, body));
}

/** tmux hands it to the terminal around it when `allow-passthrough` is on, and ignores it otherwise. */
function throughTmux(sequence: string): string {
  return `${ESC}Ptmux;${sequence.replaceAll(ESC, `${ESC}${ESC}`)}${ESC}\\`;
}
