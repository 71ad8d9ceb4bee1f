import { createHash } from "node:crypto";
import type { Clients } from "../../../provider/aws/clients";
import { listVersionNumbers } from "../../../provider/publish/layerVersion";
import { settingsDigest } from "../../../provider/publish/ledger/versionKey";
import type { PublishedFacts } from "../../../provider/publish/operations/place";
import { publishWithoutLedger } from "../../../provider/publish/operations/withoutLedger";
import { openBarePlace } from "../../../provider/publish/store/openPlace";
import { callPublish } from "../../../provider/publish/store/publishCall";
import { layerZip, newSignal } from "../emulatedAws";

export const never = newSignal();

/** Publishes a small archive inside the request, without a ledger: one call, and after a doubt a look. */
export function publishInline(
    clients: Clients,
    layerName: string,
    signal: AbortSignal = never,
): Promise<PublishedFacts> {
    const zip = layerZip("1");
    const settings = {
        description: undefined,
        licenseInfo: undefined,
        compatibleRuntimes: ["python3.13"],
        compatibleArchitectures: ["x86_64"],
    };
    const request = { layerName, content: { ZipFile: zip }, ...settings };
    const account = "123456789012";
    return publishWithoutLedger(
        openBarePlace({ clients, account, layerName, owner: "deps", signal }),
        settingsDigest(settings),
        {
            codeSha256: createHash("sha256").update(zip).digest("base64"),
            codeSize: zip.length,
            publish: () => callPublish(clients, request, signal),
        },
    );
}

/** The layer's versions, oldest first. */
export const versionsOf = async (clients: Clients, layerName: string): Promise<number[]> =>
    (await listVersionNumbers(clients, layerName, never)).reverse();
