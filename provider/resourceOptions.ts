import type * as pulumi from "@pulumi/pulumi";
import { LambdaLayerProvider } from "./lambdaLayerProvider";

/**
 * The options of a resource, unless they name a provider that its hooks never see: the engine would send the resource to
 * that provider's own plugin, which answers that it knows no such type.
 *
 * @throws Error that says what to write instead
 */
export function requireOwnProvider(
    name: string,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.CustomResourceOptions | undefined {
    const given = opts?.provider;
    if (given !== undefined && !LambdaLayerProvider.isInstance(given)) {
        throw new Error(
            `The layer "${name}" was given a ${given.constructor.name} as its provider. Give it a LambdaLayerProvider of ` +
                'pulumi-lambda-layer with the same settings, or leave the option out: the stack\'s "aws:" settings and the ' +
                "argument region count then.",
        );
    }
    return opts;
}
