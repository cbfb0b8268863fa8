import { toPlainText } from "@orchastration/protocol";
import { cancellable } from "../../cancellable.ts";
import type { Action } from "../../command.ts";
import type { gitIssueCreate } from "../../commands/git/issue-create.ts";
import { withSpinner } from "../../output/spinner.ts";
import { wholeEnvironment, withinLimits } from "../run-options.ts";

export const run: Action<typeof gitIssueCreate> = async (context, { task, again, timeout }) =>
  await cancellable(context, async (signal) => {
    const client = await context.connect();
    const params = {
      context: context.caller,
      task,
      environment: wholeEnvironment(context.env),
      ...(again ? { isAgain: true } : {}),
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }),
    };
    const asking = withinLimits(client.call("git.createIssue", params, { signal }));
    const created = await withSpinner(context, () => "asking GitHub", asking);
    client.close();
    if (context.globals.json) await context.output.json<"issueCreated">(created);
    else await context.output.print(toPlainText(created.url));
    return 0;
  });
