import type { Action } from "../../command.ts";
import { UsageError } from "../../command-error.ts";
import type { sessionSend } from "../../commands/session/send.ts";

export const run: Action<typeof sessionSend> = async (context, { run, text = "", keys = "", enter }) => {
  const pressed = [...keys.split(/\s+/).filter((key) => key !== ""), ...(enter ? ["Enter"] : [])];
  if (text === "" && pressed.length === 0) {
    throw new UsageError(
      "There is nothing to type.",
      "Write --text <text>, --keys <keys>, --enter, or several of them.",
    );
  }
  const client = await context.connect();
  const data = Buffer.from(text).toString("base64");
  await client
    .call("session.write", { context: context.caller, session: run, data, keys: pressed })
    .finally(client.close);
  return 0;
};
