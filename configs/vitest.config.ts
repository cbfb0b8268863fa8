import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Tests import the sources of the workspace packages, so that a failing line is a line of the repository. */
const fromSource = {
  resolve: { conditions: ["source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["source", "node", "import", "default"] } },
};

/**
 * A limit ends a test that would never end. It tells nothing about speed, so it is far from what any machine needs:
 * this suite also has to hold on one core that others load.
 */
const patience = { testTimeout: 180_000, hookTimeout: 120_000, expect: { poll: { timeout: 90_000, interval: 10 } } };

export default defineConfig({
  ...fromSource,
  root,
  test: {
    // Tests of real processes wait more than they work.
    maxWorkers: availableParallelism() + 2,
    projects: [
      {
        ...fromSource,
        root,
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "test/architecture/**/*.test.ts"],
          exclude: ["**/dist/**", "**/node_modules/**"],
          pool: "forks",
          ...patience,
        },
      },
      {
        ...fromSource,
        root,
        test: {
          name: "integration",
          include: ["test/{contract,integration,e2e,compatibility}/**/*.test.ts"],
          exclude: ["**/dist/**", "**/node_modules/**"],
          pool: "forks",
          ...patience,
        },
      },
      {
        ...fromSource,
        root,
        test: {
          name: "survival",
          include: ["test/{survival,abuse,soak}/**/*.test.ts"],
          exclude: ["**/dist/**", "**/node_modules/**"],
          pool: "forks",
          ...patience,
        },
      },
    ],
  },
});
