import { OrchastrationError } from "@orchastration/protocol";
import type {
  Actor,
  Context,
  Orchestration,
  OrchestrationView,
  Params,
  Result,
} from "@orchastration/protocol/contract";
import type { ConfigService } from "../config.ts";
import type { DerivedFiles } from "../derived-files.ts";
import type { KnownTasks } from "../tasks/known-tasks.ts";
import { type ConductDependencies, createConduct } from "./conduct.ts";
import { busy, createDeclareOrchestration, findDefinition, type OrchestrationDraft } from "./declare-orchestration.ts";

export interface OrchestrationService {
  list(params: Params<"orchestration.list">): Promise<Result<"orchestration.list">>;
  /** Makes the intent durable and answers; the first group begins at once. */
  run(params: Params<"orchestration.run">, actor: Actor): Promise<Orchestration>;
  get(params: Params<"orchestration.get">): Promise<Orchestration>;
  stop(params: Params<"orchestration.stop">, actor: Actor): Promise<Orchestration>;
}

export interface Orchestrations {
  readonly service: OrchestrationService;
  /** Whether none is being led. */
  isIdle(): boolean;
  /** Takes up what the last daemon left. Called when sessions are adopted. */
  recover(): void;
  /** Begins and records nothing more. */
  close(): void;
}

export interface OrchestrationsDependencies extends ConductDependencies {
  readonly config: Pick<ConfigService, "load">;
  readonly knownTasks: Pick<KnownTasks, "get">;
  readonly records: Pick<DerivedFiles, "written">;
  readonly chooseRecord: (draft: OrchestrationDraft, isTaken: (record: string) => boolean) => string;
}

export function createOrchestrations(deps: OrchestrationsDependencies): Orchestrations {
  const { registry, config, records, chooseRecord, stopRun, log } = deps;
  const declare = createDeclareOrchestration({ ...deps, loadConfig: config.load });
  const conduct = createConduct(deps);
  const led = new Set<string>();

  function inBackground({ id }: Orchestration, work: Promise<void>): void {
    led.add(id);
    work
      .catch((error: unknown) => {
        // What cannot be done while the daemon ends is taken up by the next one.
        if (error instanceof OrchastrationError && error.kind === "DaemonStopping") return;
        log.error("orchestration.unsettled", error instanceof Error ? (error.stack ?? error.message) : String(error));
      })
      .finally(() => led.delete(id));
  }

  async function find(context: Context, reference: string): Promise<Orchestration> {
    const byId = registry.orchestrations.find(reference);
    if (byId !== undefined) return byId;
    const { scope, name } = findDefinition(await config.load(context), reference);
    const repository = scope.kind === "repository" ? scope.root : null;
    const last = registry.orchestrations.findLast({ name, repository });
    if (last !== undefined) return last;
    throw new OrchastrationError("OrchestrationNotFound", `orchestration ${name} has never been run`);
  }

  return {
    service: {
      async list({ context }) {
        const loaded = await config.load(context);
        const orchestrations = [...loaded.config.orchestrations.values()].map((definition): OrchestrationView => {
          const { name, description, scope, steps } = definition;
          const repository = scope.kind === "repository" ? scope.root : null;
          return {
            name,
            description,
            repository,
            groups: steps.map((roles) => [...roles]),
            last: registry.orchestrations.findLast({ name, repository }) ?? null,
          };
        });
        return { orchestrations };
      },
      async run(params, actor) {
        const draft = await declare(params, actor);
        const orchestration = await registry.commit((tx) => {
          const { name, repository, task } = draft;
          const rival = tx.orchestrations
            .unfinished()
            .find((other) => other.name === name && other.repository === repository && other.task === task);
          if (rival !== undefined) throw busy(rival);
          const record = chooseRecord(draft, (taken) => tx.orchestrations.isRecordTaken(taken));
          return tx.orchestrations.start({ ...draft, record }, actor);
        });
        inBackground(orchestration, conduct.lead(orchestration, params, actor));
        return orchestration;
      },
      async get({ context, orchestration }) {
        const found = await find(context, orchestration);
        // Whoever asks may read the record next.
        await records.written(found.eventSeq);
        return found;
      },
      async stop({ context, orchestration }, actor) {
        const { id } = await find(context, orchestration);
        const stopping = await registry.commit((tx) => {
          const found = tx.orchestrations.get(id);
          // Asked for twice, it is the same stop.
          if (found.state.status === "stopping") return found;
          return tx.orchestrations.apply(
            { name: "orchestration.stopRequested", payload: { orchestration: id } },
            actor,
          );
        });
        const running = stopping.steps.flatMap(({ run, state }) =>
          run !== null && state.status === "running" ? [run] : [],
        );
        await Promise.all(running.map((run) => stopRun(run, actor)));
        return registry.orchestrations.get(id);
      },
    },
    isIdle: () => led.size === 0,
    recover() {
      for (const orchestration of registry.orchestrations.unfinished()) {
        inBackground(orchestration, conduct.takeUp(orchestration));
      }
    },
    close: conduct.close,
  };
}
