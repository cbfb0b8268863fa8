import { OrchastrationError } from "@orchastration/protocol";
import type { LoadedConfig, ProjectDefinition } from "../config/load.ts";

/** For a name that nothing in force has. @throws OrchastrationError NotTrusted when only trust in the project file is missing for it */
export function requireTrustedName(
  { project }: Pick<LoadedConfig, "project">,
  kind: ProjectDefinition,
  name: string,
): void {
  if (project.state !== "untrusted" || !project.names[kind].includes(name)) return;
  throw new OrchastrationError("NotTrusted", `${kind} "${name}" is defined by ${project.file}, which is not trusted`, {
    details: { [kind]: name, file: project.file },
  });
}
