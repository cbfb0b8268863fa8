import { isDeepStrictEqual } from "node:util";
import { runFacts } from "@orchastration/protocol";
import type { Difference, Run } from "@orchastration/protocol/contract";

/** Names of an environment with a salted digest of each value. */
export type EnvironmentNames = Readonly<Record<string, string>>;

/** What differs between two runs, in the order in which one would look for a cause. Of the environment: names, and salted digests of values. */
export function diffRuns(left: Run, right: Run, environmentOf: (digest: string) => EnvironmentNames): Difference[] {
  const [a, b] = [comparable(left), comparable(right)];
  const differences = Object.keys(a).flatMap((field) =>
    isDeepStrictEqual(a[field], b[field]) ? [] : [{ field, left: a[field], right: b[field] }],
  );
  const environment = diffEnvironments(environmentOf(left.environmentDigest), environmentOf(right.environmentDigest));
  return environment === undefined ? differences : [...differences, environment];
}

function comparable(run: Run): Record<string, unknown> {
  const facts = runFacts(run.state);
  return {
    name: run.name,
    argv: run.argv,
    working_dir: run.workingDir,
    timeout_ms: run.timeoutMs,
    inputs: run.inputs ?? [],
    base: run.base,
    program: run.program ?? null,
    binary_version: run.binaryVersion,
    os: run.os,
    status: run.state.status,
    exit: facts.exit,
    reason: facts.reason,
    duration_ms: facts.durationMs,
    outputs: facts.summary?.files ?? [],
    stdout: outputOf(run, "stdout"),
    stderr: outputOf(run, "stderr"),
  };
}

function outputOf(run: Run, stream: "stdout" | "stderr"): unknown {
  const { summary } = runFacts(run.state);
  if (summary === null) return null;
  return stream === "stdout"
    ? { bytes: summary.stdoutBytes, sha256: summary.stdoutSha256 }
    : { bytes: summary.stderrBytes, sha256: summary.stderrSha256 };
}

function diffEnvironments(left: EnvironmentNames, right: EnvironmentNames): Difference | undefined {
  const [a, b] = [differing(left, right), differing(right, left)];
  const isSame = Object.keys(a).length + Object.keys(b).length === 0;
  return isSame ? undefined : { field: "environment", left: a, right: b };
}

/** Those that the other one lacks, or has with another value. */
function differing(environment: EnvironmentNames, other: EnvironmentNames): EnvironmentNames {
  return Object.fromEntries(Object.entries(environment).filter(([name, digest]) => other[name] !== digest));
}
