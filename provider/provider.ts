import type { dynamic } from "@pulumi/pulumi";
import { configure } from "./awsAccess";
import { messagesDelivered } from "./engineLog";
import { isLayerError } from "./errors";

/**
 * The provider that every resource's state names, by the path `pulumi-lambda-layer/provider`, for ever.
 *
 * It runs in Pulumi's plugin process. Each hook's code is loaded when the hook is first called, so that a preview of an
 * unchanged stack loads neither the AWS SDK nor anything that builds.
 */
export const provider: Required<dynamic.ResourceProvider> = {
    configure: async (request) => {
        // Before anything waits: the engine's other calls do not wait for this one.
        configure((key) => request.config.get(key));
    },
    check: async (olds, news) => {
        const { check } = await import("./check");
        return readable(check(olds, news));
    },
    diff: async (_id, olds, news) => {
        const { diff } = await import("./diff");
        return readable(Promise.resolve().then(() => diff(olds, news)));
    },
    create: async (inputs) => {
        const { create } = await import("./create");
        return readable(create(inputs));
    },
    read: async (id, props) => {
        const { read } = await import("./read");
        return readable(read(id, props));
    },
    update: async (id, olds, news) => {
        const { update } = await import("./update");
        return readable(update(id, olds, news));
    },
    delete: async (id, props) => {
        const { remove } = await import("./delete");
        return readable(remove(id, props));
    },
};

/**
 * Pulumi prints what some hooks throw twice: once as `${error}: ${error.stack}` and once as the resource's error. The
 * message belongs into the second; the first gets the code alone.
 */
async function readable<Result>(work: Promise<Result>): Promise<Result> {
    try {
        return await work;
    } catch (error) {
        if (isLayerError(error)) {
            error.stack = "";
            error.toString = () => error.code;
        }
        throw error;
    } finally {
        // The engine ends this process when it has its last answer.
        await messagesDelivered();
    }
}
