import { toPlainText } from "@orchastration/protocol";

/** Text of somebody else as one line of Markdown that shows just that text. To stand behind a word of our own, never at the beginning of a line. */
export function markdownText(text: string): string {
  return toPlainText(text).replaceAll(/[\\`*_[\]<>&|~#$!^]/g, String.raw`\$&`);
}

/** The same as a paragraph of its own: at the beginning of a line some signs would make a list. */
export function markdownParagraph(text: string): string {
  return markdownText(text)
    .trim()
    .replace(/^[-+=]/, String.raw`\$&`)
    .replace(/^(\d+)([.)])/, String.raw`$1\$2`);
}

/** The same as code. */
export function markdownCode(text: string): string {
  const plain = toPlainText(text);
  const longest = Math.max(0, ...(plain.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  // A space on both sides is taken off again; without them a backtick would belong to the fence.
  const needsSpace = plain === "" || /^`|`$|^ .* $/.test(plain);
  return needsSpace ? `${fence} ${plain} ${fence}` : fence + plain + fence;
}

/** A path as the target of a link. */
export function markdownTarget(path: string): string {
  return path
    .split("/")
    .map((part) => encodeURIComponent(part).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`))
    .join("/");
}
