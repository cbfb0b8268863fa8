import type { Migration } from "./migration.ts";

/** As for tasks, a row holds the whole orchestration, as the log says it. */
export const orchestrations: Migration = {
  version: 3,
  sql: `
-- events.run is also the key of the orchestration that an event belongs to: the seq of its first event.
CREATE TABLE orchestrations (
  -- The seq of its orchestration.started event.
  key INTEGER PRIMARY KEY REFERENCES events (seq),
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- NULL: the global configuration.
  repository INTEGER REFERENCES repositories (key),
  task TEXT,
  status TEXT NOT NULL,
  has_ended INTEGER NOT NULL,
  -- Its record file, relative to the state directory.
  record TEXT NOT NULL UNIQUE,
  -- JSON.
  orchestration TEXT NOT NULL,
  event_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX orchestrations_by_name ON orchestrations (name, repository);
CREATE INDEX orchestrations_unfinished ON orchestrations (key) WHERE has_ended = 0;
-- Two at a time would write over each other's work.
CREATE UNIQUE INDEX orchestrations_at_work ON orchestrations (coalesce(repository, 0), name, coalesce(task, '')) WHERE has_ended = 0;

CREATE VIEW v_orchestrations AS
SELECT
  orchestrations.id AS id,
  orchestrations.name AS name,
  repositories.path AS repository,
  orchestrations.status AS status,
  orchestrations.task AS task,
  orchestrations.orchestration -> '$.context' AS context,
  orchestrations.orchestration ->> '$.startedAt' AS started_at,
  orchestrations.orchestration ->> '$.state.endedAt' AS ended_at,
  orchestrations.orchestration ->> '$.state.message' AS message,
  orchestrations.record AS record,
  orchestrations.event_seq AS event_seq
FROM orchestrations
LEFT JOIN repositories ON repositories.key = orchestrations.repository;
`,
};
