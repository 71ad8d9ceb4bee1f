import type * as pulumi from "@pulumi/pulumi";
import { LayerError } from "./errors";
import { LambdaLayerProvider } from "./lambdaLayerProvider";

/**
 * Refuses options under which a layer would silently be made elsewhere than the program says.
 *
 * A provider of another package is never seen by the hooks: given to the layer, the engine would send the layer to that provider's own
 * plugin; given to something above it, the layer would take the stack's settings while its neighbours take the provider's.
 *
 * @param region the argument, if it was given
 * @throws ARGUMENT_INVALID
 */
export function requireOwnProvider(
    name: string,
    region: unknown,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.CustomResourceOptions | undefined {
    const given = opts?.provider;
    if (given !== undefined && !LambdaLayerProvider.isInstance(given)) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The layer "${name}" was given a provider that its hooks never see.`,
            next: [
                "Give it a LambdaLayerProvider of pulumi-lambda-layer with the same settings (region, profile, assumeRoles, …).",
                'Or leave the option provider out: the stack\'s "aws:" settings and the argument region count then.',
            ],
        });
    }
    const inherited = opts?.parent?.getProvider("aws:index:Provider");
    const own = given ?? opts?.parent?.getProvider("pulumi-nodejs:dynamic:Resource");
    const isSettled = region !== undefined || LambdaLayerProvider.isInstance(own);
    if (inherited !== undefined && !isSettled) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The layer "${name}" is below a resource that has a provider of "aws", whose region and credentials do not reach a layer.`,
            next: [
                'Give the layer the argument region: its credentials are those of the stack\'s "aws:" settings.',
                "Or give it, or what it is below, a LambdaLayerProvider with the same settings.",
            ],
            property: "region",
        });
    }
    return opts;
}
