/**
 * The name that a misspelt one was probably meant to be; `undefined` where none is near.
 *
 * Near is what two in five letters' worth of slips lead to; case, underscores and hyphens count for nothing.
 */
export function nearestName(written: string, names: readonly string[]): string | undefined {
    const word = plain(written);
    const near = names
        .map((name) => ({ name, slips: slipsBetween(word, plain(name)) }))
        .filter(({ slips }) => slips <= word.length * 0.4)
        .sort((left, right) => left.slips - right.slips);
    return near[0]?.name;
}

const plain = (name: string): string => name.toLowerCase().replace(/[_-]/g, "");

/** Letters left out, added, exchanged or swapped with the next one, at least so many (optimal string alignment). */
function slipsBetween(left: string, right: string): number {
    const rows = [Array.from({ length: right.length + 1 }, (_, column) => column)];
    const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
    for (let row = 1; row <= left.length; row += 1) {
        const current = [row];
        rows.push(current);
        for (let column = 1; column <= right.length; column += 1) {
            const other = left[row - 1] === right[column - 1] ? 0 : 1;
            const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
            current.push(
                Math.min(
                    at(row - 1, column) + 1,
                    at(row, column - 1) + 1,
                    at(row - 1, column - 1) + other,
                    swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
                ),
            );
        }
    }
    return at(left.length, right.length);
}
