import { isGlob } from "./manifest/exclude";

/** What is wrong with the entries of the argument `exclude`, or `undefined`. */
export function excludeProblem(entries: readonly string[]): string | undefined {
    const negated = entries.find((entry) => entry.startsWith("!"));
    if (negated !== undefined) {
        return `has ${JSON.stringify(negated)}: an entry says what stays out, and can't take anything back in`;
    }
    const everything = entries.find((entry) => isGlob(entry) && /^[/*]*$/.test(entry));
    if (everything !== undefined) return `has ${JSON.stringify(everything)}, which leaves nothing`;
    const noName = entries.find(
        (entry) => !isGlob(entry) && !/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(entry),
    );
    return noName === undefined
        ? undefined
        : `has ${JSON.stringify(noName)}, which is neither a distribution's name nor a glob (with a slash or a star)`;
}
