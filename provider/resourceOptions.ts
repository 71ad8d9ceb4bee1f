import type * as pulumi from "@pulumi/pulumi";
import { LayerError } from "./errors";
import { LambdaLayerProvider } from "./lambdaLayerProvider";

/**
 * The options of a resource, unless they name a provider that its hooks never see: the engine would send the resource to
 * that provider's own plugin, which answers that it knows no such type.
 *
 * @throws ARGUMENT_INVALID
 */
export function requireOwnProvider(
    name: string,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.CustomResourceOptions | undefined {
    const given = opts?.provider;
    if (given !== undefined && !LambdaLayerProvider.isInstance(given)) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The layer "${name}" was given ${describe(given)}, which only knows resources of its own package.`,
            next: [
                "Give it a LambdaLayerProvider of pulumi-lambda-layer with the same settings (region, profile, assumeRoles, …).",
                'Or leave the option provider out: the stack\'s "aws:" settings and the argument region count then.',
            ],
        });
    }
    return opts;
}

/** Every provider knows its package; it says so only to itself. */
function describe(given: pulumi.ProviderResource): string {
    const { pkg }: { readonly pkg?: unknown } = Object(given);
    return typeof pkg === "string" ? `a provider of "${pkg}"` : `a ${given.constructor.name}`;
}
