import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

/** After everything else: one line that counts the tests, and the names of skipped ones where none may be skipped. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[], reason: TestRunEndReason): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => tests.filter((test) => test.result().state === state);
    const skipped = inState("skipped");
    // A file that does not load has no tests, a hook that fails fails none, an error outside of all tests has no file:
    // none of them may look like success.
    const unloaded = modules.filter((module) => module.errors().length > 0).length;
    const isSound = reason === "passed" && unhandledErrors.length === 0;
    const failed = Math.max(inState("failed").length + unloaded, isSound ? 0 : 1);

    if (process.env["ORCHASTRATION_NO_SKIP"] === "1" && skipped.length > 0) {
      const names = skipped.map((test) => `  ${test.module.relativeModuleId}: ${test.fullName}\n`);
      process.stdout.write(`\nORCHASTRATION_NO_SKIP is set, but these tests were skipped:\n${names.join("")}`);
      process.exitCode = 1;
    }
    process.stdout.write(`\n${inState("passed").length} passed, ${failed} failed, ${skipped.length} skipped\n`);
  }
}
