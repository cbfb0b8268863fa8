import { chmodSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";

interface Finding {
  readonly check: string;
  readonly status: string;
  readonly message: string;
}

async function findings(home: Home, ...args: string[]): Promise<readonly Finding[]> {
  return (await home.json(["doctor", ...args]))["findings"] as readonly Finding[];
}

const statusOf = (found: readonly Finding[], check: string): string | undefined =>
  found.find((finding) => finding.check === check)?.status;

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("doctor", () => {
  test("finds nothing wrong with what nobody touched, and names the programs it needs", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    const { code, stdout } = await home.cli(["doctor"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^ok +installation: orchastration /)]);
    for (const check of ["permissions", "event chain", "signed heads", "supervisors", "git"]) {
      expect(stdout).toMatch(new RegExp(`^ok +${check}: `, "m"));
    }
  });

  test("repairs permissions and records, says so, and leaves nothing to repair", async () => {
    await using home = createHome();
    const { run_id: run } = await home.json(["run", "--", "true"]);
    const registry = join(home.stateDir, "registry.db");
    chmodSync(registry, 0o644);
    const record = `${String((await home.json(["show", String(run)]))["stdout_path"]).replace(/\.stdout\.log$/, "")}.json`;
    rmSync(record);
    const before = await findings(home);
    expect([statusOf(before, "permissions"), statusOf(before, "records")]).toEqual(["error", "error"]);

    const { repaired, findings: after } = await home.json(["doctor", "--repair"]);
    expect(repaired).toEqual([`${registry} is open to nobody else any more`, "1 records were written again"]);
    expect((after as readonly Finding[]).filter(({ status }) => status === "error")).toEqual([]);
    expect([modeOf(registry), existsSync(record)]).toEqual([0o600, true]);
    expect((await home.json(["doctor", "--repair"]))["repaired"]).toEqual([]);
  });

  test("finds a signed head that does not fit the log", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    await home.cli(["daemon", "stop"]);
    writeFileSync(join(home.stateDir, "audit/heads/3-0000000000000000.json"), "{}\n", { mode: 0o600 });
    expect(statusOf(await findings(home), "signed heads")).toBe("error");
  });

  test("checks what it can when no daemon can start, and changes nothing there", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    await home.cli(["daemon", "stop"]);
    const registry = join(home.stateDir, "registry.db");
    for (const companion of ["-wal", "-shm"]) rmSync(`${registry}${companion}`, { force: true });
    truncateSync(registry, 0);
    const { code, stdout } = await home.cli(["doctor", "--repair"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^error +daemon: /m);
    expect(stdout).toMatch(/^error +registry: .* is empty/m);
    expect(statSync(registry).size).toBe(0);
  });

  test("repairs a state directory that others may write to, which keeps the daemon from starting", async () => {
    await using home = createHome();
    await home.cli(["run", "--", "true"]);
    await home.cli(["daemon", "stop"]);
    chmodSync(home.stateDir, 0o777);
    expect((await home.json(["doctor", "--repair"]))["repaired"]).toEqual([
      `${home.stateDir} is open to nobody else any more`,
    ]);
    expect(modeOf(home.stateDir)).toBe(0o700);
  });

  test.each(["with", "without"])("writes a report %s a daemon that has no secrets in it", async (which) => {
    await using home = createHome();
    const canary = "CANARY-7c1f";
    home.writeConfig(`[jobs.leak]\ncommand = ["echo", "${canary}-argv"]\nenv = { TOKEN = "${canary}-config" }\n`);
    await home.cli(["run", "leak"], { env: { SECRET: `${canary}-environment` } });
    await home.cli(["run", "--", "sh", "-c", "echo $SECRET"], { env: { SECRET: `${canary}-output` } });
    if (which === "without") {
      await home.cli(["daemon", "stop"]);
      truncateSync(join(home.stateDir, "registry.db"), 0);
      home.writeConfig(`[logging]\nlevel = "${canary}-mistake"\n`);
    }
    await home.cli(["doctor", "--bundle", "report.json"], { env: { SECRET: `${canary}-caller` } });
    const file = join(home.cwd, "report.json");
    const report = readFileSync(file, "utf8");
    expect(report).not.toContain(canary);
    expect(JSON.parse(report)).toMatchObject({
      version: expect.any(String),
      daemon: which === "with" ? { running: true } : null,
    });
    expect(modeOf(file)).toBe(0o600);
  });
});
