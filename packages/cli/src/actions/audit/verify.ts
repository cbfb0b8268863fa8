import { toPlainText } from "@orchastration/protocol";
import type { Document, Result } from "@orchastration/protocol/contract";
import { cancellable } from "../../cancellable.ts";
import type { Action } from "../../command.ts";
import type { auditVerify } from "../../commands/audit/verify.ts";
import { count } from "../../output/format.ts";
import { withSpinner } from "../../output/spinner.ts";

type Verified = Result<"audit.verify">;

export const run: Action<typeof auditVerify> = async (context, { from, to }) =>
  await cancellable(context, async (signal) => {
    const client = await context.connect();
    let progress = "";
    const verifying = client.call(
      "audit.verify",
      { wantsProgress: true, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
      {
        signal,
        onProgress: ({ eventsDone, eventsTotal, outputsDone }) => {
          progress = `, event ${String(eventsDone)} of ${String(eventsTotal)}, ${String(outputsDone)} outputs`;
        },
      },
    );
    const verified = await withSpinner(context, () => `verifying${progress}`, verifying);
    client.close();
    if (context.globals.json) await context.output.json<"auditVerification">(documentOf(verified));
    else await context.output.print(toPlainText(sentenceOf(verified)));
    return verified.difference === null ? 0 : 1;
  });

function documentOf({ outputsGone, difference, ...counts }: Verified): Document<"auditVerification"> {
  return { ok: difference === null, ...counts, outputs_gone: outputsGone, difference };
}

function sentenceOf({ from, to, heads, outputs, outputsGone, difference }: Verified): string {
  if (difference !== null) return `event ${difference.seq}: ${difference.reason}`;
  const gone = outputsGone === 0 ? "" : ` (${outputsGone} dropped by retention or never recorded completely)`;
  return `events ${from} to ${to}, ${count(heads, "signed head")} and ${count(outputs, "output")} are as they were recorded${gone}`;
}
