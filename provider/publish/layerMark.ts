import { deleteObject, listObjects, objectUri, readObject, writeObject } from "../aws/objects";
import { LayerError } from "../errors";
import { type LayerStore, layerMarkObject } from "./layout";

/**
 * Refuses a folder that holds the records of another layer. Two layers that were given the same `prefix` would write
 * over each other's `000001/`, and deleting one would delete what the other's version was made from.
 *
 * @throws ARGUMENT_INVALID on `prefix`
 */
export async function requireOwnFolder(store: LayerStore, layerName: string): Promise<void> {
    const marked = await readMark(store);
    if (marked !== undefined && marked !== layerName) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The prefix of layer "${layerName}" holds the records of layer "${marked}".`,
            where: objectUri(store.bucket, layerMarkObject(store)),
            next: "Give each layer a prefix of its own, or leave the argument out: the default has the layer's name in it.",
            property: "prefix",
        });
    }
}

/** Says whose records the folder holds, and refuses it when another run was quicker with another layer. */
export async function markOwnFolder(store: LayerStore, layerName: string): Promise<void> {
    const body = `${JSON.stringify({ layerName })}\n`;
    await writeObject(store.bucket, layerMarkObject(store), body, "application/json", { ifNoneMatch: "*" });
    await requireOwnFolder(store, layerName);
}

/**
 * Removes what is left of a layer that nobody keeps a version of any more: where asked, artifacts that a run uploaded and
 * then did not publish, and, once nothing else is there, the mark.
 */
export async function removeOwnFolder(
    store: LayerStore,
    { withArtifacts }: { readonly withArtifacts: boolean },
): Promise<void> {
    const mark = layerMarkObject(store);
    const keys = (await listObjects(store.bucket, store.artifactsFolder)).map(({ key }) => key);
    if (keys.some((key) => /\/(?:record\.json|publications\/[0-9a-f]{64}\.json)$/.test(key))) {
        return;
    }
    const artifacts = !withArtifacts ? [] : keys.filter((key) => /\/artifacts\/[0-9a-f]{64}\.zip$/.test(key));
    for (const key of artifacts) {
        await deleteObject(store.bucket, key);
    }
    if (keys.every((key) => key === mark || artifacts.includes(key))) {
        await deleteObject(store.bucket, mark);
    }
}

async function readMark(store: LayerStore): Promise<string | undefined> {
    const found = await readObject(store.bucket, layerMarkObject(store));
    try {
        const value: unknown = JSON.parse(found?.body.toString("utf8") ?? "");
        return typeof value === "object" &&
            value !== null &&
            "layerName" in value &&
            typeof value.layerName === "string"
            ? value.layerName
            : undefined;
    } catch {
        return undefined;
    }
}
