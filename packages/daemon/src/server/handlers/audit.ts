import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function auditHandlers({ findAuditSubject, audit, verifyAudit }: Services) {
  return {
    "audit.show": (params) => audit.show(params),
    "audit.verify": ({ wantsProgress = false, ...range }, { signal, progress }) =>
      verifyAudit(range, { signal, onProgress: (done) => wantsProgress && progress({ ...done }) }),
    "audit.key": () => audit.key(),
    "audit.export": async ({ context, run, task, ...options }) =>
      audit.exportEntity(await findAuditSubject(context, { run, task }), options),
    "audit.checkExport": (params) => audit.checkExport(params),
  } satisfies Partial<HandlerMap>;
}
