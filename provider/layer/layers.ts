import type { CheckOutcome } from "../check";
import type { CreateOutcome } from "../create";
import type { DiffOutcome } from "../diff";
import { identityOf, versionOf } from "../layerVersionArn";
import { parseOwner } from "../owner";
import { type Props, textOf } from "../props";
import type { ReadOutcome } from "../read";
import type { Call, Host } from "./host";
import { PartialFailure } from "./partialFailure";

/**
 * What can be done with layers: the one interface of the core, which every front end calls.
 *
 * Properties are JSON as the engine has it; nothing about them is trusted.
 */
export interface Layers {
    /** Checks arguments and fills in what follows from them. Offline. */
    check(call: Call, olds: Props, news: Props): Promise<CheckOutcome>;
    /** Tells a new version from an update in place from nothing. Offline. Warns of a zip and a manifest that moved apart. */
    diff(call: Call, id: string, olds: Props, news: Props): Promise<DiffOutcome>;
    /**
     * Publishes the version that checked inputs describe, or takes the one that exists.
     *
     * @throws PartialFailure when something failed after the version existed: it carries the state
     */
    create(call: Call, inputs: Props): Promise<CreateOutcome>;
    /** What there is of a version; `undefined` when Lambda has it no more. */
    read(call: Call, id: string, state: Props): Promise<ReadOutcome | undefined>;
    /** Brings what belongs to a version in line with checked inputs. Answers every output. */
    update(call: Call, id: string, state: Props, inputs: Props): Promise<Record<string, unknown>>;
    /** Gives up this resource's hold on a version, and deletes what nobody needs any more. */
    delete(call: Call, id: string, state: Props): Promise<void>;
}

/** The operations for one host. The code of each is loaded when it is first called. */
export function createLayers(host: Host): Layers {
    return {
        check: async (call, olds, news) => {
            const { check } = await import("../check");
            return check(host, sayingOnce(host, call, textOf(news, "owner") ?? ""), olds, news);
        },
        diff: async (call, id, olds, news) => {
            const outcome = (await import("../diff")).diff(olds, news, id);
            const seen = host.memory.seenOf(parseOwner(textOf(news, "owner") ?? "").id);
            seen.hasState = true;
            seen.shown.add(textOf(olds, "createId") ?? "");
            const { warnOfMovedZip } = await import("../zipMoved");
            const once = sayingOnce(host, call, textOf(news, "owner") ?? "");
            if (outcome.replaces !== undefined && textOf(olds, "bucket") !== undefined) {
                const { ruleOfKeeping } = await import("../ledgerNotes");
                once.log("info", ruleOfKeeping(versionOf(id), news["keepVersions"]));
            }
            await warnOfMovedZip(host, once, id, olds, news, outcome.replaces !== undefined);
            return outcome;
        },
        create: async (call, inputs) => {
            const { create } = await import("../create");
            const { id, outs } = await create(host, call, inputs).catch(withIdentity);
            return { id, outs: { ...outs, ...identityOf(id) } };
        },
        read: async (call, id, state) => {
            const found = await (await import("../read")).read(host, call, id, state);
            return found && { ...found, props: { ...found.props, ...identityOf(id) } };
        },
        update: async (call, id, state, inputs) => {
            const { update } = await import("../update");
            const outs = await update(host, call, id, state, inputs).catch(withIdentity);
            return { ...outs, ...identityOf(id) };
        },
        delete: async (call, id, state) => (await import("../delete")).remove(host, call, id, state),
    };
}

/** The outputs of a state that carries on after a failure are those of any other. */
function withIdentity(error: unknown): never {
    if (error instanceof PartialFailure) {
        const { message, id, properties, reasons } = error;
        throw new PartialFailure(message, id, { ...properties, ...identityOf(id) }, reasons);
    }
    throw error;
}

/** Says each thing about a resource once in a run: a replacement is checked twice. */
const sayingOnce = ({ memory }: Host, call: Call, ownerId: string): Call => ({
    ...call,
    log: (severity, text) => {
        if (memory.isNew("said", ownerId, text)) {
            call.log(severity, text);
        }
    },
});
