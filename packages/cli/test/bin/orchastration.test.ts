import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin", import.meta.url));

describe("the launcher", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "launcher-"));
    cpSync(bin, join(folder, "bin"), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const launch = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, "bin/orchastration.cjs"), ...args], { encoding: "utf8" });

  test("runs the bundle in its own process, with the arguments as they are", () => {
    mkdirSync(join(folder, "dist"));
    const program = "process.stdout.write(JSON.stringify(process.argv.slice(2))); process.exitCode = 5;";
    writeFileSync(join(folder, "dist/main.cjs"), program);
    const { status, stdout } = launch("run", "--", "two words", "");
    expect({ status, stdout }).toEqual({ status: 5, stdout: `["run","--","two words",""]` });
  });

  test("prefers the bundle that holds only the command it was asked for", () => {
    mkdirSync(join(folder, "dist/commands"), { recursive: true });
    writeFileSync(join(folder, "dist/main.cjs"), 'process.stdout.write("every command");');
    writeFileSync(join(folder, "dist/commands/run.cjs"), 'process.stdout.write("only run");');
    expect(launch("run", "sample").stdout).toBe("only run");
    expect(launch("list").stdout).toBe("every command");
    expect(launch("../commands/run").stdout).toBe("every command");
  });

  test("says what to do in a checkout that is not built", () => {
    const { status, stdout, stderr } = launch("list");
    expect({ status, stdout, stderr }).toEqual({
      status: 69,
      stdout: "",
      stderr: "orchastration: not built: run npm start once\n",
    });
  });

  test("lets an error inside the bundle be seen", () => {
    mkdirSync(join(folder, "dist"));
    writeFileSync(join(folder, "dist/main.cjs"), `require("./part-that-is-missing.cjs");`);
    const { status, stderr } = launch("list");
    expect(status).toBe(1);
    expect(stderr).toContain("part-that-is-missing");
  });

  describe("keeps what it compiled", () => {
    const bundle = (program: string): void => {
      mkdirSync(join(folder, "dist"), { recursive: true });
      writeFileSync(join(folder, "dist/main.cjs"), program);
    };
    const kept = (): string[] =>
      existsSync(join(folder, "dist/compiled")) ? readdirSync(join(folder, "dist/compiled")) : [];

    test("once for each command, and runs the same from then on", () => {
      bundle("const greet = (name) => process.stdout.write(`hello ${name}`); greet(process.argv[2]);");
      for (const word of ["status", "status", "run"]) expect(launch(word).stdout).toBe(`hello ${word}`);
      expect(kept()).toHaveLength(2);
      expect(kept().filter((name) => /^(run|status)-/.test(name))).toHaveLength(2);
    });

    test("for nobody else to write, whatever the umask", () => {
      bundle('process.stdout.write("fine");');
      const command = [
        "-c",
        'umask 0; exec "$0" "$@"',
        process.execPath,
        join(folder, "bin/orchastration.cjs"),
        "status",
      ];
      expect(spawnSync("sh", command, { encoding: "utf8" }).stdout).toBe("fine");
      expect(kept()).toHaveLength(1);
      for (const name of ["", ...kept()]) {
        expect(statSync(join(folder, "dist/compiled", name)).mode & 0o022).toBe(0);
      }
    });

    test("but not for a word that is no command", () => {
      bundle("process.exitCode = 2;");
      expect(launch("bogus").status).toBe(2);
      expect(kept()).toEqual([]);
    });

    test("and never runs what was compiled from an older bundle of the same length", () => {
      bundle('process.stdout.write("old");');
      expect(launch("status").stdout).toBe("old");
      bundle('process.stdout.write("new");');
      expect(launch("status").stdout).toBe("new");
    });

    test("but makes anew what was damaged behind its beginning, over which V8 would crash", () => {
      bundle('process.stdout.write("fine");');
      launch("status");
      const [path = ""] = kept().map((name) => join(folder, "dist/compiled", name));
      for (const part of [0.3, 0.8]) {
        const damaged = readFileSync(path);
        damaged.subarray(damaged.length * part, damaged.length * (part + 0.1)).fill(0);
        writeFileSync(path, damaged);
        expect(launch("status")).toMatchObject({ stdout: "fine", stderr: "", status: 0 });
        expect(readFileSync(path).equals(damaged)).toBe(false);
      }
    });

    test("and sweeps what a start left that was killed while it wrote, not what is being written", () => {
      bundle('process.stdout.write("fine");');
      mkdirSync(join(folder, "dist/compiled"));
      const { pid: dead } = spawnSync("true");
      const [left, written] = [`run-v24.0.0-1.5.${dead}.new`, `run-v24.0.0-1.5.${process.pid}.new`];
      for (const name of [left, written]) writeFileSync(join(folder, "dist/compiled", name), "half");
      expect(launch("status").stdout).toBe("fine");
      expect(kept()).toHaveLength(2);
      expect(kept()).toContain(written);
    });

    test("and does without a compiled form that is damaged, or that it cannot write", () => {
      bundle('process.stdout.write("fine");');
      launch("status");
      for (const name of kept()) writeFileSync(join(folder, "dist/compiled", name), "damaged");
      expect(launch("status")).toMatchObject({ stdout: "fine", stderr: "", status: 0 });
      rmSync(join(folder, "dist/compiled"), { recursive: true });
      writeFileSync(join(folder, "dist/compiled"), "a file in the way");
      expect(launch("status")).toMatchObject({ stdout: "fine", stderr: "", status: 0 });
    });
  });
});
