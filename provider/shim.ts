/**
 * The only text of this package that Pulumi's state keeps: what a resource has as its `__provider`.
 *
 * Pulumi's plugin for dynamic providers compiles this text, calls its `handler`, and uses the provider that it gets. It does
 * so with the text in the state, also in a refresh or destroy years from now. So nothing is in it but the package's own
 * name: the installed package is found at the moment it is needed, and an upgrade changes no state. The path
 * `pulumi-lambda-layer/provider`, its export and the names of its hooks are therefore fixed for ever;
 * `test/unit/provider/shim.test.ts` compares the text. Pulumi prints an error's stack, so the one that a user can mend has none.
 *
 * It is written out instead of left to `pulumi.dynamic.Resource`, which makes such a text by looking into functions at run
 * time: that takes a tenth of a second of every preview, gives six times as much text, which the engine copies and logs
 * several times for each resource, and another text with another release of Pulumi's SDK.
 */
export const shim = `exports.handler = () => {
    try {
        return require("pulumi-lambda-layer/provider").provider;
    } catch (error) {
        if (String(error).indexOf("'pulumi-lambda-layer/provider'") < 0) throw error;
        error = new Error("pulumi-lambda-layer is not installed in " + process.cwd() + ": run npm install there first.");
        error.stack = "";
        throw error;
    }
};
`;
