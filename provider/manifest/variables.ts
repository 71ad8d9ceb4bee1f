/** What the variables of a manifest stand for. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** `${NAME}` as pip and uv read it: upper-case letters, digits and underscores. */
const reference = /\$\{([A-Z0-9_]+)\}/g;

/** Whether a text names variables. */
export const namesVariables = (text: string): boolean => text.search(reference) !== -1;

/**
 * The text with its variables filled in, as they are: pip and uv look at what an address is made of afterwards, so a value may be a
 * part of one or, percent-encoded, a user name. In a user name or password a character that would end it is encoded.
 *
 * @param missing is called for a variable that is not set, or empty, which counts as the same
 */
export function fillIn(text: string, variables: Variables, missing: (name: string) => never): string {
    const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.exec(
        text.replace(reference, (found) => "x".repeat(found.length)),
    );
    const userInfoEnd = authority?.[0].length ?? 0;
    return text.replace(reference, (_, name: string, at: number) => {
        const value = variables[name] || missing(name);
        return at < userInfoEnd ? value.replace(/[/?#\\\s]/g, encodeURIComponent) : value;
    });
}

/**
 * A line of a requirements file with the variables of its local words filled in: names, versions and paths, as pip does before it reads the
 * line. A word with an address is left for whoever goes there, since its variables may be secrets, and so is a word that would become one.
 *
 * @param used is told of each variable that was filled in
 */
export function fillInLocal(
    line: string,
    variables: Variables,
    used: (name: string) => void = () => {},
): string {
    // What says where indexes are is no part of what is installed.
    if (/^\s*(?:-i|-f|--(?:index-url|extra-index-url|find-links|trusted-host))(?:[\s=]|$)/.test(line))
        return line;
    return line.replace(/\S+/g, (word) => {
        if (/:\/\//.test(word.replace(/^file:\/\//i, ""))) return word;
        const names: string[] = [];
        const filled = word.replace(reference, (whole, name: string) => {
            const value = variables[name];
            if (!value) return whole;
            names.push(name);
            return value;
        });
        if (/:\/\//.test(filled.replace(/^file:\/\//i, ""))) return word;
        for (const name of names) used(name);
        return filled;
    });
}
