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
