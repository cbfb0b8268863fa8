import { z } from "zod";
import type { ContentDescriptor, JsonSchema } from "./openrpc-document.ts";

/** JSON Schemas that refer to each other by name, `#/components/schemas/<name>`. */
export interface SchemaCollection {
  convert(schema: z.ZodType): JsonSchema;
  /** The members of an object, the required ones first, as OpenRPC wants parameters. */
  members(schema: z.ZodObject): ContentDescriptor[];
  /** Those of the given names that were met so far. */
  named(): Record<string, JsonSchema>;
}

export function createSchemaCollection(names: Readonly<Record<string, z.ZodType>>): SchemaCollection {
  const metadata = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(names)) metadata.add(schema, { id });
  const met: Record<string, JsonSchema> = {};

  function convert(schema: z.ZodType): JsonSchema {
    const converted = z.toJSONSchema(schema, { target: "draft-7", io: "input", metadata, override: tidy });
    const { $schema: _draft, definitions, ...own } = pointToComponents(converted);
    Object.assign(met, definitions);
    return own;
  }

  return {
    convert,
    members(object) {
      const { properties = {}, required = [] } = convert(object);
      return Object.entries(properties)
        .map(([name, { description, ...schema }]) => ({
          name,
          ...(description === undefined ? {} : { description }),
          required: required.includes(name),
          schema,
        }))
        .sort((left, right) => Number(right.required) - Number(left.required));
    },
    named: () => Object.fromEntries(Object.entries(met).sort(([left], [right]) => (left < right ? -1 : 1))),
  };
}

/** zod puts schemas that have a name into `definitions`; in an OpenRPC document they stand among the components. */
function pointToComponents(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"#/components/schemas/')) as JsonSchema;
}

/** Leaves out what tells a reader nothing: bounds of safe integers, the pattern behind a format, that keys are text, and that our copy is frozen. */
const tidy: NonNullable<z.core.ToJSONSchemaParams["override"]> = ({ zodSchema, jsonSchema }) => {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  delete jsonSchema.propertyNames;
  delete jsonSchema.readOnly;
  const description = z.globalRegistry.get(zodSchema)?.description;
  if (typeof description === "string") jsonSchema.description = description;
};
