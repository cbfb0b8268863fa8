import { type Content, parseContent } from "./content.ts";
import { type TaskFileProblem, toProblem } from "./problem.ts";
import { readBytes } from "./read-bytes.ts";

export interface TaskFile extends Pick<Content, "header" | "body"> {
  readonly problems: readonly TaskFileProblem[];
}

/** Never throws for what a file contains or is: what is wrong with it stands in `problems`. */
export async function readTaskFile(path: string): Promise<TaskFile> {
  const found = await readBytes(path);
  if (found.kind === "refused") return { header: null, body: "", problems: [toProblem(found.mistake, path)] };
  const { header, body, mistakes } = await parseContent(found.bytes);
  return { header, body, problems: mistakes.map((mistake) => toProblem(mistake, path)) };
}
