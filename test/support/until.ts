/** Longer than anything that is on its way takes to come; shorter than the time limit of any test. */
const LONGEST_FAILING_MS = 60_000;

/**
 * Resolves when `condition` holds, looking again on every turn of the event loop: for facts of the operating system (a process is gone, a file has
 * grown) of which no event tells. The test's own time limit bounds it.
 *
 * A condition that throws does not hold yet: what it reads may not be there, or be gone, while it looks.
 *
 * @throws what `condition` threw, when it has done nothing else for 60 s.
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  let lastAnswer = Date.now();
  for (;;) {
    try {
      if (await condition()) return;
      lastAnswer = Date.now();
    } catch (error) {
      if (Date.now() - lastAnswer > LONGEST_FAILING_MS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
