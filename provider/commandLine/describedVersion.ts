import { objectUri } from "../aws/objects";
import { LayerError } from "../errors";
import type { Dependencies } from "../manifest/compare";
import type { Props } from "../props";
import { manifestObject } from "../publish/layout";
import type { VersionRecord } from "../publish/record";
import { isoTime } from "../quantities";
import type { LayerOutline } from "./layerOutline";

/** One version of a layer, as its record, the ledger and Lambda tell of it. */
export interface DescribedVersion {
    readonly version: number;
    /** ISO 8601, UTC. */
    readonly publishedAt: string | undefined;
    /** Absent for a version that this package has not published, and for one whose record is lost. */
    readonly record: VersionRecord | undefined;
    /** S3 URI of the manifest that the record is of. */
    readonly manifestUri: string | undefined;
    /** What the version was made for and from; empty without a record. */
    readonly settings: Props;
    readonly holders: readonly VersionHolder[];
    readonly inLambda: boolean;
    /** Name → version; `undefined` where no record says it. */
    readonly dependencies: Dependencies | undefined;
}

/** Who holds a version. */
export interface VersionHolder {
    /** `shop/prod/PythonLayer/deps`: project, stack, parents, kind and name. */
    readonly owner: string;
    /** Random id of the create that holds it, which the state of its stack knows. */
    readonly createId: string;
    /** `kept`: superseded. `older`: not superseded, and not the newest of its owner: of a run that was cut short, or of another state. */
    readonly use: "current" | "kept" | "older";
}

/** Describes one version of the outline. */
export function describeVersion(outline: LayerOutline, version: number): DescribedVersion {
    const { store } = outline.layer;
    const record = outline.records.get(version);
    return {
        version,
        publishedAt: isoTime(record?.createdDate),
        record,
        manifestUri:
            record && objectUri(store.bucket, manifestObject(store, version, record.manifest.fileName)),
        settings: record?.settings ?? {},
        holders: holdersOf(outline, version),
        inLambda: outline.inLambda.has(version),
        dependencies:
            record?.dependencies ??
            (record?.packages &&
                Object.fromEntries(record.packages.map(({ name, version }) => [name, version]))),
    };
}

function holdersOf({ holdings }: LayerOutline, version: number): VersionHolder[] {
    const newest = (owner: string) =>
        Math.max(
            ...holdings.flatMap(({ holder }) =>
                holder.owner === owner && holder.use === "current" ? [holder.number] : [],
            ),
        );
    return holdings
        .filter((holding) => holding.version === version)
        .map(({ createId, holder: { owner, number, use } }): VersionHolder => {
            const isOlder = use === "current" && number !== newest(owner);
            return { owner, createId, use: isOlder ? "older" : use };
        })
        .sort((left, right) => (left.owner < right.owner ? -1 : 1));
}

/** The packages of a version. Throws RECORD_MISSING where no record says them. */
export function requireDependencies({ version, record, dependencies }: DescribedVersion): Dependencies {
    if (dependencies !== undefined) {
        return dependencies;
    }
    throw new LayerError("RECORD_MISSING", {
        what:
            record === undefined
                ? `Which packages version ${version} has is not known: it has no record, so this package has not published it, or its record is lost.`
                : `Which packages version ${version} has is not known: its record names none.`,
        next: "`size` and `sbom` read what is inside the version's own zip.",
    });
}
