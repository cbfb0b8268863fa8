"use strict";

/** The folders of the daemon that touch the outside world, each behind its own door. None knows another. */
const edges =
  "registry|audit|events|git|hashing|searching|harnesses|notifications|processes|supervisors|screens|config|records|task-files|trust|logging";

const daemon = "^packages/daemon/src";

/**
 * The layers of docs/ARCHITECTURE.md: each rule's comment is the reason for the arrow that it keeps.
 * @type {import("dependency-cruiser").IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: "protocol-stands-alone",
      comment: "Everybody meets in the protocol; if it knew one of them, everybody would depend on that one.",
      severity: "error",
      from: { path: "^packages/protocol/" },
      to: { path: "^packages/(?!protocol/)" },
    },
    {
      name: "protocol-has-two-dependencies",
      comment:
        "What may be said must be readable in an editor extension and a browser: zod for shapes, json-rpc-2.0 for matching.",
      severity: "error",
      from: { path: "^packages/protocol/src/" },
      to: { path: "node_modules/", pathNot: "node_modules/(zod|json-rpc-2[.]0)/" },
    },
    {
      name: "protocol-is-runtime-neutral",
      comment: "Only protocol/node may need Node: the rest is also loaded where there is none.",
      severity: "error",
      from: { path: "^packages/protocol/src/", pathNot: "^packages/protocol/src/node/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "protocol-does-not-reach-into-its-node-part",
      comment: "A neutral module that imports protocol/node is no longer neutral.",
      severity: "error",
      from: { path: "^packages/protocol/src/", pathNot: "^packages/protocol/src/node/" },
      to: { path: "^packages/protocol/src/node/" },
    },
    {
      name: "client-speaks-protocol-only",
      comment:
        "A client reaches the daemon over its socket: code of the daemon in a client would decide where only the daemon decides.",
      severity: "error",
      from: { path: "^packages/client/" },
      to: { path: "^packages/(?!client/|protocol/)" },
    },
    {
      name: "surfaces-go-through-the-client",
      comment:
        "Command line, MCP server, terminal and editor surfaces render; none knows another, the daemon, or a supervisor.",
      severity: "error",
      from: { path: "^packages/(cli|mcp|tui|vscode)/" },
      to: { path: "^packages/", pathNot: "^packages/($1|client|protocol)/" },
    },
    {
      name: "daemon-and-supervisor-meet-in-the-protocol",
      comment: "Each must be replaceable while the other of an older version runs: all that they share is versioned.",
      severity: "error",
      from: { path: "^packages/(daemon|supervisor)/" },
      to: { path: "^packages/", pathNot: "^packages/($1|protocol)/" },
    },
    {
      name: "packages-have-one-door",
      comment: "What a package does not export is free to change.",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/[^/]+/", pathNot: "^packages/$1/|/src/.*index[.]ts$" },
    },
    {
      name: "domain-is-pure",
      comment:
        "Transition tables and admission are decided from values alone, so that every case can be listed and tested.",
      severity: "error",
      from: { path: `${daemon}/domain/` },
      to: { pathNot: `${daemon}/domain/|^packages/protocol/src/(?!node/)` },
    },
    {
      name: "edges-do-not-know-each-other",
      comment: "One folder, one thing of the outside world: what several of them must do together is a service.",
      severity: "error",
      from: { path: `${daemon}/(${edges})/` },
      to: { path: `${daemon}/(${edges})/`, pathNot: `${daemon}/$1/` },
    },
    {
      name: "edges-do-not-decide",
      comment:
        "Edges are told what to do; one that calls a service could change a status outside the service's transaction.",
      severity: "error",
      from: { path: `${daemon}/(${edges}|domain)/` },
      to: { path: `${daemon}/((services|server)/|[^/]+$)` },
    },
    {
      name: "services-do-not-know-the-wire",
      comment: "The same service answers a socket, a timer and recovery at start.",
      severity: "error",
      from: { path: `${daemon}/services/` },
      to: { path: `${daemon}/(server/|[^/]+$)` },
    },
    {
      name: "server-does-not-compose",
      comment: "There is one place that puts the daemon together; what it builds does not build.",
      severity: "error",
      from: { path: `${daemon}/server/` },
      to: { path: `${daemon}/[^/]+$` },
    },
    {
      name: "nobody-imports-an-entry",
      comment: "A main.ts runs when it is loaded.",
      severity: "error",
      from: {},
      to: { path: "^packages/[^/]+/src/main[.]ts$" },
    },
    {
      name: "sqlite-behind-the-registry",
      comment: "One writer, one place that opens the file: pragmas, migrations and flushes are decided there.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: `${daemon}/registry/` },
      to: { path: "node_modules/better-sqlite3/" },
    },
    {
      name: "ptys-behind-the-supervisor",
      comment: "Whoever holds a pty's master keeps its session alive: only the supervisor may.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "^packages/supervisor/src/" },
      to: { path: "node_modules/node-pty/" },
    },
    {
      name: "toml-behind-the-configuration",
      comment: "The parser's known faults (BOM, CRLF) are worked around in one place.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: `${daemon}/config/` },
      to: { path: "node_modules/@iarna/toml/" },
    },
    {
      name: "winston-behind-logging",
      comment: "Its rotation loses lines and its exit loses the tail: one place makes up for both.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: `${daemon}/logging/` },
      to: { path: "node_modules/(winston|logform|winston-transport)/" },
    },
    {
      name: "git-behind-its-folder",
      comment: "Every git command carries the same defences against a hostile repository.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: `${daemon}/git/` },
      to: { path: "node_modules/simple-git/" },
    },
    {
      name: "yaml-behind-the-task-files",
      comment: "It is read when the first header is, and what it makes of hostile input is guarded in one place.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: `${daemon}/task-files/` },
      to: { path: "node_modules/yaml/" },
    },
    {
      name: "no-cycles",
      comment:
        "Modules that run each other are one module, or hide a third one. Types may look back: they are gone when it runs.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-tests-in-sources",
      comment: "What is shipped does not contain tests, scripts or tool configuration.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "^(test|scripts|configs)/|^packages/[^/]+/test/" },
    },
    {
      name: "no-undeclared-packages",
      comment: "A package that is there by accident is missing for whoever installs this one.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-unresolvable",
      comment: "An import that leads nowhere escapes every other rule.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // The classic TypeScript compiler, which it would use by default, does not exist any more in version 7.
    parser: "swc",
    // An import of a type is an arrow like any other.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/dist/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["source", "import", "node", "default"] },
  },
};
