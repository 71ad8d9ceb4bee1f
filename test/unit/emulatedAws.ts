import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import {
    CreateBucketCommand,
    type CreateBucketCommandInput,
    PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { type Clients, createClients } from "../../provider/aws/clients";
import { readAwsConfiguration } from "../../provider/aws/configuration";
import type { Bucket } from "../../provider/aws/objects";
import { type LayerStore, layerStore } from "../../provider/publish/layout";
import { type Emulator, startMinistack } from "../../scripts/emulator";
import { craftZip } from "./package/craftZip";

export const region = "eu-central-1";

let emulator: Promise<Emulator> | undefined;

// One emulator for all files: at the top level of a module this is a hook of mocha's root suite.
after(async () => {
    await (await emulator)?.stop();
});

/** An AWS for one `describe`: started with the first one that asks, stopped after the last test. */
export function useEmulatedAws(): { readonly clients: Clients; readonly endpoint: string } {
    let made: { clients: Clients; endpoint: string } | undefined;
    before(async () => {
        emulator ??= startMinistack();
        const { endpoint } = await emulator;
        made = { clients: await clientsAt(endpoint), endpoint };
    });
    const get = () => {
        if (made === undefined) {
            throw new Error("The emulated AWS is there once the tests run.");
        }
        return made;
    };
    return {
        get clients() {
            return get().clients;
        },
        get endpoint() {
            return get().endpoint;
        },
    };
}

/** The stack's settings that send every service to an address. */
export const awsSettings = (
    endpoint: string,
    more: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
    "aws:region": region,
    "aws:accessKey": "test",
    "aws:secretKey": "test",
    "aws:endpoints": JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]),
    "aws:s3UsePathStyle": "true",
    ...more,
});

/** The same, as the provider reads them. */
export const settingsFor = (endpoint: string, more: Readonly<Record<string, string>> = {}) => {
    const settings: Record<string, string | undefined> = awsSettings(endpoint, more);
    return (key: string) => settings[key];
};

export const clientsAt = (endpoint: string, more: Readonly<Record<string, string>> = {}): Promise<Clients> =>
    createClients(
        readAwsConfiguration(settingsFor(endpoint, more), process.env),
        region,
        undefined,
        process.env,
    );

/** A signal that never aborts and takes any number of listeners. */
export function newSignal(): AbortSignal {
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    return signal;
}

/** A name that no other test has. */
export const uniqueName = (stem: string): string => `${stem}-${randomBytes(6).toString("hex")}`;

/** A new bucket. */
export async function createBucket(
    clients: Clients,
    options: { versioned?: boolean; signal?: AbortSignal } = {},
): Promise<Bucket> {
    const name = uniqueName("artifacts");
    const request: CreateBucketCommandInput = {
        Bucket: name,
        CreateBucketConfiguration: { LocationConstraint: region },
    };
    await clients.s3.send(new CreateBucketCommand(request));
    if (options.versioned === true) {
        await clients.s3.send(
            new PutBucketVersioningCommand({
                Bucket: name,
                VersioningConfiguration: { Status: "Enabled" },
            }),
        );
    }
    const { Account: owner = "" } = await clients.sts.send(new GetCallerIdentityCommand({}));
    return { s3: clients.s3, name, owner, signal: options.signal ?? newSignal() };
}

/** A new, empty store in a bucket of its own. */
export const createStore = async (clients: Clients): Promise<LayerStore> =>
    layerStore(await createBucket(clients), "lambda/deps/");

/** A layer's zip with one module. */
export const layerZip = (content = "1"): Buffer =>
    craftZip([{ name: "python/sample.py", content: `value = ${JSON.stringify(content)}\n` }]);
