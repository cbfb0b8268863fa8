import { toPlainText } from "@orchastration/protocol";

/** GitHub takes titles of at most so many characters. */
const LONGEST_TITLE = 256;

export interface IssueSource {
  readonly name: string;
  readonly title: string;
  /** What its command is; null for a task that an agent works on. */
  readonly work: { readonly argv: readonly string[]; readonly outputs: readonly string[] } | null;
}

/** The issue of a task. What the task says stays text: it stands in a block of code, which nothing in it can end. */
export function issueText({ name, title, work }: IssueSource): { readonly title: string; readonly body: string } {
  const firstLine = toPlainText(title.split(/\r\n|\r|\n/, 1)[0] ?? "").trim() || name;
  const facts = [
    ["Task", name],
    ...(work === null ? [] : [["Command", JSON.stringify(work.argv)]]),
    ...(work?.outputs ?? []).map((output) => ["Output", output]),
  ];
  const description = title.split(/\r\n|\r|\n/).map(toPlainText);
  const text = [...description, "", ...facts.map(([key = "", value = ""]) => `${key}: ${toPlainText(value)}`)].join(
    "\n",
  );
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return { title: firstLine.slice(0, LONGEST_TITLE).toWellFormed(), body: `${fence}text\n${text}\n${fence}\n` };
}
