import type { JsonSchema } from "@orchastration/protocol/contract";
import { code, linkTo } from "./markdown.ts";

export interface Member {
  /** With the names of the objects it lies in: `clientInfo.name`, `jobs[].name`. */
  readonly path: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
}

const COMPONENTS = "#/components/schemas/";

/** The members of an object and of the objects within it, one per row of a table. */
export function membersOf(schema: JsonSchema, prefix = ""): Member[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, member]) =>
    memberRows(`${prefix}${name}`, member, required.includes(name)),
  );
}

export function memberRows(path: string, schema: JsonSchema, isRequired: boolean): Member[] {
  const row = { path, type: typeText(schema), isRequired, description: schema.description ?? "" };
  const element = elementOf(schema);
  if (schema.properties !== undefined) return [row, ...membersOf(schema, `${path}.`)];
  if (element?.properties !== undefined) return [row, ...membersOf(element, `${path}[].`)];
  return [row];
}

/** What kind of value it is, in words a reader of JSON knows. Objects with rows of their own are just objects. */
function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return linkTo(nameOf(schema.$ref));
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(" or ");
  const alternatives = alternativesOf(schema);
  if (alternatives !== undefined) return alternatives.map(inlineText).join(" or ");
  if (typeof schema.type === "string") return plainText(schema, schema.type);
  if (schema.type !== undefined) return schema.type.map((type) => plainText(schema, type)).join(" or ");
  return "any JSON value";
}

function nameOf(reference: string): string {
  return reference.replace(COMPONENTS, "");
}

export function alternativesOf({ anyOf, oneOf }: JsonSchema): readonly JsonSchema[] | undefined {
  return anyOf ?? oneOf;
}

/** The members of an object in one line. Words about a member stand for what it is made of. */
export function membersText({ properties = {}, required = [] }: JsonSchema): string {
  const members = Object.entries(properties).map(([name, member]) => {
    const text = member.description === undefined ? inlineText(member) : `${typeText(member)} (${member.description})`;
    return `${code(name)}: ${text}${required.includes(name) ? "" : ", optional"}`;
  });
  return members.join(", ");
}

/** An object without rows of its own, written out. */
function inlineText(schema: JsonSchema): string {
  if (schema.properties === undefined) return typeText(schema);
  const { required = [] } = schema;
  const members = Object.entries(schema.properties).map(
    ([name, member]) => `${required.includes(name) ? name : `${name}?`}: ${inlineText(member)}`,
  );
  return `{ ${members.join(", ")} }`;
}

function plainText(schema: JsonSchema, type: string): string {
  switch (type) {
    case "array": {
      const element = elementOf(schema);
      return element === undefined ? "array" : `array of ${typeText(element)}`;
    }
    case "object": {
      const values = schema.additionalProperties;
      const isRecord = typeof values === "object" && Object.keys(values).length > 0 && schema.properties === undefined;
      return isRecord ? `object of ${typeText(values)}` : "object";
    }
    case "string":
      return schema.format === "date-time" ? "date and time" : "string";
    default:
      return type;
  }
}

/** Of an array. A tuple's elements are of one kind wherever the contract has one. */
function elementOf({ items }: JsonSchema): JsonSchema | undefined {
  return isTuple(items) ? items[0] : items;
}

function isTuple(items: JsonSchema["items"]): items is readonly JsonSchema[] {
  return Array.isArray(items);
}
