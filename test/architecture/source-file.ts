import { posix } from "node:path";

/** One import, export-from or dynamic import of a source file. */
export interface Import {
  readonly specifier: string;
  /** A path in the repository, `node:…`, or the name of a package from elsewhere. */
  readonly target: string;
  /** What stands between `import` and `from`; empty for a dynamic or a bare import. */
  readonly clause: string;
  /** Gone when the program runs. */
  readonly isType: boolean;
}

/** A source as the rules look at it. All three texts have the same length, so a place in one is the place in all. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  /** Without comments and without what stands in strings, templates and regular expressions. */
  readonly bare: string;
  readonly imports: readonly Import[];
}

export function readSource(path: string, text: string): SourceFile {
  const { code, bare } = blank(text);
  return { path, text, code, bare, imports: findImports(path, code, bare) };
}

const STATEMENT = /\b(?:import|export)\b(?<clause>[\w\s{},*$]*?)\bfrom\s*(?<literal>"\s*"|'\s*')/g;
const BARE_OR_CALL = /(?<type>\btypeof\s+)?\b(?:import|require)\s*\(?\s*(?<literal>"\s*"|'\s*')/g;

function findImports(path: string, code: string, bare: string): readonly Import[] {
  const found = [STATEMENT, BARE_OR_CALL].flatMap((pattern) => [...bare.matchAll(pattern)]);
  return found.map((match) => {
    const { clause = "", literal = "", type } = match.groups ?? {};
    const end = match.index + match[0].length;
    const specifier = code.slice(end - literal.length + 1, end - 1);
    const isType = type !== undefined || isTypeClause(clause.trim());
    return { specifier, target: resolve(path, specifier), clause: clause.trim(), isType };
  });
}

function isTypeClause(clause: string): boolean {
  if (/^type\b(?!\s*,|\s+from\b)/.test(clause)) return true;
  const names = /^\{(?<names>[^}]*)\}$/.exec(clause)?.groups?.["names"]?.split(",") ?? [];
  const filled = names.map((name) => name.trim()).filter((name) => name !== "");
  return filled.length > 0 && filled.every((name) => name.startsWith("type "));
}

function resolve(path: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(path), specifier);
  const ours = /^@orchastration\/(?<name>[^/]+)(?:\/(?<entry>.+))?$/.exec(specifier)?.groups;
  if (ours !== undefined) return posix.join(`packages/${ours["name"]}/src`, ours["entry"] ?? "", "index.ts");
  if (specifier.startsWith("node:")) return specifier;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

const LITERAL_OR_COMMENT =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')|(?<regex>(?<=(?:^|[(,=:[!&|?{};]|=>|\breturn|\bcase)\s*)\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/)|(?<chunk>[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{))/y;

/** Puts spaces where comments and literals are. Line ends stay, so that line numbers do. */
function blank(text: string): { readonly code: string; readonly bare: string } {
  let code = "";
  let bare = "";
  // Braces opened since the start of each `${`: the one that closes it is the one at depth 0.
  const depths: number[] = [];
  for (let index = 0; index < text.length; ) {
    const char = text.charAt(index);
    const isInTemplate = depths.at(-1) === 0;
    LITERAL_OR_COMMENT.lastIndex = index;
    const match = char === "}" && !isInTemplate ? null : LITERAL_OR_COMMENT.exec(text);
    const whole = match?.[0] ?? char;
    if (match?.groups?.["chunk"] !== undefined) {
      if (char === "}") depths.pop();
      if (whole.endsWith("${")) depths.push(0);
    } else if (depths.length > 0 && match === null && (char === "{" || char === "}")) {
      depths.push((depths.pop() ?? 0) + (char === "{" ? 1 : -1));
    }
    const isComment = match?.groups?.["comment"] !== undefined;
    code += isComment ? spaces(whole) : whole;
    bare += isComment
      ? spaces(whole)
      : match === null
        ? whole
        : `${whole.charAt(0)}${spaces(whole.slice(1, -1))}${whole.at(-1)}`;
    index += whole.length;
  }
  return { code, bare };
}

function spaces(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}
