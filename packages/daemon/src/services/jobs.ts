import type { Job, Result } from "@orchastration/protocol/contract";
import type { Config, JobDefinition } from "../config/config.ts";
import type { RegistryReader } from "../registry/registry.ts";

/** The jobs of a configuration, each with the last run of that job. */
export function listJobs(config: Config, reader: RegistryReader): Result<"job.list"> {
  const jobs = [...config.jobs.values()].map((definition) => {
    const job = jobOf(definition);
    return { ...job, lastRun: reader.runs.lastByName(job.name, job.repository) ?? null };
  });
  return { jobs };
}

function jobOf(definition: JobDefinition): Job {
  return {
    name: definition.name,
    description: definition.description,
    argv: definition.argv,
    workingDir: definition.workingDir,
    timeoutMs: definition.timeoutMs,
    isTty: definition.isTty,
    group: definition.group,
    priority: definition.priority,
    outputs: [...definition.outputs],
    repository: definition.scope.kind === "repository" ? definition.scope.root : null,
  };
}
