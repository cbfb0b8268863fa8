import { toPlainText } from "@orchastration/protocol";
import type { Document, Result } from "@orchastration/protocol/contract";
import { confirm } from "../ask/confirm.ts";
import type { Action } from "../command.ts";
import { CommandError, UsageError } from "../command-error.ts";
import type { Args } from "../command-spec.ts";
import type { trust } from "../commands/trust.ts";
import type { Context } from "../context.ts";

type Trust = Result<"trust.show">;

const EXIT_NOT_TRUSTED = 77;

export const run: Action<typeof trust> = async (context, args) => {
  if (args.show && args.revoke) {
    throw new UsageError("--show changes nothing and --revoke does.", "Give one of them.");
  }
  const { connect, caller, globals, output } = context;
  const client = await connect();
  if (args.revoke) {
    const { root, wasTrusted } = await client.call("trust.revoke", { context: caller });
    await output.note(toPlainText(wasTrusted ? `${root} is no longer trusted.` : `${root} was not trusted.`));
  }
  const shown = await client.call("trust.show", { context: caller });
  const isAnswer = args.show || args.revoke || shown.isTrusted;
  if (globals.json && isAnswer) await output.json<"trustState">(documentOf(shown));
  else if (args.show) await output.print(describe(shown));
  else if (isAnswer && !args.revoke) await output.note(toPlainText(`${shown.root} is trusted already.`));
  if (isAnswer) return 0;

  await agreeTo(shown, context, args);
  const granted = await client.call("trust.grant", { context: caller, shown: shown.files });
  if (!granted.isTrusted) throw refusal(`The files of ${granted.root} changed meanwhile.`, "Look at them again.");
  if (globals.json) await output.json<"trustState">(documentOf(granted));
  else await output.note(toPlainText(`${granted.root} is trusted until one of these files changes.`));
  return 0;
};

/** Returns when the person has seen everything and wants it. */
async function agreeTo(shown: Trust, context: Context, { yes }: Pick<Args<typeof trust>, "yes">): Promise<void> {
  const { root, files } = shown;
  if (files.length === 0) {
    throw new CommandError("NothingToTrust", `${root} has no .orchastration/config.toml: it cannot run anything.`, {
      hint: "Jobs of your own stand in the file that `orchastration config path` names.",
    });
  }
  const unreadable = files.filter(({ sha256 }) => sha256 === null).map(({ path }) => path);
  if (unreadable.length > 0) {
    throw refusal(`Not every file can be read: ${unreadable.join(", ")}.`, "Make them readable, then try again.");
  }
  if (context.globals.json && !yes) {
    throw refusal("Trust is a person's decision, and --json asks nothing.", "Read trust --show, then add --yes.");
  }
  await context.output.warn(describe(shown));
  if (yes) return;
  const answer = await confirm(context, "Let this configuration run commands? [y/N] ");
  if (answer === "cannot-ask") {
    throw refusal(
      "Trust is a person's decision, and there is no terminal to ask on.",
      "Add --yes if you have read it.",
    );
  }
  if (answer === "no") throw refusal("Nothing was changed.", "");
}

function refusal(message: string, hint: string): CommandError {
  return new CommandError("NotTrusted", message, { hint, exitCode: EXIT_NOT_TRUSTED });
}

function describe({ root, isTrusted, files, changed, agentFolders }: Trust): string {
  const changes = new Map(changed.map(({ path, change }) => [path, change]));
  const paths = [...new Set([...files.map(({ path }) => path), ...changes.keys()])].sort();
  const unreadable = new Set(files.filter(({ sha256 }) => sha256 === null).map(({ path }) => path));
  const lines = [
    isTrusted ? `${root} is trusted.` : `${root} is not trusted.`,
    ...paths.map((path) => {
      const remark = unreadable.has(path) ? "unreadable" : changes.get(path);
      return `  ${path}${remark === undefined ? "" : ` (${remark})`}`;
    }),
    ...(paths.length === 0 ? ["It has no configuration of its own."] : []),
    ...(agentFolders.length === 0
      ? []
      : [`Agents run what they find in ${agentFolders.join(", ")}; trust does not cover that.`]),
  ];
  return lines.map(toPlainText).join("\n");
}

function documentOf({ root, isTrusted, files, changed, agentFolders }: Trust): Document<"trustState"> {
  return { root, trusted: isTrusted, files: [...files], changed: [...changed], agent_folders: [...agentFolders] };
}
