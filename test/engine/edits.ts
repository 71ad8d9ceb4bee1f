import type { ManifestKind } from "../../provider/manifest";

/** What `pulumi up` does about an edit: nothing, an update in place without a new version, or a new version. */
export type Verdict = "nothing" | "update" | "replace";

/** An edit as teams make it, and what it has to lead to. */
export interface Edit {
    /** What is edited, as a row's title. */
    readonly title: string;
    /** By kind of manifest; absent where a kind has nothing of that sort. */
    readonly verdicts: Readonly<Partial<Record<ManifestKind, Verdict>>>;
    /** Why, where the verdict does not speak for itself. */
    readonly why?: string;
}

const everywhere = (verdict: Verdict): Edit["verdicts"] => ({
    "uv.lock": verdict,
    "poetry.lock": verdict,
    "requirements.txt": verdict,
    "pylock.toml": verdict,
    "Pipfile.lock": verdict,
});
const locksOnly = (verdict: Verdict): Edit["verdicts"] => ({ "uv.lock": verdict, "poetry.lock": verdict });
/** JSON has no comments. */
const commented = (verdict: Verdict): Edit["verdicts"] => {
    const { "Pipfile.lock": _json, ...others } = everywhere(verdict);
    return others;
};
/** Where each hash stands beside its file. */
const filesListed = (verdict: Verdict): Edit["verdicts"] => ({
    ...locksOnly(verdict),
    "pylock.toml": verdict,
});
const includes = (verdict: Verdict): Edit["verdicts"] => ({ "requirements.txt": verdict });

/** The table of edits and verdicts, by the name of the layer that the engine's test makes the edit on. */
export const edits = {
    untouched: { title: "only the file's time stamp", verdicts: everywhere("nothing") },
    comment: { title: "a comment", verdicts: commented("update") },
    reordered: { title: "reordered lines", verdicts: everywhere("update") },
    lineEnds: { title: "CRLF line ends", verdicts: everywhere("update") },
    byteOrderMark: { title: "a byte order mark", verdicts: includes("update") },
    developmentPackage: {
        title: "a package of the dev group",
        verdicts: {
            ...locksOnly("update"),
            "Pipfile.lock": "update",
            "requirements.txt": "nothing",
        },
        why: "the dev group is not installed; a requirements-dev.txt beside the manifest is no part of it",
    },
    developmentGroupUsed: {
        title: "a package of the dev group, which the layer asks for",
        verdicts: { ...locksOnly("replace"), "Pipfile.lock": "replace" },
    },
    otherPlatform: {
        title: "an added wheel for another platform",
        verdicts: { ...filesListed("update"), "requirements.txt": "replace", "Pipfile.lock": "replace" },
        why: "a requirements.txt and a Pipfile.lock have hashes, but do not say of which file each is",
    },
    otherPlatformHash: {
        title: "another hash of a wheel for another platform",
        verdicts: { ...filesListed("update"), "requirements.txt": "replace", "Pipfile.lock": "replace" },
        why: "as above",
    },
    otherPython: {
        title: "a package whose marker asks for another Python",
        verdicts: everywhere("update"),
    },
    otherSystem: { title: "a package for Windows only", verdicts: everywhere("update") },
    index: {
        title: "the address of the index, of files with hashes (without, it is all that says which file is meant: a new version)",
        verdicts: everywhere("update"),
    },
    credentialsVariable: {
        title: "a variable with credentials in the index's address",
        verdicts: includes("update"),
    },
    revision: {
        title: "a newer tool's revision of the same lock",
        verdicts: commented("update"),
        why: "uv.lock's revision, poetry's, pip-compile's and pylock.toml's header",
    },
    projectVersion: { title: "the project's own version", verdicts: { "uv.lock": "update" } },
    patch: { title: "a patch release of a package", verdicts: everywhere("replace") },
    added: { title: "an added package", verdicts: everywhere("replace") },
    removed: { title: "a removed package", verdicts: everywhere("replace") },
    hash: { title: "another hash of the installed file", verdicts: everywhere("replace") },
    extra: { title: "a new extra", verdicts: { ...locksOnly("replace"), "requirements.txt": "replace" } },
    openLine: {
        title: "a comment in a file with a line that leaves open what it installs",
        verdicts: includes("replace"),
        why: "an unpinned line, a branch: what comes of it is not in the file, so its bytes decide",
    },
    memberVersion: {
        title: "the version of a workspace member or path package",
        verdicts: { ...locksOnly("replace"), "pylock.toml": "replace", "Pipfile.lock": "replace" },
    },
    unusedMember: {
        title: "the version of a workspace member that is not needed",
        verdicts: { "uv.lock": "update" },
    },
    includedLine: {
        title: "another version in a file included with -r, the manifest itself unchanged",
        verdicts: includes("replace"),
    },
    includedComment: {
        title: "a comment in a file included with -r, the manifest itself unchanged",
        verdicts: includes("update"),
    },
    constraint: {
        title: "a comment in a file included with -c, the manifest itself unchanged",
        verdicts: includes("update"),
    },
    pathFile: { title: "an edited file of a path package", verdicts: everywhere("replace") },
    python: { title: "another version of Python", verdicts: everywhere("replace") },
    architecture: { title: "another architecture", verdicts: everywhere("replace") },
    bytesOnly: { title: 'a comment, with changeDetection: "md5"', verdicts: commented("replace") },
} as const satisfies Readonly<Record<string, Edit>>;

export type EditName = keyof typeof edits;

/** The names of the edits that a kind of manifest can have, in the table's order. */
export const editNames = Object.keys(edits) as readonly EditName[];

/** The verdict on an edit of a kind; undefined where the kind has no such edit. */
export const verdictOf = (name: EditName, kind: ManifestKind): Verdict | undefined => {
    const edit: Edit = edits[name];
    return edit.verdicts[kind];
};
