import type { dynamic } from "@pulumi/pulumi";

/**
 * The only text of this package that Pulumi's state keeps.
 *
 * Pulumi stores the source of a dynamic provider in every resource and runs that stored text later, also for a
 * refresh or destroy years from now. So nothing is captured here but the package's own name: every hook finds the
 * installed package at the moment it is called, and an upgrade changes no state. The names of the hooks and the
 * path `pulumi-lambda-layer/provider` are therefore fixed for ever; `test/unit/provider/shim.test.ts` compares the text.
 *
 * The syntax stays within what TypeScript 3.8 parses: it is what Pulumi uses where a program has none of its own.
 */
export const shim: dynamic.ResourceProvider = {
    configure: (request) => load().configure(request),
    check: (olds, news) => load().check(olds, news),
    diff: (id, olds, news) => load().diff(id, olds, news),
    create: (inputs) => load().create(inputs),
    read: (id, props) => load().read(id, props),
    update: (id, olds, news) => load().update(id, olds, news),
    delete: (id, props) => load().delete(id, props),
};

function load(): Required<dynamic.ResourceProvider> {
    try {
        return require("pulumi-lambda-layer/provider").provider;
    } catch (error) {
        if (String(error).indexOf("'pulumi-lambda-layer/provider'") < 0) {
            throw error;
        }
        throw new Error(
            `pulumi-lambda-layer is not installed in ${process.cwd()}: run npm install there first.`,
        );
    }
}
