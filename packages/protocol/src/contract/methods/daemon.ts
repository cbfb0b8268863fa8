import { z } from "zod";
import { defineMethods } from "../define.ts";
import { timestamp } from "../entities.ts";

const daemonStatus = z.object({
  pid: z.int().positive(),
  version: z.string(),
  socket: z.string(),
  stateDir: z.string(),
  logFile: z.string(),
  startedAt: timestamp,
  sessions: z.int().min(0).describe("Live sessions over all supervisors."),
  queuedRuns: z.int().min(0),
  connections: z.int().min(0),
  headSeq: z.int().min(0),
  supervisors: z.array(
    z.object({
      id: z.string(),
      pid: z.int(),
      version: z.string(),
      sessions: z.int().min(0),
      isDraining: z.boolean().describe("Of an earlier version: it gets no new session, and ends with its last one."),
      isResponsive: z.boolean().describe("False: it does not answer, and new sessions are started elsewhere."),
    }),
  ),
  warnings: z
    .array(z.string())
    .describe(
      "What is wrong now and stands in nobody's way yet: a rejected configuration, a state directory that is full.",
    ),
});

export const daemonMethods = defineMethods({
  "daemon.status": {
    summary: "What the daemon is and what it holds.",
    since: "0.1.0",
    params: z.object({}),
    result: daemonStatus,
    errors: [],
    example: {
      params: {},
      result: {
        pid: 4242,
        version: "0.1.0",
        socket: "/run/user/1000/orchastration/3f2a.sock",
        stateDir: "/home/ada/.cache/orchastration/state",
        logFile: "/home/ada/.cache/orchastration/orchastration.log",
        startedAt: "2026-11-01T09:00:00.000Z",
        sessions: 1,
        queuedRuns: 0,
        connections: 1,
        headSeq: 17,
        supervisors: [
          { id: "2c9dk3mf0w1x", pid: 4250, version: "0.1.0", sessions: 1, isDraining: false, isResponsive: true },
        ],
        warnings: [],
      },
    },
  },
  "daemon.stop": {
    summary: "End the daemon. Sessions go on and are adopted by the next daemon; `endSessions` stops them first.",
    since: "0.1.0",
    params: z.object({ endSessions: z.boolean().optional() }),
    result: z.object({ liveSessions: z.int().min(0) }),
    errors: [],
    example: { params: {}, result: { liveSessions: 1 } },
  },
  "daemon.restart": {
    summary: "Replace the daemon by a new process, of a newer version after an upgrade. Sessions do not notice.",
    since: "0.1.0",
    params: z.object({}),
    result: z.object({ liveSessions: z.int().min(0) }),
    errors: [],
    example: { params: {}, result: { liveSessions: 1 } },
  },
});
