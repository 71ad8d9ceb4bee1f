import path from "node:path";
import { slashed } from "./location";
import type { RequirementsOptions } from "./model";
import { normalizeName } from "./name";
import { quote } from "./position";
import { isName } from "./requirement";
import type { LineOption } from "./requirementsLines";

/** Options as they are gathered, line by line. */
export type OptionsBeingRead = {
    -readonly [Key in keyof RequirementsOptions]: RequirementsOptions[Key] extends readonly (infer Item)[]
        ? Item[]
        : RequirementsOptions[Key];
};

/** Makes the error about what is at `offset` of the line. */
export type Fail = (problem: string, offset: number, next?: string) => Error;

const hashLengths: Readonly<Record<string, number>> = {
    md5: 32,
    sha1: 40,
    sha224: 56,
    sha256: 64,
    sha384: 96,
    sha512: 128,
};

/** The options of a file without option lines. */
export const noOptions = (): OptionsBeingRead => ({
    extraIndexUrls: [],
    findLinks: [],
    noIndex: false,
    onlyBinary: [],
    noBinary: [],
    requireHashes: false,
    prereleases: false,
    trustedHosts: [],
});

/** Throws what `fail` makes unless the option is known, has a value if it needs one, and may be in this kind of line. */
export function checkOption(option: LineOption, hasRequirement: boolean, fail: Fail): void {
    if (!option.known) {
        throw fail(`${quote(option.name)} is no option of a requirements file`, option.offset);
    }
    const name = `--${option.name}`;
    if (option.takesValue === (option.value === undefined)) {
        throw fail(option.takesValue ? `${name} has no value` : `${name} takes no value`, option.offset);
    }
    const ofRequirements =
        option.name === "hash" || option.name.startsWith("config-setting") || option.name === "global-option";
    if (ofRequirements !== hasRequirement) {
        throw fail(
            ofRequirements
                ? `${name} belongs on the line of a requirement`
                : `${name} must stand on a line of its own`,
            option.offset,
        );
    }
}

/** The value of a `--hash` as `algorithm:hex`, lower case. */
export function readHash(option: LineOption, fail: Fail): string {
    const value = option.value?.toLowerCase() ?? "";
    const [algorithm = "", digest = ""] = value.split(/:(.*)/s, 2);
    if (hashLengths[algorithm] !== digest.length || !/^[0-9a-f]+$/.test(digest)) {
        throw fail(
            `${quote(option.value ?? "")} is no hash: expected \`sha256:\` and 64 hexadecimal digits`,
            option.offset,
            "Copy the hash again, or write the file anew with `uv pip compile --generate-hashes`.",
        );
    }
    if (tooWeak.has(algorithm)) {
        throw fail(
            `${algorithm} is too weak for a --hash: pip takes sha256, sha384 and sha512`,
            option.offset,
            "Write the file anew with `uv pip compile --generate-hashes`, which gives sha256.",
        );
    }
    return value;
}

/** What pip refuses in a `--hash` (its `STRONG_HASHES` are the others). In an address it checks them. */
const tooWeak: ReadonlySet<string> = new Set(["md5", "sha1", "sha224"]);

/**
 * Takes an option line's value over, except for includes. `folder` is the one of the file that the option is in, which
 * `--find-links` paths start from; they are kept relative to `manifestFolder`.
 */
export function applyOption(
    options: OptionsBeingRead,
    option: LineOption,
    folder: string,
    manifestFolder: string,
    fail: Fail,
): void {
    const value = option.value ?? "";
    switch (option.name) {
        case "index-url":
            options.indexUrl = value;
            break;
        case "extra-index-url":
            options.extraIndexUrls.push(value);
            break;
        case "find-links":
            options.findLinks.push(findLinks(value, folder, manifestFolder));
            break;
        case "no-index":
            options.noIndex = true;
            break;
        case "only-binary":
            options.onlyBinary.push(...formatNames(value, option, fail));
            break;
        case "no-binary":
            options.noBinary.push(...formatNames(value, option, fail));
            break;
        case "require-hashes":
            options.requireHashes = true;
            break;
        case "pre":
            options.prereleases = true;
            break;
        case "trusted-host":
            options.trustedHosts.push(value);
            break;
        default:
        // --prefer-binary and --use-feature change nothing about wheels of pinned versions.
    }
}

function findLinks(value: string, folder: string, manifestFolder: string): string {
    if (/^[a-z][a-z0-9+.-]+:/i.test(value) || value.includes("${")) {
        return value;
    }
    const relative = path.relative(manifestFolder, path.resolve(folder, slashed(value)));
    return relative === "" ? "." : slashed(relative);
}

function formatNames(value: string, option: LineOption, fail: Fail): string[] {
    return value.split(",").map((each) => {
        const name = each.trim();
        if (name === ":all:" || name === ":none:") {
            return name;
        }
        if (!isName(name)) {
            throw fail(`${quote(name)} is no name of a package`, option.offset);
        }
        return normalizeName(name);
    });
}
