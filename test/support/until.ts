/**
 * Resolves when `condition` holds, looking again on every turn of the event loop: for facts of the operating system (a process is gone, a file has
 * grown) of which no event tells. The test's own time limit bounds it.
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
