/** Beyond this many characters words are cut: distance is quadratic, and nobody misspells that much. */
const longestCompared = 64;

/** How many single edits (insert, delete, replace, swap of neighbours) lead from one word to the other. */
export function editDistance(from: string, to: string): number {
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforePrevious, column - 2) + 1 : Infinity,
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/**
 * The candidates a person who typed `word` most likely meant, best first; none when nothing is close.
 * Letter case does not count, and a word that begins another one (`timeout`, `timeout_seconds`) is close to it.
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): string[] {
  return [...candidates]
    .map((candidate) => ({ candidate, distance: distanceForPeople(word, candidate) }))
    .filter(({ distance }) => distance < Infinity)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

function distanceForPeople(word: string, candidate: string): number {
  const [from, to] = [fold(word), fold(candidate)];
  const distance = editDistance(from, to);
  if (Math.min(from.length, to.length) >= 3 && (from.startsWith(to) || to.startsWith(from)))
    return Math.min(distance, 1);
  const longest = Math.max(from.length, to.length);
  return distance <= Math.ceil(longest / 3) && distance < longest ? distance : Infinity;
}

function fold(word: string): string {
  return word.slice(0, longestCompared).toLowerCase();
}
