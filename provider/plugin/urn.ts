/** The owner that a resource is by its URN: the same as through the dynamic front end, see `owner.ts`. */
export const ownerOfUrn = (urn: string): string =>
    `organization/${urn.replace(/\blambda-layer:index:(\w+)::/, "pulumi-nodejs:dynamic/lambda:$1::")}`;
