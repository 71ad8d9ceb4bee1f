import type { ManifestKind } from "./model";
import { errorAt, positionAt } from "./position";

/** Names that say who asks, not what they know: hosts want them beside a key, a helper or a variable. */
const publicUserNames: ReadonlySet<string> = new Set([
    "git",
    "hg",
    "aws",
    "oauth2",
    "oauth2accesstoken",
    "__token__",
    "x-access-token",
    "x-token-auth",
    "gitlab-ci-token",
    "vsssessiontoken",
]);

const secretParameter =
    /[?&](?:access_token|private_token|job_token|auth_token|token|api_?key|password|x-amz-signature|x-amz-security-token|x-goog-signature)=(?!\$\{)[^&#\s]/i;

/** The longest part of an address that is looked at; nothing longer is one. */
const longestAddress = 4096;

/**
 * Refuses a text that holds credentials in an address, comments included, since manifests are stored byte for byte.
 *
 * Credentials are a literal password, a literal user name that is not one of the well-known public ones (a token is
 * often given as the user name; any name is fine in `ssh` addresses) and a query parameter that is a token. `${VAR}` is fine: it
 * names a variable. Throws `MANIFEST_CREDENTIALS` with file and line, and never with the secret. Takes time linear
 * in the text.
 */
export function refuseCredentials(kind: ManifestKind, file: string, text: string): void {
    // Almost no address of a lock has an `@` or a query: looking for those first keeps reading big locks quick.
    let nextSign = -1;
    let line = { end: -1, isDescription: false };
    for (let at = text.indexOf("://"); at !== -1; ) {
        const following = text.indexOf("://", at + 3);
        const end = Math.min(following === -1 ? text.length : following, at + longestAddress);
        if (nextSign < at) {
            nextSign = indexOfAny(text, /[@?]/g, at);
        }
        if (at > line.end) {
            line = lineAt(kind, text, at);
        }
        if (nextSign < end && !line.isDescription && isCredentialed(text, at, end)) {
            const position = positionAt(file, text, at + 3);
            throw errorAt(position, "", {
                code: "MANIFEST_CREDENTIALS",
                what: `${file} has credentials in an address on line ${position.line}; manifests are stored beside the layer, so secrets may not be in them.`,
                next: waysOut[kind],
            });
        }
        at = following;
    }
}

function indexOfAny(text: string, pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.exec(text)?.index ?? text.length;
}

const waysOut: Readonly<Record<ManifestKind, readonly string[]>> = {
    "requirements.txt": [
        "Remove them from the address and give them in the `indexes` argument.",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text names the syntax of requirements files
        "Or name environment variables in the address: `https://${USER}:${PASSWORD}@host/…`.",
        "Then replace the password or token: what was in a file may have been seen.",
    ],
    "poetry.lock": [
        "Remove them from the address in `pyproject.toml`, lock again, and give them in the `indexes` argument.",
        "Then replace the password or token: what was in a file may have been seen.",
    ],
    "pylock.toml": [
        "Remove them from the address where the lock's tool reads it, lock again, and give them in the `indexes` argument.",
        "Then replace the password or token: what was in a file may have been seen.",
    ],
    "Pipfile.lock": [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text names the syntax of Pipfiles
        "Name environment variables in the `[[source]]` of the Pipfile, `https://${USER}:${PASSWORD}@host/…`, and run `pipenv lock`.",
        "Then replace the password or token: what was in a file may have been seen.",
    ],
    "uv.lock": [
        "Remove them from the address in `pyproject.toml`, lock again, and give them in the `indexes` argument.",
        "Then replace the password or token: what was in a file may have been seen.",
    ],
};

/** Whether the address whose `://` is at `at`, and that ends before `end`, has credentials. */
function isCredentialed(text: string, at: number, end: number): boolean {
    const address = /^[^\s"'<>`]*/.exec(text.slice(at + 3, end))?.[0] ?? "";
    if (secretParameter.test(address)) {
        return true;
    }
    const authority = /^[^/?#\\]*/.exec(address)?.[0] ?? "";
    const userInfoEnd = authority.lastIndexOf("@");
    if (userInfoEnd === -1) {
        return false;
    }
    const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(authority.slice(0, userInfoEnd)) ?? [];
    const isLiteral = (part: string) => part.replace(/\$\{[A-Za-z0-9_]+\}/g, "") !== "";
    if (password !== "") {
        return isLiteral(password);
    }
    const scheme = /[a-z0-9+.-]*$/i.exec(text.slice(Math.max(0, at - 20), at))?.[0].toLowerCase() ?? "";
    return isLiteral(user) && !scheme.endsWith("ssh") && !publicUserNames.has(user.toLowerCase());
}

/** Where the line of a place ends, and whether it is poetry's copy of a package's description, which quotes what its author likes. */
function lineAt(kind: ManifestKind, text: string, at: number): { end: number; isDescription: boolean } {
    const end = text.indexOf("\n", at);
    const isDescription =
        kind === "poetry.lock" && text.startsWith("description = ", text.lastIndexOf("\n", at) + 1);
    return { end: end === -1 ? text.length : end, isDescription };
}

/** The address without its user info, for comparing: which credentials are used is no part of where a package comes from. */
export function withoutUserInfo(url: string): string {
    return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, "$1");
}
