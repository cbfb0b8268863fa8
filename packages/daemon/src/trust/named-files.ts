import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";

export interface NamedCommand {
  readonly argv: readonly string[];
  /** Absolute. */
  readonly workingDir: string;
}

/**
 * The files inside the repository that commands name, as paths relative to it with `/` between the parts: programs, scripts
 * and files behind `--option=`. Links count with what they lead to. What a program reads by itself (a Makefile, a
 * package.json) is not named.
 */
export async function findNamedFiles(root: string, commands: readonly NamedCommand[]): Promise<string[]> {
  const candidates = new Set(
    commands.flatMap(({ argv, workingDir }) =>
      argv.flatMap(pathsIn).flatMap((item) => [resolve(workingDir, item), resolve(root, item)]),
    ),
  );
  const inside = [...candidates].flatMap((path) => {
    const fromRoot = relative(root, path);
    const isInside = fromRoot !== "" && fromRoot !== ".." && !fromRoot.startsWith(`..${sep}`) && !isAbsolute(fromRoot);
    return isInside ? [fromRoot] : [];
  });
  const found = await Promise.all(inside.map(async (path) => ((await isFile(resolve(root, path))) ? [path] : [])));
  return found.flat().map((path) => path.split(sep).join("/"));
}

function pathsIn(item: string): string[] {
  const value = /^-[^=]*=(.+)$/s.exec(item)?.[1];
  return [item, ...(value === undefined ? [] : [value])].filter((path) => !path.includes("\0"));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
