import { resolve } from "node:path";
import { toPlainText } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { auditCheck } from "../../commands/audit/check.ts";
import { count } from "../../output/format.ts";

export const run: Action<typeof auditCheck> = async ({ connect, cwd, globals, output }, { file, key, head }) => {
  const client = await connect();
  const { holds, flaw } = await client.call("audit.checkExport", {
    file: resolve(cwd, file),
    ...(key === undefined ? {} : { keyFile: resolve(cwd, key) }),
    ...(head === undefined ? {} : { headFile: resolve(cwd, head) }),
  });
  client.close();
  const exitCode = holds === null ? 1 : 0;
  if (globals.json) {
    await output.json<"auditExportCheck">({
      ok: holds !== null,
      file,
      flaw,
      entity: holds?.entity ?? null,
      head_seq: holds?.headSeq ?? null,
      head_hash: holds?.headHash ?? null,
      events: holds?.events ?? null,
      events_left_out: holds?.eventsLeftOut ?? null,
      subjects: holds?.subjects ?? [],
    });
    return exitCode;
  }
  if (holds === null) {
    await output.print(toPlainText(`${file} does not hold: ${flaw ?? ""}`));
    return exitCode;
  }
  const { entity, headSeq, headHash, events, eventsLeftOut, subjects } = holds;
  const leftOut = eventsLeftOut === 0 ? "" : `, ${eventsLeftOut} of others left out between them`;
  await output.print(
    toPlainText(`${entity}: ${count(events, "event")}${leftOut}, signed at event ${headSeq} ${headHash}`),
  );
  for (const { name, digest } of subjects) await output.print(toPlainText(`${name}  ${digest}`));
  return exitCode;
};
