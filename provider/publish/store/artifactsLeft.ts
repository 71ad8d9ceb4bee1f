import { type Bucket, deleteObject, listObjects, readObject } from "../../aws/objects";
import type { LayerStore } from "../layout";
import { isProblem, parseLedger } from "../ledger/format";

/** How old a zip has to be, in ms: a younger one may be of a run that has not entered its version yet. */
const leastAge = 3_600_000;

/** Zips that no version comes from. */
export interface ArtifactsLeft {
    /** S3 keys; empty where it cannot be told. */
    readonly keys: readonly string[];
    /** S3 key of a ledger that cannot be read, so that nobody knows which zips it names. */
    readonly unreadable: string | undefined;
}

/**
 * Looks for zips that no ledger names. All accounts and regions that share the folder have a ledger of their own in it.
 *
 * @param now milliseconds since the epoch
 */
export async function findArtifactsLeft(
    { bucket, artifactsFolder }: LayerStore,
    now: number,
): Promise<ArtifactsLeft> {
    // The zips first: what a ledger that is read after that does not name, no version came from before.
    const folder = `${artifactsFolder}artifacts/`;
    const zips = (await listObjects(bucket, folder)).filter(({ key }) => key.endsWith(".zip"));
    const ledgers = (await listObjects(bucket, `${artifactsFolder}ledger-`)).filter(({ key }) =>
        key.endsWith(".json"),
    );
    const named = new Set<string>();
    for (const { key } of ledgers) {
        const artifacts = await artifactsNamedIn(bucket, key);
        if (artifacts === undefined) {
            return { keys: [], unreadable: key };
        }
        for (const artifact of artifacts) named.add(artifact);
    }
    const isLeft = ({ key, lastModified }: { key: string; lastModified: number }) =>
        now - lastModified >= leastAge && !named.has(key.slice(folder.length, -".zip".length));
    return {
        // Without any ledger nothing is known, see `rebuild`.
        keys: ledgers.length === 0 ? [] : zips.filter(isLeft).map(({ key }) => key),
        unreadable: undefined,
    };
}

/** Deletes zips. A run that needs one uploads it again. */
export async function deleteArtifacts({ bucket }: LayerStore, keys: readonly string[]): Promise<void> {
    for (const key of keys) {
        await deleteObject(bucket, key);
    }
}

/** Artifact keys in a ledger, whichever layer it is about; `undefined` for one that cannot be read. */
async function artifactsNamedIn(bucket: Bucket, key: string): Promise<string[] | undefined> {
    const text = (await readObject(bucket, key))?.body.toString("utf8");
    if (text === undefined) {
        return [];
    }
    const ledger = parseLedger(text, layerIn(text));
    return isProblem(ledger)
        ? undefined
        : [...ledger.versions.values()].flatMap(({ artifacts }) => artifacts);
}

function layerIn(text: string): string {
    try {
        const layer: unknown = Reflect.get(Object(JSON.parse(text)), "layer");
        return typeof layer === "string" ? layer : "";
    } catch {
        return "";
    }
}
