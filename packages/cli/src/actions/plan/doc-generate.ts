import { taskName, toPlainText } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { docGenerate } from "../../commands/plan/doc-generate.ts";

export const run: Action<typeof docGenerate> = async ({ connect, caller, globals, output }, { task, force }) => {
  const client = await connect();
  const { plan, files } = await client.call("doc.generate", { context: caller, task, force });
  if (globals.json) {
    await output.json<"generatedDocuments">({
      name: taskName(plan.task),
      files: files.map(({ path, change }) => ({ path, change })),
      documented: plan.isDocumented,
      missing_documents: plan.missingDocuments,
    });
    return 0;
  }
  for (const { path, change } of files) await output.print(toPlainText(`${path}: ${change}`));
  if (plan.missingDocuments.length > 0) {
    await output.warn(toPlainText(`Declared documents are not there yet: ${plan.missingDocuments.join(", ")}`));
  }
  return 0;
};
