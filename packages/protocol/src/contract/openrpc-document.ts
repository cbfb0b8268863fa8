/** An OpenRPC 1.3 document, as far as ours goes. */
export interface OpenRpcDocument {
  readonly openrpc: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string };
  };
  readonly methods: readonly OpenRpcMethod[];
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly errors: Readonly<Record<string, OpenRpcError>>;
  };
  readonly "x-notifications": readonly OpenRpcNotification[];
  /** The payload of every event, by the event's name. */
  readonly "x-events": Readonly<Record<string, JsonSchema>>;
}

export interface OpenRpcMethod {
  readonly name: string;
  readonly summary: string;
  readonly paramStructure: "by-name";
  readonly params: readonly ContentDescriptor[];
  readonly result: ContentDescriptor;
  readonly errors: readonly { readonly $ref: string }[];
  readonly examples: readonly OpenRpcExample[];
  readonly "x-since": string;
  /** Stays open until its work is done, sends `$/progress`, and obeys `$/cancelRequest`. */
  readonly "x-long": boolean;
}

export interface ContentDescriptor {
  readonly name: string;
  readonly description?: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export interface OpenRpcExample {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly value: unknown }[];
  readonly result: { readonly name: string; readonly value: unknown };
}

export interface OpenRpcError {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly kind: string; readonly hint: string; readonly retryable: boolean };
}

export interface OpenRpcNotification {
  readonly name: string;
  readonly summary: string;
  readonly params: readonly ContentDescriptor[];
}

/** JSON Schema, draft 7. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly [keyword: string]: unknown;
}
