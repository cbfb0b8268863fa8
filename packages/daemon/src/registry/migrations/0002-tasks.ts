import type { Migration } from "./migration.ts";

/** Tasks have few events each, so that a row holds the whole task, as the log says it. Rows of removed tasks stay: numbers are never given twice. */
export const tasks: Migration = {
  version: 2,
  sql: `
-- events.run is from here on the key of the run or task that an event belongs to: the seq of its first event.
CREATE TABLE tasks (
  -- The seq of its task.created event.
  key INTEGER PRIMARY KEY REFERENCES events (seq),
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  -- NULL: the global configuration.
  repository INTEGER REFERENCES repositories (key),
  number INTEGER,
  slug TEXT NOT NULL,
  status TEXT NOT NULL,
  is_removed INTEGER NOT NULL,
  worktree TEXT,
  -- JSON.
  task TEXT NOT NULL,
  event_seq INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX tasks_by_number ON tasks (repository, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX tasks_by_slug ON tasks (coalesce(repository, 0), kind, slug) WHERE is_removed = 0;
CREATE UNIQUE INDEX tasks_by_worktree ON tasks (worktree) WHERE worktree IS NOT NULL AND is_removed = 0;

CREATE VIEW v_tasks AS
SELECT
  tasks.id AS id,
  tasks.kind AS kind,
  repositories.path AS repository,
  tasks.number AS number,
  tasks.slug AS slug,
  tasks.task ->> '$.title' AS title,
  tasks.task ->> '$.agent' AS agent,
  tasks.task -> '$.labels' AS labels,
  tasks.status AS status,
  tasks.task ->> '$.state.reason' AS reason,
  tasks.task ->> '$.createdAt' AS created_at,
  tasks.task ->> '$.run' AS run_id,
  tasks.task ->> '$.lease.path' AS worktree,
  tasks.task ->> '$.lease.branch' AS branch,
  tasks.task ->> '$.state.into' AS merged_into,
  tasks.task ->> '$.state.commit' AS merge_commit,
  tasks.event_seq AS event_seq
FROM tasks
LEFT JOIN repositories ON repositories.key = tasks.repository
WHERE tasks.is_removed = 0;
`,
};
