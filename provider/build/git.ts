import { mkdir } from "node:fs/promises";
import { LayerError } from "../errors";
import type { Source } from "../manifest/model";
import type { BuildContext } from "./context";
import { redact } from "./credentials";
import { environmentFor } from "./environment";
import { RunError } from "./run";
import { shownLines } from "./uv";

type GitSource = Extract<Source, { readonly type: "git" }>;

/** Settings that keep git from asking, from running in the background after its end, and from following what a repository plants. */
const quietly = [
    ...["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.fsmonitor=false"],
    ...["-c", "advice.detachedHead=false", "-c", "protocol.ext.allow=never"],
];

/**
 * Checks a commit and its submodules out into `folder`, which must not exist. The whole history comes along, without file contents
 * where the server can do that: versions are made from tags. Without a commit, the reference or else the default branch is taken.
 *
 * Credentials are the user's own git's business. Throws TOOL_NOT_FOUND, TOOL_FAILED.
 */
export async function checkOut(source: GitSource, folder: string, context: BuildContext): Promise<void> {
    const git = (args: readonly string[]) =>
        context.run("git", [...quietly, ...args], {
            cwd: folder,
            // Its first argument is a setting.
            label: `git ${args[0]}`,
            environment: environmentFor("git", context.environment, {
                GIT_TERMINAL_PROMPT: "0",
            }),
            signal: context.signal,
        });
    const wanted = source.commit ?? source.reference ?? "HEAD";
    await mkdir(folder, { recursive: true });
    try {
        await git(["init", "--quiet"]);
        await git(["remote", "add", "--", "origin", source.url]);
        await git([
            "fetch",
            "--quiet",
            "--tags",
            "--filter=blob:none",
            "origin",
            "+refs/heads/*:refs/remotes/origin/*",
        ]);
        const isThere = await git(["cat-file", "-e", `${wanted}^{commit}`]).then(
            () => source.commit !== undefined,
            () => false,
        );
        if (!isThere) await git(["fetch", "--quiet", "origin", wanted]);
        await git(["checkout", "--quiet", "--detach", isThere ? wanted : "FETCH_HEAD"]);
        await git(["submodule", "--quiet", "update", "--init", "--recursive"]);
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        const isMissing = error.details.systemCode === "ENOENT";
        throw new LayerError(isMissing ? "TOOL_NOT_FOUND" : "TOOL_FAILED", {
            what: isMissing
                ? "git is needed for a package that the manifest takes from a repository, and is not there."
                : `git could not get ${wanted} of ${redact(source.url, [])}: ${error.message}.`,
            detail: error.details.tail.slice(-shownLines).map((line) => redact(line, [])),
            next: isMissing
                ? "Install git from your system's packages."
                : `Try \`git ls-remote ${redact(source.url, [])}\` here: the repository must be readable without a question.`,
            cause: error,
        });
    }
}
