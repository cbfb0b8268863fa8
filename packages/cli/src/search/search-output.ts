import { toPlainText } from "@orchastration/protocol";
import type { SearchHit } from "@orchastration/protocol/contract";
import { cancellable } from "../cancellable.ts";
import { UsageError } from "../command-error.ts";
import type { Args } from "../command-spec.ts";
import type { logs } from "../commands/logs.ts";
import type { Context } from "../context.ts";
import { count } from "../output/format.ts";

type Query = Pick<Args<typeof logs>, "run" | "job" | "limit" | "ignoreCase"> & { readonly text: string };

/** Prints hits as they are found. Ctrl-C gives the rest up. */
export async function searchOutput(context: Context, { run, text, job, limit, ignoreCase }: Query): Promise<number> {
  if (run !== undefined) {
    throw new UsageError("--search looks through all runs.", "Leave out the run; --job <name> takes those of one job.");
  }
  const client = await context.connect();
  const failure = Promise.withResolvers<never>();
  let printed: Promise<void> = Promise.resolve();
  const params = {
    context: context.caller,
    text,
    isCaseIgnored: ignoreCase,
    wantsProgress: true,
    ...(job === undefined ? {} : { name: job }),
    ...(limit === undefined ? {} : { limit }),
  };
  try {
    return await cancellable(context, async (signal) => {
      const answer = client.call("run.search", params, {
        signal,
        onProgress({ hits }) {
          // The daemon sends what the contract says of this method's progress.
          printed = printed.then(() => printHits(context, hits as readonly SearchHit[]));
          printed.catch(failure.reject);
        },
      });
      const { searchedRuns, isLimited } = await Promise.race([answer, failure.promise]);
      await printed;
      const more = isLimited ? "; there may be more: see --limit" : "";
      await context.output.note(`${count(searchedRuns, "run")} searched${more}.`);
      return 0;
    });
  } finally {
    client.close();
  }
}

async function printHits({ output, globals }: Context, hits: readonly SearchHit[]): Promise<void> {
  for (const { run, name, stream, offset, line } of hits) {
    if (globals.json) await output.jsonLine<"logsLine">({ run_id: run, job_name: name, stream, offset, line });
    else await output.print([run, name, stream, offset, line].map((value) => toPlainText(String(value))).join("\t"));
  }
}
