import { readFileSync } from "node:fs";
import {
  type ContentDescriptor,
  type JsonSchema,
  type OpenRpcDocument,
  type OpenRpcExample,
  type OpenRpcMethod,
  openRpc,
} from "@orchastration/protocol/contract";
import { blocks, code, details, fence, GENERATED, linkTo, table } from "./markdown.ts";
import { alternativesOf, type Member, memberRows, membersOf, membersText } from "./schema-text.ts";

const introduction = readFileSync(new URL("protocol-introduction.md", import.meta.url), "utf8").trim();

export function protocolDocument(): string {
  const document = openRpc();
  return blocks(
    GENERATED,
    introduction,
    "## Methods",
    table(
      ["method", "does"],
      document.methods.map(({ name, summary }) => [linkTo(name, code(name)), summary]),
    ),
    ...document.methods.map(methodSection),
    "## Notifications",
    ...document["x-notifications"].map(({ name, summary, params }) =>
      blocks(`### ${name}`, summary, memberTable(params.flatMap(rowsOf))),
    ),
    eventsSection(document),
    "## Types",
    ...Object.entries(document.components.schemas).map(([name, schema]) => typeSection(name, schema)),
  );
}

function methodSection(method: OpenRpcMethod): string {
  const errors = method.errors.map(({ $ref }) => $ref.replace("#/components/errors/", ""));
  const [example] = method.examples;
  return blocks(
    `### ${method.name}`,
    method.summary,
    `Since ${method["x-since"]}.${method["x-long"] ? " Long: see [requests that stay open](#requests-that-stay-open)." : ""}`,
    method.params.length === 0 ? "No parameters." : memberTable(method.params.flatMap(rowsOf)),
    resultText(method.result.schema),
    errors.length === 0 ? "" : `Errors: ${errors.map((kind) => linkTo(kind, code(kind), "errors.md")).join(", ")}.`,
    example === undefined ? "" : details("Example", fence("json", exampleText(method.name, example))),
  );
}

function resultText(schema: JsonSchema): string {
  const members = membersOf(schema);
  return members.length === 0 ? "The result is an empty object." : blocks("Result:", memberTable(members));
}

function rowsOf({ name, description, required, schema }: ContentDescriptor): Member[] {
  return memberRows(name, { ...schema, ...(description === undefined ? {} : { description }) }, required);
}

function memberTable(members: readonly Member[]): string {
  return table(
    ["name", "type", "", "meaning"],
    members.map(({ path, type, isRequired, description }) => [
      code(path),
      type,
      isRequired ? "" : "optional",
      description,
    ]),
  );
}

/** The messages as they travel, but for the line breaks. */
function exampleText(method: string, { params, result }: OpenRpcExample): string {
  const named = Object.fromEntries(params.map(({ name, value }) => [name, value]));
  const messages = [
    { jsonrpc: "2.0", id: 1, method, params: named },
    { jsonrpc: "2.0", id: 1, result: result.value },
  ];
  return messages.map((message) => JSON.stringify(message, null, 2)).join("\n\n");
}

function eventsSection(document: OpenRpcDocument): string {
  const rows = Object.entries(document["x-events"]).map(([name, payload]) => [code(name), membersText(payload)]);
  return blocks(
    "## Events",
    "What `event` notifications carry: the `name` says what happened, the `entity` to what (`run:<id>`, `daemon`, `config`, `supervisor:<id>`), the `payload` the rest.",
    table(["name", "payload"], rows),
  );
}

function typeSection(name: string, schema: JsonSchema): string {
  return blocks(`### ${name}`, schema.description ?? "", typeBody(schema));
}

function typeBody(schema: JsonSchema): string {
  const alternatives = alternativesOf(schema);
  if (alternatives !== undefined)
    return table(
      ["one of"],
      alternatives.map((one) => [membersText(one)]),
    );
  return schema.properties === undefined ? "" : memberTable(membersOf(schema));
}
