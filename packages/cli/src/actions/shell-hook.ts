import type { Action } from "../command.ts";
import type { shellHook } from "../commands/shell-hook.ts";
import { HOOKS } from "../shells/hook/index.ts";

export const run: Action<typeof shellHook> = async (context, { shell }) => {
  await context.output.print(HOOKS[shell]);
  return 0;
};
