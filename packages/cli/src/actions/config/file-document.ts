import type { Document, Result } from "@orchastration/protocol/contract";

type ConfigFile = Result<"config.check">["files"][number];

export function fileDocument({ layer, file, exists, isUsed }: ConfigFile): Document<"configFiles">["files"][number] {
  return { layer, file, exists, used: isUsed };
}
