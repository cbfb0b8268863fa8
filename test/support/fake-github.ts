import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";

function findsGh(): boolean {
  try {
    execFileSync("gh", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export const HAS_GH = findsGh() || process.env["ORCHASTRATION_NO_SKIP"] === "1";

export interface FakeGitHub extends AsyncDisposable {
  /** What the real gh needs to talk to this one and to nobody else. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables of the issues it was asked to make. */
  readonly issues: readonly { readonly title: string; readonly body: string }[];
  /** Resolves when a request came that will not be answered. */
  readonly heldUp: Promise<void>;
}

export const ISSUE = "https://github.com/ada/project/issues/7";

/** As much of GitHub's GraphQL as `gh issue create` asks for, on a Unix socket in `directory`. `hang`: never answers. `fail`: refuses. */
export async function startFakeGitHub(directory: string, mode: "answer" | "hang" | "fail"): Promise<FakeGitHub> {
  const socket = join(directory, "github.sock");
  const config = join(directory, "gh");
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, "config.yml"), `http_unix_socket: ${socket}\n`, { mode: 0o600 });
  const issues: { title: string; body: string }[] = [];
  const heldUp = Promise.withResolvers<void>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    if (mode === "hang") return heldUp.resolve();
    response.setHeader("Content-Type", "application/json");
    const { query = "", variables = {} } = JSON.parse(Buffer.concat(chunks).toString() || "{}") as {
      query?: string;
      variables?: { input?: { title: string; body: string } };
    };
    if (mode === "fail") {
      response.statusCode = 403;
      response.end(JSON.stringify({ message: "issues are closed \u001b[31mto you" }));
      return;
    }
    if (query.includes("createIssue")) {
      if (variables.input !== undefined) issues.push({ title: variables.input.title, body: variables.input.body });
      response.end(JSON.stringify({ data: { createIssue: { issue: { id: "I_1", url: ISSUE } } } }));
      return;
    }
    const repository = {
      id: "R_1",
      name: "project",
      owner: { login: "ada" },
      hasIssuesEnabled: true,
      viewerPermission: "ADMIN",
    };
    response.end(JSON.stringify({ data: { repository, repo_000: repository, viewer: { login: "ada" } } }));
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    env: { GH_CONFIG_DIR: config, GH_TOKEN: "no-secret", GH_REPO: "" },
    issues,
    heldUp: heldUp.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
