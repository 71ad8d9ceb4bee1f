import { summarizeComparison } from "../manifest/compare";
import { megabytes, shortTime } from "../quantities";
import type { DescribedVersion, VersionHolder } from "./describedVersion";
import type { HistoryStep, OwnersWay } from "./history";
import { targetOf } from "./storedManifest";
import { renderTable } from "./table";
import { type Paint, paintFor, type Terminal } from "./terminal";

/** Owners that a cell names; the rest is a number. */
const mostOwners = 3;

/** The table that `history` prints, with its title. */
export function renderHistory(
    layerName: string,
    steps: readonly HistoryStep[],
    successions: readonly OwnersWay[],
    terminal: Pick<Terminal, "width" | "colours">,
): string[] {
    const paint = paintFor(terminal.colours.output);
    const gone = (row: number) => steps[row]?.described.inLambda === false;
    const fade = (text: string, row: number) => (gone(row) ? paint.dim(text) : text);
    const rows = steps.map((step) => [
        String(step.described.version),
        shortTime(step.described.publishedAt),
        step.described.record === undefined ? "–" : megabytes(step.described.record.codeSize),
        packageCount(step.described),
        usedBy(step.described),
        whatMoved(step),
    ]);
    const table = renderTable(
        [
            { heading: "VERSION", align: "right", paint: (text, row) => fade(paint.bold(text), row) },
            { heading: "PUBLISHED (UTC)", paint: fade },
            { heading: "SIZE", align: "right", paint: fade },
            { heading: "PACKAGES", align: "right", paint: fade },
            { heading: "USED BY", paint: (text, row) => (gone(row) ? paint.red(text) : text) },
            { heading: "WHAT MOVED", paint: fade },
        ],
        rows,
        terminal.width,
        paint.dim,
    );
    return [
        paint.bold(`Layer ${layerName}`),
        ...table,
        ...successions.flatMap((each) => renderWay(each, paint)),
    ];
}

function renderWay({ owner, steps }: OwnersWay, paint: Paint): string[] {
    return [
        "",
        `${paint.bold(owner)} came to`,
        ...steps.map(({ version, use, changes }) => {
            const moved = changes === undefined ? "" : `: ${summarizeComparison(changes)}`;
            return `  version ${version} (${use})${moved}`;
        }),
    ];
}

const packageCount = ({ dependencies }: DescribedVersion): string =>
    dependencies === undefined ? "–" : String(Object.keys(dependencies).length);

function usedBy({ holders, inLambda }: DescribedVersion): string {
    if (!inLambda) {
        return "(deleted)";
    }
    const named = holders.slice(0, mostOwners).map(({ owner, use }) => `${shownOwner(owner)} (${use})`);
    const rest = holders.length - named.length;
    return named.length === 0 ? "–" : [...named, ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}

/** `shop/prod deps`: project, stack and resource. */
function shownOwner(owner: VersionHolder["owner"]): string {
    const [project = "", stack = "", ...names] = owner.split("/");
    return names.length === 0 ? owner : `${project}/${stack} ${names.at(-1)}`;
}

function whatMoved({ described, before, changes }: HistoryStep): string {
    if (described.record === undefined) {
        return "no record";
    }
    if (before?.record === undefined) {
        return described.version === 1 ? "first version" : "first version with a record";
    }
    if (changes !== undefined) {
        const moved = summarizeComparison(changes);
        const settings = changedSettings(before, described);
        return settings.length === 0 ? moved : [moved, ...settings].join("; ");
    }
    return before.record.manifest.md5 === described.record.manifest.md5
        ? "the manifest is the same"
        : "the manifest changed";
}

/** The targets of two versions where they differ: `python3.12 → python3.13`. */
function changedSettings(before: DescribedVersion, described: DescribedVersion): string[] {
    const [old, current] = [targetOf(before.settings), targetOf(described.settings)];
    if (old === undefined || current === undefined) {
        return [];
    }
    return (["runtime", "architecture"] as const).flatMap((name) =>
        old[name] === current[name] ? [] : [`${old[name]} → ${current[name]}`],
    );
}
