import type { dynamic } from "@pulumi/pulumi";

type Hooks = Required<dynamic.ResourceProvider>;

/**
 * Finds the installed package at the moment it is needed, also in a refresh or destroy years from now. It stands in the state as
 * text, and Pulumi prints an error's stack, so the one that a user can mend has none.
 */
const load = (): Hooks => {
    try {
        return require("pulumi-lambda-layer/provider").provider;
    } catch (error) {
        if (String(error).indexOf("'pulumi-lambda-layer/provider'") < 0) throw error;
        const missing = new Error(
            `pulumi-lambda-layer is not installed in ${process.cwd()}: run npm install there first.`,
        );
        missing.stack = "";
        throw missing;
    }
};

/**
 * What Pulumi keeps of this package in a resource's state, as text: it writes these functions out, and runs that text in its
 * plugin process. So nothing is in them but the package's own name: an upgrade changes no state. The path
 * `pulumi-lambda-layer/provider`, its export and the names of its hooks are fixed for ever. The text differs between releases
 * of Pulumi's SDK, which is no difference of the resource.
 */
export const shim: Hooks = {
    configure: (request) => load().configure(request),
    check: (olds, news) => load().check(olds, news),
    diff: (id, olds, news) => load().diff(id, olds, news),
    create: (inputs) => load().create(inputs),
    read: (id, props) => load().read(id, props),
    update: (id, olds, news) => load().update(id, olds, news),
    delete: (id, props) => load().delete(id, props),
};
