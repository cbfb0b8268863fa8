export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** More than the coarsest time stamp of a file system (FAT: 2 s). */
const stampResolutionNs = 2_500_000_000n;

/** Changes whenever the file does, also by a rename over it, or by a write that restores the modification time (ctime shows it). */
export function fileStamp({ dev, ino, size, mtimeNs, ctimeNs }: FileIdentity): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

/**
 * False shortly after a change: another one of the same size could leave the stamp as it is.
 * @param nowMs since 1970
 */
export function isStampSettled({ mtimeNs }: Pick<FileIdentity, "mtimeNs">, nowMs: number): boolean {
  return BigInt(Math.floor(nowMs)) * 1_000_000n - mtimeNs > stampResolutionNs;
}
