import type { LineHit } from "./line-search.ts";
import type { SearchedStream } from "./search-stream.ts";

/** What a worker looks for from its start to its end. */
export interface SearchQuery {
  readonly text: string;
  readonly isCaseIgnored: boolean;
}

export interface SearchOrder {
  readonly stream: SearchedStream;
  readonly mostHits: number;
}

export type SearchReport =
  | { readonly kind: "hits"; readonly hits: readonly LineHit[] }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly message: string };
