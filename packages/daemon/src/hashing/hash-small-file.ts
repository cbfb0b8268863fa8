import { stat } from "node:fs/promises";
import { type DigestRequest, digestFile } from "./digest-file.ts";
import type { Digest } from "./hash-outcome.ts";

/** Hashing so much takes less time than a message to a worker and its answer. */
const SMALL_BYTES = 64 * 1024;

/** Hashes one small file in the calling thread; undefined when there turns out to be more of it than that. */
export async function hashSmallFile(
  request: DigestRequest,
  onRead: (bytes: number) => void,
): Promise<Digest | undefined> {
  if (request.followedBy.length > 0) return undefined;
  // The look that may have to wait for a disk or a network does not block; the failure of a look is explained below.
  const fileBytes = await stat(request.file).then(
    ({ size }) => size,
    () => 0,
  );
  if (Math.min(fileBytes, request.sizeBytes) > SMALL_BYTES) return undefined;

  let doneBytes = 0;
  using steps = digestFile(request, (bytes) => {
    doneBytes += bytes;
    onRead(bytes);
  });
  while (doneBytes <= SMALL_BYTES) {
    const step = steps.next();
    if (step.done) return step.value;
  }
  return undefined;
}
