import { parentPort } from "node:worker_threads";
import { messageOf } from "@orchastration/protocol";
import { type FollowedScreen, followScreen } from "./followed-screen.ts";
import type { ScreenOrder, ScreenReadings, ScreenReport } from "./screen-messages.ts";

if (parentPort === null) throw new Error("screen-worker runs as a worker thread of the daemon, not by itself");
const port = parentPort;
const screens = new Map<string, FollowedScreen>();

port.on("message", (order: ScreenOrder) => {
  switch (order.kind) {
    case "follow":
      if (screens.has(order.session)) return;
      screens.set(
        order.session,
        followScreen(order, {
          onAnswer: (text, askedBefore) => report({ kind: "answer", session: order.session, text, askedBefore }),
          onSignal: (signal) => report({ kind: "signal", session: order.session, signal }),
        }),
      );
      break;
    case "control":
      screens.get(order.session)?.setControlled(order.isControlled, order.at);
      break;
    case "typed":
      screens.get(order.session)?.noteTyping();
      break;
    case "read":
      void read(order.id, order.session, order.what);
      break;
    case "forget":
      screens.get(order.session)?.close();
      screens.delete(order.session);
      break;
  }
});

async function read(id: number, session: string, what: keyof ScreenReadings): Promise<void> {
  try {
    const screen = screens.get(session);
    if (screen === undefined) throw new Error(`session ${session} is not followed`);
    report({ kind: "reading", id, reading: await screen[what]() });
  } catch (error) {
    report({ kind: "failed", id, message: messageOf(error) });
  }
}

function report(message: ScreenReport): void {
  port.postMessage(message);
}
