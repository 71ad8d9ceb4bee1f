import { LayerError } from "./errors";

/** The layer's name and version number in a layer version's ARN, which is every resource's id. */
export function parseLayerVersionArn(arn: string): {
    layerName: string;
    version: number;
    region: string;
    account: string;
} {
    const match = /^arn:[^:]+:lambda:([^:]+):(\d{12}):layer:([^:]+):(\d+)$/.exec(arn);
    const [, region, account, layerName, version] = match ?? [];
    if (region === undefined || account === undefined || layerName === undefined || version === undefined) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The id ${JSON.stringify(arn)} is no layer version's ARN.`,
            next: "The state was edited or belongs to another provider: remove the resource with `pulumi state delete`.",
        });
    }
    return { layerName, version: Number(version), region, account };
}

/** The layer's ARN: a layer version's without the number. An id that is no such ARN, as mocks may give, stays as it is. */
export const layerArnOf = (layerVersionArn: string): string => layerVersionArn.replace(/:\d+$/, "");

/** The number of a layer version, by its ARN; NaN for an id that is none. */
export const versionOf = (layerVersionArn: string): number => Number(/:(\d+)$/.exec(layerVersionArn)?.[1]);

/** The account in a layer version's ARN; undefined for an id that is none. */
export const accountOf = (layerVersionArn: string): string | undefined =>
    /^arn:[^:]+:lambda:[^:]+:(\d{12}):layer:/.exec(layerVersionArn)?.[1];

/** The outputs that the id gives. */
export interface Identity {
    readonly layerVersionArn: string;
    readonly arn: string;
    readonly layerArn: string;
    readonly version: number;
}

/** @param id ARN of the layer version */
export const identityOf = (id: string): Identity => ({
    layerVersionArn: id,
    arn: id,
    layerArn: layerArnOf(id),
    version: versionOf(id),
});
