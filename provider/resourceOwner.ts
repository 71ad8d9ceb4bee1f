import * as pulumi from "@pulumi/pulumi";

/**
 * The owner that a resource is to its layer versions: organisation and URN.
 *
 * Pulumi tells a dynamic provider neither, so the program hands them on as an input.
 */
export function ownerOf(
    name: string,
    type: string,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Output<string> {
    return pulumi.interpolate`${organization()}/${pulumi.createUrn(name, type, opts?.parent)}`;
}

/** As backends without organisations have it where there is none: mocks that name none have `getOrganization` throw. */
function organization(): string {
    try {
        return pulumi.getOrganization();
    } catch {
        return "organization";
    }
}
