import type { ProxiedRequest } from "../faultProxy";

/** What came of a plugin that was killed at one point of a run. */
export interface KillOutcome {
    /** The run that was killed. */
    readonly run: string;
    /** In words: what had been done by then. */
    readonly point: string;
    /** What the same command did the second time. */
    readonly steps: readonly string[];
    /** How often PublishLayerVersion was called in both runs together. */
    readonly publishCalls: number;
    /** The versions that exist afterwards. */
    readonly versions: readonly number[];
    /** Holds of the killed run that no state knows: each is told, and stays until a person lets go of it. */
    readonly ghosts: number;
}

/** Whether a request changes anything: only between two of those a kill can make a difference. */
export const isMutation = ({ method, service }: ProxiedRequest): boolean =>
    service !== "sts" && ["PUT", "POST", "DELETE"].includes(method);

const words: readonly (readonly [RegExp, string])[] = [
    [/^PUT .*\/artifacts\//, "the artifact was uploaded"],
    [/^POST .*\/versions$/, "the version was published"],
    [/^PUT .*\/record\.json$/, "the record was written"],
    [/^PUT .*\/\d{6}\/[^/]+$/, "the manifest was stored"],
    [/^POST .*\/policy$/, "a permission was given"],
    [/^DELETE .*\/policy\/[^/]+$/, "a permission was taken back"],
    [/^DELETE .*\/versions\/\d+$/, "the version was deleted"],
    [/^DELETE .*\/ledger-[^/]+$/, "the empty ledger was deleted"],
    [/^POST [^?]*$/, "its manifest, record and artifact were deleted"],
];

/** What has been done once a request has taken effect, given the mutations before it. */
export function describePoint(request: ProxiedRequest, before: readonly ProxiedRequest[]): string {
    const line = lineOf(request);
    if (/^PUT .*\/ledger-/.test(line)) {
        return ledgerPoint(before.map(lineOf));
    }
    return words.find(([pattern]) => pattern.test(line))?.[1] ?? line;
}

/** What a write of the ledger says, by what came before it. */
function ledgerPoint(before: readonly string[]): string {
    const last = before.findLast((line) => !/\/ledger-/.test(line)) ?? "";
    if (/\/artifacts\//.test(last)) {
        return "the lease was taken";
    }
    if (/\/record\.json$/.test(last) && before.some((line) => /^POST .*\/versions$/.test(line))) {
        const since = before.slice(before.findLastIndex((line) => /\/record\.json$/.test(line)) + 1);
        return since.length === 0 ? "the ledger had the version and its holder" : "the ledger was written";
    }
    if (/\/policy/.test(last)) {
        return "the ledger had the permissions";
    }
    return /^DELETE .*\/versions\/|^POST [^?]*$/.test(last)
        ? "the ledger had forgotten the version"
        : "the ledger was written";
}

const lineOf = ({ method, path }: ProxiedRequest): string => `${method} ${path.replace(/\?.*$/, "")}`;

/** The outcomes as a table in Markdown. */
export function killTable(outcomes: readonly KillOutcome[]): string {
    const rows = outcomes.map(({ run, point, steps, publishCalls, versions, ghosts }) => [
        run,
        point,
        steps.length === 0 ? "nothing" : steps.join(", "),
        String(publishCalls),
        versions.length === 0 ? "none" : versions.join(", "),
        ghosts === 0 ? "nothing" : `${ghosts === 1 ? "a hold" : `${ghosts} holds`} that the message names`,
    ]);
    const head = ["run", "killed", "the same command again", "publish calls", "versions then", "left over"];
    return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
