import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { FoundTask } from "./known-tasks.ts";

/** The repository whose commands may run. @throws OrchastrationError NotTrusted */
export function requireTrust({ task, loaded: { project } }: FoundTask): string {
  if (project.state === "trusted") return project.root;
  if (project.state === "outside") throw new Error(`task ${taskName(task)} was found outside of a repository`);
  const why = project.state === "absent" ? "has no configuration yet" : "is not trusted";
  throw new OrchastrationError(
    "NotTrusted",
    `an agent may do what the repository ${project.root} says, and that ${why}`,
    {
      details: { repository: project.root, file: project.file },
      hint:
        project.state === "absent"
          ? "Run `orchastration init` in it."
          : "Read what it may run: `orchastration trust --show`; then `orchastration trust`.",
    },
  );
}
