import { inWords } from "../ledgerErrors";
import { tellThrough } from "../ledgerNotes";
import type { Place } from "../publish/operations/place";
import { ledgerUri, openPlace } from "../publish/store/openPlace";
import type { Call } from "./command";
import type { NamedLayer } from "./layer";
import { UsageError } from "./options";
import { paintFor } from "./terminal";

/** A layer's ledger, as the commands that change it reach it. */
export interface OpenLedger {
    readonly layer: NamedLayer;
    readonly layerName: string;
    readonly place: Place;
    /** S3 URI. */
    readonly uri: string;
    /** Does work on the ledger, and words its failures. */
    readonly run: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/**
 * Opens the ledger of the layer that the options name. What the operations tell goes to standard error, since standard output is for
 * programs.
 *
 * @throws UsageError without the layer's name, and what {@link openLayer} throws
 */
export async function openLedger(call: Call, address: string | undefined): Promise<OpenLedger> {
    const { openLayer, readPlace } = await import("./layer");
    const named = readPlace(call, address);
    const { layerName } = named;
    if (layerName === undefined) {
        throw new UsageError("Which layer? Give its name with --layer.");
    }
    const layer = await openLayer(call, named);
    const { host, clients, store } = layer;
    const { terminal, signal } = call;
    const paint = paintFor(terminal.colours.error);
    const tell = tellThrough({
        log: (severity, text) =>
            terminal.writeError(`${severity === "warning" ? `${paint.yellow("warning:")} ` : ""}${text}\n`),
    });
    const account = await host.aws.account(clients);
    const onAws = { clients, account, layerName, store, tell, signal };
    const uri = ledgerUri(onAws);
    return {
        layer,
        layerName,
        place: openPlace(onAws),
        uri,
        run: async (work) => {
            try {
                return await work();
            } catch (error) {
                throw inWords(error, uri);
            }
        },
    };
}
