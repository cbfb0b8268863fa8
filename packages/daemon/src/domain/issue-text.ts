import { toPlainText } from "@orchastration/protocol";

/** GitHub takes titles of at most so many characters. */
const LONGEST_TITLE = 256;
/** And bodies of 65,536. As an argument one has to stay below 128 KiB, and a character is up to 4 bytes. */
const LONGEST_TEXT = 30_000;
const LINE_END = /\r\n|\r|\n/;

export interface IssueSource {
  readonly name: string;
  readonly title: string;
  /** What is to be done, as its file says it; empty when nothing more is said. */
  readonly text: string;
  /** What its command is; null for a task that an agent works on. */
  readonly work: { readonly argv: readonly string[]; readonly outputs: readonly string[] } | null;
}

/** The issue of a task. What the task says stays text: it stands in a block of code, which nothing in it can end. */
export function issueText({ name, title, text, work }: IssueSource): { readonly title: string; readonly body: string } {
  const firstLine = toPlainText(title.split(LINE_END, 1)[0] ?? "").trim() || name;
  const facts = [
    ["Task", name],
    ...(work === null ? [] : [["Command", JSON.stringify(work.argv)]]),
    ...(work?.outputs ?? []).map((output) => ["Output", output]),
  ];
  const content = [
    ...plainLines(title),
    "",
    ...(text.trim() === "" ? [] : [...plainLines(shorten(text.trim())), ""]),
    ...facts.map(([key = "", value = ""]) => `${key}: ${toPlainText(value)}`),
  ].join("\n");
  const fence = "`".repeat(Math.max(3, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return { title: firstLine.slice(0, LONGEST_TITLE).toWellFormed(), body: `${fence}text\n${content}\n${fence}\n` };
}

function plainLines(text: string): string[] {
  return text.split(LINE_END).map(toPlainText);
}

function shorten(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT).toWellFormed()}\n(The rest stands in the task's file.)`;
}
