import type { HandlerMap } from "../dispatcher.ts";
import type { Services } from "../services.ts";

export function sessionHandlers({ findRun, sessions, readOutput }: Services) {
  return {
    "session.list": () => sessions.list(),
    "session.attach": async ({ context, session }) => sessions.attach(await findRun(context, session)),
    "session.screen": async ({ context, session }) => sessions.screen(await findRun(context, session)),
    "session.read": async ({ context, session, ...request }, { signal }) =>
      readOutput(await findRun(context, session), request, signal),
    "session.write": async ({ context, session, ...input }) => sessions.write(await findRun(context, session), input),
    "session.resize": async ({ context, session, ...input }) => sessions.resize(await findRun(context, session), input),
    "session.signal": async ({ context, session, ...input }) => sessions.signal(await findRun(context, session), input),
    "session.takeControl": async ({ context, session, ...input }) =>
      sessions.takeControl(await findRun(context, session), input),
  } satisfies Partial<HandlerMap>;
}
