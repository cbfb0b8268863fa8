import { orchestrationOfEntity } from "@orchastration/protocol";
import type { Orchestration } from "@orchastration/protocol/contract";
import type { Registry } from "../../registry/registry.ts";
import { createDerivedFiles, type DerivedFiles, type DerivedFilesDependencies } from "../derived-files.ts";

export interface OrchestrationRecordsDependencies extends Pick<DerivedFilesDependencies, "persist" | "log"> {
  readonly registry: Registry;
  readonly writeRecord: (orchestration: Orchestration) => Promise<void>;
}

/** Keeps the record of every orchestration as the registry has it. */
export function createOrchestrationRecords(deps: OrchestrationRecordsDependencies): DerivedFiles {
  const { registry, writeRecord } = deps;
  return createDerivedFiles({
    ...deps,
    filesAfter({ entity }) {
      const id = orchestrationOfEntity(entity);
      if (id === undefined) return [];
      return [{ key: `the record of ${entity}`, write: () => writeRecord(registry.orchestrations.get(id)) }];
    },
  });
}
