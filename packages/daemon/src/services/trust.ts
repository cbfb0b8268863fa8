import { OrchastrationError } from "@orchastration/protocol";
import type { Context, Params, Result } from "@orchastration/protocol/contract";
import type { TrustDescription, TrustStore } from "../trust/trust-store.ts";
import type { ConfigService } from "./config.ts";

export interface TrustService {
  show(context: Context): Promise<Result<"trust.show">>;
  /** Grants what the person was shown, and nothing else. */
  grant(context: Context, shown: Params<"trust.grant">["shown"]): Promise<Result<"trust.grant">>;
  revoke(context: Context): Promise<Result<"trust.revoke">>;
}

export function createTrustService(store: TrustStore, config: Pick<ConfigService, "surroundings">): TrustService {
  async function rootOf(context: Context): Promise<string> {
    const { repository } = await config.surroundings(context);
    if (repository !== null) return repository;
    throw new OrchastrationError("NoRepository", `${context.cwd} lies in no git repository`);
  }

  return {
    show: async (context) => onWire(await store.describe(await rootOf(context))),
    grant: async (context, shown) => onWire(await store.grant(await rootOf(context), shown)),
    async revoke(context) {
      const root = await rootOf(context);
      return { root, wasTrusted: await store.revoke(root) };
    },
  };
}

function onWire({ root, isTrusted, files, changed, agentFolders }: TrustDescription): Result<"trust.show"> {
  return { root, isTrusted, files: [...files], changed: [...changed], agentFolders: [...agentFolders] };
}
