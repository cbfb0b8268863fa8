import { toPlainText } from "./plain-text.ts";

/**
 * What makes a terminal tell its person something: OSC 777 (urxvt, Ghostty, WezTerm, VTE, foot) or OSC 9 (iTerm2, kitty,
 * ConEmu, Windows Terminal, most others). Those that know neither ignore it. The texts are data: nothing in them ends the
 * sequence.
 */
export function terminalNotification(form: "osc9" | "osc777", title: string, body: string): string {
  const [shownTitle, shownBody] = [toPlainText(title), toPlainText(body)];
  // A semicolon would begin the next field.
  if (form === "osc777") return `\u001b]777;notify;${shownTitle.replaceAll(";", ",")};${shownBody}\u001b\\`;
  // OSC 9 that begins with a digit and a semicolon is a command of ConEmu, such as a progress bar.
  const text = shownTitle === "" ? shownBody : `${shownTitle}: ${shownBody}`;
  return `\u001b]9;${text.replace(/^(?=\d*;)/, " ")}\u001b\\`;
}
