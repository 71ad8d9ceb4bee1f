import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { LayerError } from "../errors";
import { type GitSource, gitProblem, unusable } from "../manifest/gitSource";
import type { Position } from "../manifest/model";
import { formatPosition } from "../manifest/position";
import { namesVariables, type Variables } from "../manifest/variables";
import type { BuildContext } from "./context";
import { basicAuthorization, redact, takeUserInfo } from "./credentials";
import { environmentFor } from "./environment";
import { withVariables } from "./indexes";
import type { Lookup } from "./lookup";
import { RunError } from "./run";
import { shownLines } from "./uv";

/**
 * Settings that keep git from asking, from running in the background after its end, from starting anything of a repository's or a
 * user's, and from transports of which a repository could make use: a submodule can't reach this machine's files.
 */
const settings = [
    ...["gc.auto=0", "maintenance.auto=false", "core.fsmonitor=false", "core.hooksPath=/dev/null"],
    ...["advice.detachedHead=false", "protocol.allow=never", "protocol.file.allow=user"],
    ...["https", "http", "ssh", "git"].map((name) => `protocol.${name}.allow=always`),
].flatMap((setting) => ["-c", setting]);

/**
 * Checks a commit and its submodules out into `folder`, which must not exist. The whole history comes along, without file contents
 * where the server can do that: versions are made from tags. Without a commit, the reference or else the default branch is taken.
 *
 * Credentials are the user's own git's business, and those that variables of the address bring: git gets them as a header for the
 * address's scheme, host and port, and they are in no argument and no file. Throws MANIFEST_SYNTAX for what is no address once
 * variables are filled in, TOOL_NOT_FOUND, TOOL_FAILED.
 *
 * @param position of the package in the manifest, for messages
 */
export async function checkOut(
    source: GitSource,
    folder: string,
    position: Position,
    { manifestFolder, variables }: Pick<Lookup, "manifestFolder" | "variables">,
    context: BuildContext,
): Promise<void> {
    const { url, header } = reached(source, variables, position);
    const environment = environmentFor("git", context.environment, {
        GIT_TERMINAL_PROMPT: "0",
        ...(header === undefined ? {} : oneMoreSetting(header, context.environment)),
    });
    const git = (...args: readonly string[]) =>
        context.run("git", [...settings, ...args], {
            cwd: folder,
            // Its first argument is a setting.
            label: `git ${args[0]}`,
            environment,
            signal: context.signal,
        });
    const { commit } = source;
    const wanted = commit ?? source.reference ?? "HEAD";
    await mkdir(folder, { recursive: true });
    try {
        await git("init", "--quiet", "--template=");
        await git("remote", "add", "--", "origin", /^[./]/.test(url) ? resolve(manifestFolder, url) : url);
        const heads = "+refs/heads/*:refs/remotes/origin/*";
        await git("fetch", "--quiet", "--tags", "--filter=blob:none", "--", "origin", heads);
        const isThere =
            commit !== undefined &&
            (await git("cat-file", "-e", `${commit}^{commit}`).then(
                () => true,
                () => false,
            ));
        if (!isThere) await git("fetch", "--quiet", "--", "origin", wanted);
        await git("checkout", "--quiet", "--detach", isThere ? wanted : "FETCH_HEAD", "--");
        await git("submodule", "--quiet", "update", "--init", "--recursive");
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        const isMissing = error.details.systemCode === "ENOENT";
        throw new LayerError(isMissing ? "TOOL_NOT_FOUND" : "TOOL_FAILED", {
            what: isMissing
                ? "git is needed for a package that the manifest takes from a repository, and is not there."
                : `git could not get ${wanted} of ${redact(url, [])}: ${error.message}.`,
            detail: error.details.tail.slice(-shownLines).map((line) => redact(line, [])),
            next: isMissing
                ? "Install git from your system's packages."
                : `Try \`git ls-remote ${redact(url, [])}\` here: the repository must be readable without a question.`,
            cause: error,
        });
    }
}

/** The address with its variables filled in, and what of it is a secret as a setting of git. */
function reached(
    source: GitSource,
    variables: Variables,
    position: Position,
): { readonly url: string; readonly header?: readonly [name: string, value: string] } {
    const where = formatPosition(position);
    const url = withVariables(source.url, variables, where);
    const problem = gitProblem({ ...source, url });
    if (problem !== undefined) throw unusable(source, problem, position);
    const isSecret = namesVariables(/^[a-z]+:\/\/([^/?#]*)@/i.exec(source.url)?.[1] ?? "");
    if (!isSecret || !/^https?:/i.test(url)) return { url };
    const parsed = new URL(url);
    const credentials = takeUserInfo(parsed);
    if (credentials === undefined) return { url };
    return {
        url: parsed.href,
        header: [`http.${parsed.origin}/.extraHeader`, `Authorization: ${basicAuthorization(credentials)}`],
    };
}

/** Variables that give git one setting more than the user's own variables do. */
function oneMoreSetting(
    [name, value]: readonly [string, string],
    environment: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
    const count = Number(environment["GIT_CONFIG_COUNT"]) || 0;
    return {
        GIT_CONFIG_COUNT: String(count + 1),
        [`GIT_CONFIG_KEY_${count}`]: name,
        [`GIT_CONFIG_VALUE_${count}`]: value,
    };
}
