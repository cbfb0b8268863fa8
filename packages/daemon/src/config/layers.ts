import { defaultSettings } from "./defaults.ts";
import { formatKey, type KeyPath } from "./key-path.ts";
import type { Place } from "./problem.ts";
import type { FileValues, Settings } from "./schema.ts";
import { isSecret } from "./secret.ts";

type LayerName = "default" | "global" | "project" | "environment" | "flag";

export interface Origin {
  readonly layer: LayerName;
  readonly file: string | null;
  readonly line: number | null;
}

export interface Layer {
  readonly name: LayerName;
  readonly values: FileValues;
  readonly source: { readonly file: string; locate(path: KeyPath): Place } | null;
}

/** One value in force. Of an environment table `value` is the list of its names. */
export interface OriginEntry extends Origin {
  readonly key: string;
  readonly value: unknown;
}

/** Named entries: a later layer replaces one as a whole, since its paths are relative to what its file belongs to. */
const definitionSections = ["jobs", "tasks", "agents", "orchestrations"] as const;
export type DefinitionSection = (typeof definitionSections)[number];

export interface Definition<Values> {
  readonly name: string;
  readonly values: Values;
  readonly layer: Layer;
}

const defaultLayer: Layer = { name: "default", values: defaultSettings, source: null };

export function originOf(layer: Layer, path: KeyPath): Origin {
  return {
    layer: layer.name,
    file: layer.source?.file ?? null,
    line: layer.source?.locate(path).line ?? null,
  };
}

/** @param layers the weakest first, without the built-in defaults */
export function mergeSettings(layers: readonly Layer[]): Settings {
  return layers.reduce((below, { values: above }) => overlaySettings(below, above), defaultSettings);
}

function overlaySettings(below: Settings, above: FileValues): Settings {
  return {
    logging: overlay(below.logging, above.logging),
    hash: overlay(below.hash, above.hash),
    daemon: overlay(below.daemon, above.daemon),
    limits: {
      ...overlay(below.limits, above.limits),
      groups: { ...below.limits.groups, ...above.limits?.groups },
    },
    idle: overlay(below.idle, above.idle),
    attach: overlay(below.attach, above.attach),
    confirm: overlay(below.confirm, above.confirm),
    worktrees: overlay(below.worktrees, above.worktrees),
    merge: overlay(below.merge, above.merge),
    journal: overlay(below.journal, above.journal),
    supervisor: overlay(below.supervisor, above.supervisor),
    notify: overlay(below.notify, above.notify),
    database: overlay(below.database, above.database),
  };
}

function overlay<Section extends object>(
  below: Section,
  above: { readonly [Key in keyof Section]?: Section[Key] | undefined } | undefined,
): Section {
  return { ...below, ...above };
}

/** The entries of one section by name, each from the strongest layer that has it. */
export function mergeDefinitions<Values>(
  layers: readonly Layer[],
  entriesOf: (values: FileValues) => Readonly<Record<string, Values>> | undefined,
): ReadonlyMap<string, Definition<Values>> {
  const merged = new Map<string, Definition<Values>>();
  for (const layer of layers) {
    const entries = entriesOf(layer.values) ?? {};
    for (const [name, values] of Object.entries(entries)) merged.set(name, { name, values, layer });
  }
  return merged;
}

/** Every value in force with the layer it comes from, sorted by key. */
export function listOrigins(layers: readonly Layer[]): OriginEntry[] {
  const entries = new Map<string, OriginEntry>();
  for (const layer of [defaultLayer, ...layers]) {
    for (const section of definitionSections) {
      for (const name of Object.keys(layer.values[section] ?? {})) forgetBelow(entries, formatKey([section, name]));
    }
    for (const { path, value } of listValues(layer.values, [])) {
      const key = formatKey(path);
      entries.set(key, { key, value, ...originOf(layer, path) });
    }
  }
  return [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function forgetBelow(entries: Map<string, unknown>, table: string): void {
  for (const key of entries.keys()) if (key.startsWith(`${table}.`)) entries.delete(key);
}

interface ListedValue {
  readonly path: KeyPath;
  readonly value: unknown;
}

function listValues(table: Readonly<Record<string, unknown>>, above: KeyPath): ListedValue[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const path = [...above, key];
    if (!isRecord(value)) return [{ path, value }];
    return isSecret(path) ? [{ path, value: Object.keys(value) }] : listValues(value, path);
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
