import * as pulumi from "@pulumi/pulumi";

/**
 * The owner that a resource is to its layer versions: organisation and URN.
 *
 * Pulumi tells a dynamic provider neither, so the program hands them on as an input. Below the stack itself nothing of it has
 * to be waited for, which spares each layer half a dozen outputs.
 */
export function ownerOf(
    name: string,
    type: string,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Input<string> {
    const parent = opts?.parent;
    return parent === undefined
        ? `${organization()}/urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${type}::${name}`
        : pulumi.interpolate`${organization()}/${pulumi.createUrn(name, type, parent)}`;
}

/** As backends without organisations have it where there is none: mocks that name none have `getOrganization` throw. */
function organization(): string {
    try {
        return pulumi.getOrganization();
    } catch {
        return "organization";
    }
}
