import type { Action } from "../../command.ts";
import type { configPath } from "../../commands/config/path.ts";
import { fileDocument } from "./file-document.ts";

export const run: Action<typeof configPath> = async ({ connect, caller, globals, output, place }) => {
  if (!globals.json) {
    await output.print(place.namedConfigFile ?? place.defaultConfigFile);
    return 0;
  }
  const client = await connect();
  const { files } = await client.call("config.check", { context: caller });
  await output.json<"configFiles">({ files: files.map(fileDocument) });
  return 0;
};
