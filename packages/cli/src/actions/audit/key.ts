import type { Action } from "../../command.ts";
import type { auditKey } from "../../commands/audit/key.ts";

export const run: Action<typeof auditKey> = async ({ connect, globals, output }) => {
  const client = await connect();
  const { publicKey, keyId } = await client.call("audit.key", {});
  client.close();
  if (globals.json) await output.json<"auditKey">({ public_key: publicKey, key_id: keyId });
  else await output.print(publicKey.trimEnd());
  return 0;
};
