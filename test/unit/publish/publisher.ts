import { createHash, randomUUID } from "node:crypto";
import type { Clients } from "../../../provider/aws/clients";
import { type Owner, parseOwner } from "../../../provider/owner";
import { listVersionNumbers, type PublishRequest } from "../../../provider/publish/layerVersion";
import type { LayerStore } from "../../../provider/publish/layout";
import { type Departure, leaveVersion } from "../../../provider/publish/leave";
import type { LeaseTiming } from "../../../provider/publish/publication";
import { type PublicationResult, publishOnce } from "../../../provider/publish/publishOnce";
import { keepVersion } from "../../../provider/publish/record";
import { layerZip, newSignal } from "../emulatedAws";
import { manifestOf, recordOf } from "./records";

export const never = newSignal();

/** A resource of a stack. */
export const ownerNamed = (name: string): Owner =>
    parseOwner(`acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::${name}`);

/** A version key: 64 hex digits of a text. */
export const keyOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A request with the archive inside. */
export function requestFor(layerName: string, content = "1"): PublishRequest {
    const zip = layerZip(content);
    return {
        layerName,
        content: { ZipFile: zip },
        description: undefined,
        licenseInfo: undefined,
        compatibleRuntimes: ["python3.13"],
        compatibleArchitectures: ["x86_64"],
        codeSha256: createHash("sha256").update(zip).digest("base64"),
        codeSize: zip.length,
    };
}

/** What a test says of a publication; the rest is as always. */
export interface TestPublication {
    readonly layerName: string;
    readonly owner?: Owner;
    readonly claimId?: string;
    readonly content?: string;
    readonly versionKey?: string;
    readonly timing?: LeaseTiming;
    readonly prepare?: () => Promise<PublishRequest>;
}

export function publish(
    clients: Clients,
    store: LayerStore | undefined,
    { layerName, content = "1", ...given }: TestPublication,
): Promise<PublicationResult> {
    return publishOnce(
        clients,
        store,
        {
            layerName,
            versionKey: given.versionKey ?? keyOf(content),
            owner: given.owner ?? ownerNamed("deps"),
            claimId: given.claimId ?? randomUUID(),
            timing: given.timing ?? { timeout: 900 },
        },
        given.prepare ?? (async () => requestFor(layerName, content)),
        never,
    );
}

/** Publishes and records as `create` does; answers the version. */
export async function publishAndKeep(
    clients: Clients,
    store: LayerStore,
    layerName: string,
    owner: Owner,
    content: string,
    claimId: string = randomUUID(),
): Promise<number> {
    const { published } = await publish(clients, store, { layerName, content, owner, claimId });
    const record = recordOf(published, layerName, keyOf(content), owner, content);
    await keepVersion(store, published, manifestOf(content), record, owner, claimId);
    return published.version;
}

/** Leaves a version as a resource that is removed, unless the departure says otherwise. */
export const leave = (
    clients: Clients,
    store: LayerStore,
    departure: Pick<Departure, "layerName" | "version" | "owner"> & Partial<Departure>,
) =>
    leaveVersion(clients, store, {
        survivor: undefined,
        successor: undefined,
        keepVersions: "all",
        forceDestroy: false,
        signal: never,
        ...departure,
    });

/** The layer's versions, oldest first. */
export const versionsOf = async (clients: Clients, layerName: string): Promise<number[]> =>
    (await listVersionNumbers(clients, layerName, never)).reverse();
