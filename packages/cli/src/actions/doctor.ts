import { DaemonUnreachableError } from "@orchastration/client";
import { toPlainText } from "@orchastration/protocol";
import type { Finding, Result } from "@orchastration/protocol/contract";
import type { Action } from "../command.ts";
import type { Args } from "../command-spec.ts";
import type { doctor } from "../commands/doctor.ts";
import type { Context } from "../context.ts";
import { writeBundle } from "../doctor/bundle.ts";
import { checkInstallation } from "../doctor/check-installation.ts";
import { checkWithoutDaemon, repairWithoutDaemon } from "../doctor/without-daemon.ts";
import { count } from "../output/format.ts";
import { withSpinner } from "../output/spinner.ts";

type Diagnosis = Result<"doctor.check">;

export const run: Action<typeof doctor> = async (context, args) => {
  const { findings, rewrittenRecords, repaired } = await diagnose(context, args);
  const exitCode = findings.some(({ status }) => status === "error") ? 1 : 0;
  if (args.bundle !== undefined) await writeBundle(context, args.bundle, findings);
  if (context.globals.json) {
    const document = { findings: [...findings], rewritten_records: rewrittenRecords, repaired: [...repaired] };
    await context.output.json<"diagnosis">(document);
    return exitCode;
  }
  for (const sentence of repaired) await context.output.print(toPlainText(`mended   ${sentence}`));
  for (const finding of findings) await context.output.print(toPlainText(lineOf(finding)));
  if (args.rewriteRecords) await context.output.note(`${count(rewrittenRecords, "record")} written again.`);
  return exitCode;
};

async function diagnose(context: Context, { rewriteRecords, repair }: Args<typeof doctor>): Promise<Diagnosis> {
  const installation = checkInstallation(context);
  const repairedBefore = repair ? repairWithoutDaemon(context) : [];
  try {
    const client = await context.connect();
    const checking = client.call("doctor.check", {
      context: context.caller,
      ...(rewriteRecords ? { rewriteRecords } : {}),
      ...(repair ? { repair } : {}),
    });
    const { findings, rewrittenRecords, repaired } = await withSpinner(context, () => "checking", checking);
    client.close();
    return { findings: [...installation, ...findings], rewrittenRecords, repaired: [...repairedBefore, ...repaired] };
  } catch (error) {
    if (!(error instanceof DaemonUnreachableError)) throw error;
    const findings = [...installation, ...checkWithoutDaemon(context, error)];
    return { findings, rewrittenRecords: 0, repaired: [...repairedBefore] };
  }
}

function lineOf({ check, status, message, hint }: Finding): string {
  const advice = hint === null ? "" : ` (${hint})`;
  return `${status.padEnd("warning".length)}  ${check}: ${message}${advice}`;
}
