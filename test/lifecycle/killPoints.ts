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
}

/** Whether a request changes anything: only between two of those a kill can make a difference. */
export const isMutation = ({ method, service }: ProxiedRequest): boolean =>
    service !== "sts" && ["PUT", "POST", "DELETE"].includes(method);

const words: readonly (readonly [RegExp, string])[] = [
    [/^PUT .*\/layer\.json$/, "the folder was marked"],
    [/^PUT .*\/artifacts\//, "the artifact was uploaded"],
    [/^POST .*\/versions$/, "the version was published"],
    [/^PUT .*\/claims\//, "a claim was put"],
    [/^PUT .*\/record\.json$/, "the record was written"],
    [/^PUT .*\/\d{6}\/[^/]+$/, "the manifest was stored"],
    [/^POST .*\/policy$/, "a permission was given"],
    [/^DELETE .*\/policy\/[^/]+$/, "a permission was taken back"],
    [/^DELETE .*\/claims\//, "the claim was released"],
    [/^DELETE .*\/publications\//, "the version key was forgotten"],
    [/^DELETE .*\/versions\/\d+$/, "the version was deleted"],
    [/^DELETE .*\/artifacts\//, "its artifact was deleted"],
    [/^DELETE .*\/record\.json$/, "its record was deleted"],
    [/^DELETE .*\/\d{6}\/[^/]+$/, "its manifest was deleted"],
    [/^DELETE .*\/layer\.json$/, "the folder's mark was deleted"],
];

/** What has been done once a request has taken effect, given the mutations before it. */
export function describePoint(request: ProxiedRequest, before: readonly ProxiedRequest[]): string {
    const line = lineOf(request);
    if (/^PUT .*\/publications\//.test(line)) {
        return before.some((each) => lineOf(each) === line)
            ? "the version key was noted"
            : "the lease was taken";
    }
    return words.find(([pattern]) => pattern.test(line))?.[1] ?? line;
}

const lineOf = ({ method, path }: ProxiedRequest): string => `${method} ${path.replace(/\?.*$/, "")}`;

/** The outcomes as a table in Markdown. */
export function killTable(outcomes: readonly KillOutcome[]): string {
    const rows = outcomes.map(({ run, point, steps, publishCalls, versions }) => [
        run,
        point,
        steps.length === 0 ? "nothing" : steps.join(", "),
        String(publishCalls),
        versions.length === 0 ? "none" : versions.join(", "),
    ]);
    const head = ["run", "killed", "the same command again", "publish calls", "versions then"];
    return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
