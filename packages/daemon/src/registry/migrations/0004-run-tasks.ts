import type { Migration } from "./migration.ts";

/** Which runs a task has: its history is theirs as well. */
export const runTasks: Migration = {
  version: 4,
  sql: `
-- The task that the run belongs to; NULL for a run of no task.
ALTER TABLE runs ADD COLUMN task INTEGER REFERENCES tasks (key);
-- Where there is no task no run needs to be looked at.
UPDATE runs SET task = (
  SELECT tasks.key FROM events JOIN tasks ON tasks.id = events.entry ->> '$.payload.run.task.id' WHERE events.seq = runs.key
) WHERE EXISTS (SELECT 1 FROM tasks);
CREATE INDEX runs_by_task ON runs (task) WHERE task IS NOT NULL;

DROP VIEW v_sessions;
DROP VIEW v_runs;

CREATE VIEW v_runs AS
SELECT
  runs.id AS id,
  queued.entry ->> '$.payload.run.kind' AS kind,
  runs.name AS name,
  repositories.path AS repository,
  runs.status AS status,
  queued.entry -> '$.payload.run.argv' AS argv,
  queued.entry ->> '$.payload.run.workingDir' AS working_dir,
  queued.entry ->> '$.payload.run.queuedAt' AS queued_at,
  launched.entry ->> '$.payload.startedAt' AS started_at,
  newest.entry ->> '$.payload.endedAt' AS ended_at,
  newest.entry ->> '$.payload.durationMs' AS duration_ms,
  newest.entry ->> '$.payload.exit.code' AS exit_code,
  newest.entry ->> '$.payload.exit.signal' AS signal,
  newest.entry ->> '$.payload.reason' AS reason,
  newest.entry ->> '$.payload.summary.stdoutSha256' AS stdout_sha256,
  newest.entry ->> '$.payload.summary.stderrSha256' AS stderr_sha256,
  queued.entry ->> '$.payload.run.recordPath' AS record_path,
  runs.event_seq AS event_seq,
  tasks.id AS task_id
FROM runs
JOIN events AS queued ON queued.seq = runs.key
JOIN events AS newest ON newest.seq = runs.event_seq
LEFT JOIN events AS launched ON launched.seq = runs.launched_seq
LEFT JOIN repositories ON repositories.key = runs.repository
LEFT JOIN tasks ON tasks.key = runs.task;

CREATE VIEW v_sessions AS
SELECT
  id,
  id AS run_id,
  CASE WHEN status IN ('running', 'stopping') THEN 'live' WHEN status = 'lost' THEN 'lost' ELSE 'exited' END AS status,
  started_at,
  ended_at,
  exit_code,
  signal
FROM v_runs
WHERE started_at IS NOT NULL;
`,
};
