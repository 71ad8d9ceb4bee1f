import type { LayerError } from "../errors";
import type { LockedPackage, Position, Source } from "./model";
import { errorAt, quote } from "./position";

/** A repository as a manifest names it. */
export type GitSource = Extract<Source, { readonly type: "git" }>;

/** With a transport that git itself has, since a helper of another name is a program; neither user nor host begins as an option does. */
const address = /^(?:https?|ssh|git|file):\/\/(?!-)(?![^/]*@-)[^\s]*$/i;

/** `user@host:path`, which poetry writes as it was given, and paths. */
const shortAddress = /^(?:\w[\w.-]*@)?\w[\w.-]*:(?![:/-])[^\s]+$|^\.{0,2}\/[^\s]*$/;

/**
 * Why git is not asked for a source: its words could be taken for something else than an address, a name and a folder inside the
 * repository. One clause; undefined when there is nothing to say against it.
 */
export function gitProblem({ url, reference, commit, subdirectory }: GitSource): string | undefined {
    if (!(address.test(url) || shortAddress.test(url)) || hasControl(url))
        return "is no address of a repository that git itself can reach";
    if (commit !== undefined && !isCommit(commit)) return "has a commit that is none";
    if (reference !== undefined && !isReference(reference)) return "has a reference that is none";
    if (subdirectory !== undefined && !isInside(subdirectory))
        return "has a subdirectory outside of the repository";
    return undefined;
}

/** Whether a text is a full commit, in the lower case in which git writes it: SHA-1 or SHA-256. */
export const isCommit = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** The rules of `git check-ref-format`, and nothing that a refspec or an option begins with. */
function isReference(text: string): boolean {
    return (
        /^[^\s~^:?*[\\]+$/.test(text) &&
        !hasControl(text) &&
        !/^[-+/]|\.\.|@\{|\/\/|[/.]$|\.lock$|^@$/.test(text)
    );
}

const isInside = (path: string): boolean =>
    !/^[/\\]|^[a-z]:/i.test(path) && !path.split(/[/\\]/).includes("..") && !hasControl(path);

const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);

/** Throws MANIFEST_SYNTAX for the first package of a repository that {@link gitProblem} has something against. */
export function refuseGitSources(
    packages: readonly Pick<LockedPackage, "source" | "position">[],
    text: TextOf,
): void {
    for (const { source, position } of packages) {
        const problem = source.type === "git" ? gitProblem(source) : undefined;
        if (source.type === "git" && problem !== undefined)
            throw unusable(source, problem, position, text(position.file));
    }
}

/** The text of a file that a manifest consists of, for the line that a message shows. */
type TextOf = (file: string) => string;

/** MANIFEST_SYNTAX for a source that {@link gitProblem} has something against. */
export const unusable = (source: GitSource, problem: string, position: Position, text = ""): LayerError =>
    errorAt(position, text, {
        what: `${quote(source.url)} ${problem}.`,
        next: "Write it as git+https://host/repository@commit, git+ssh://… or git+file://…, with a branch, tag or commit after the @.",
    });
