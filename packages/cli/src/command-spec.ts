import type { DocumentName } from "@orchastration/protocol/contract";

interface OptionBase {
  readonly description: string;
  /** One letter. */
  readonly short?: string;
}

export interface BooleanOption extends OptionBase {
  readonly type: "boolean";
  /** Every boolean has a `--no-` form; one that is true by default is shown in that form alone. */
  readonly default?: boolean;
}

export interface StringOption extends OptionBase {
  readonly type: "string";
  readonly valueName: string;
  readonly choices?: readonly string[];
}

export interface NumberOption extends OptionBase {
  readonly type: "number";
  readonly valueName: string;
  readonly default?: number;
  readonly isInteger?: true;
  /** Smallest accepted value; 0 when absent. */
  readonly min?: number;
}

/** May be given several times. */
export interface ListOption extends OptionBase {
  readonly type: "list";
  readonly valueName: string;
  /** One occurrence takes every word up to the next option. */
  readonly isGreedy?: true;
}

export type OptionSpec = BooleanOption | StringOption | NumberOption | ListOption;
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface PositionalSpec {
  readonly name: string;
  readonly description: string;
  readonly isRequired?: true;
  /** Takes every further word; only the last one may. */
  readonly isVariadic?: true;
  readonly choices?: readonly string[];
  /** What a shell can offer for it. */
  readonly completes?: "job" | "run" | "task";
}

export interface CommandExample {
  readonly line: string;
  readonly meaning: string;
}

/** Everything that parsing, help, completion and docs/cli.md know of a command. What it does is loaded when it runs. */
export interface CommandSpec {
  /** One word, or more for a command of a group (`daemon start`, `git issue create`). */
  readonly name: string;
  readonly summary: string;
  readonly positionals?: readonly PositionalSpec[];
  readonly options?: OptionSpecs;
  /** Words after `--`, kept apart from the positionals. Absent: they are further positionals. */
  readonly rest?: { readonly name: string; readonly description: string };
  readonly examples: readonly [CommandExample, ...CommandExample[]];
  /** What `--json` prints: the schema's name in the contract. Absent: the command prints no results of its own. */
  readonly json?: { readonly document: DocumentName; readonly ofOne?: DocumentName; readonly isPerLine?: true };
}

export function defineCommand<const S extends CommandSpec>(spec: S): S {
  return spec;
}

export function defineOptions<const O extends OptionSpecs>(options: O): O {
  return options;
}

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

type OptionValue<O extends OptionSpec> = O extends { type: "boolean" }
  ? boolean
  : O extends { type: "list" }
    ? readonly string[]
    : O extends { type: "number" }
      ? O extends { default: number }
        ? number
        : number | undefined
      : O extends { choices: readonly (infer C)[] }
        ? C | undefined
        : string | undefined;

type PositionalValue<P extends PositionalSpec> = P extends { isVariadic: true }
  ? readonly string[]
  : P extends { choices: readonly (infer C)[] }
    ? C | (P extends { isRequired: true } ? never : undefined)
    : P extends { isRequired: true }
      ? string
      : string | undefined;

export type OptionValues<O extends OptionSpecs> = {
  readonly [K in keyof O & string as CamelCase<K>]: OptionValue<O[K]>;
};

type PositionalValues<P extends readonly PositionalSpec[]> = {
  readonly [K in P[number] as CamelCase<K["name"]>]: PositionalValue<K>;
};

/** What a command's action receives: options and positionals by their camel-case names, and `rest`. */
export type Args<S extends CommandSpec> = (S extends { options: infer O extends OptionSpecs }
  ? OptionValues<O>
  : unknown) &
  (S extends { positionals: infer P extends readonly PositionalSpec[] } ? PositionalValues<P> : unknown) &
  (S extends { rest: object } ? { readonly rest: readonly string[] } : unknown);

export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
}

export interface CommandTable {
  readonly commands: readonly CommandSpec[];
  /** The words before the last one of the commands that have several. */
  readonly groups: readonly CommandGroup[];
}

/** Arguments as the parser made them, of a command whose type is no longer known. */
export type ParsedArgs = Readonly<Record<string, unknown>>;

export function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
