import type { Migration } from "./migration.ts";

/**
 * The log holds everything once. `runs` is an index over it: which run has which events, and what runs are searched and ordered by. A run's
 * declaration, launch and outcome are read from the events that `key`, `launched_seq` and `event_seq` name.
 */
export const initial: Migration = {
  version: 1,
  sql: `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  -- The key of the run it belongs to; NULL for every other entity.
  run INTEGER,
  -- The exact JSON text that is hashed.
  entry TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX events_by_run ON events (run);

CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never updated'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
-- Also keeps INSERT OR REPLACE out, which asks neither of the two above.
CREATE TRIGGER events_are_only_appended BEFORE INSERT ON events
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events are only appended, one after another'); END;

CREATE TABLE repositories (
  key INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE runs (
  -- The seq of its run.queued event: runs are in the order of the log.
  key INTEGER PRIMARY KEY REFERENCES events (seq),
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- NULL: the global configuration.
  repository INTEGER REFERENCES repositories (key),
  status TEXT NOT NULL,
  -- What indexes depend on: comparing a status with a list of words costs more than the rest of an update.
  has_ended INTEGER NOT NULL,
  has_failed INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  -- Its record file, relative to the state directory, without .json.
  record TEXT NOT NULL UNIQUE,
  launched_seq INTEGER,
  event_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_name ON runs (name);
CREATE INDEX runs_by_repository ON runs (repository);
CREATE INDEX runs_by_job ON runs (name, repository);
CREATE INDEX runs_failed ON runs (key) WHERE has_failed = 1;
CREATE INDEX runs_failed_by_name ON runs (name) WHERE has_failed = 1;
CREATE INDEX runs_failed_by_repository ON runs (repository) WHERE has_failed = 1;
CREATE INDEX runs_failed_by_job ON runs (name, repository) WHERE has_failed = 1;
CREATE INDEX runs_unfinished ON runs (key) WHERE has_ended = 0;
CREATE INDEX runs_queued ON runs (priority DESC, key) WHERE status = 'queued';
CREATE INDEX runs_ended ON runs (event_seq) WHERE has_ended = 1;

CREATE TABLE environments (
  key INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  -- JSON object: name -> salted digest of its value.
  names TEXT NOT NULL
) STRICT;

-- For people who want SQL. Columns are added, never renamed or removed.
CREATE VIEW v_events AS
SELECT
  seq,
  entry ->> '$.id' AS id,
  entry ->> '$.at' AS at,
  entry ->> '$.actor.kind' AS actor_kind,
  entry ->> '$.actor.name' AS actor_name,
  entry ->> '$.entity' AS entity,
  entry ->> '$.name' AS name,
  entry -> '$.payload' AS payload,
  lower(hex(hash)) AS hash
FROM events;

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
  runs.event_seq AS event_seq
FROM runs
JOIN events AS queued ON queued.seq = runs.key
JOIN events AS newest ON newest.seq = runs.event_seq
LEFT JOIN events AS launched ON launched.seq = runs.launched_seq
LEFT JOIN repositories ON repositories.key = runs.repository;

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
