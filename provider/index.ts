/**
 * What a program imports. Nothing here loads the AWS SDK or anything that builds: the work is done in Pulumi's plugin
 * process, which finds it as `pulumi-lambda-layer/provider`.
 */

export { type ErrorCode, isLayerError, type LayerError } from "./errors";
export {
    type AssumeRoleArgs,
    LambdaLayerProvider,
    type LambdaLayerProviderArgs,
} from "./lambdaLayerProvider";
export type { LayerArgs } from "./layerResource";
export { LayerVersion, type LayerVersionArgs, type LayerVersionContent } from "./layerVersion";
export { type PackageIndex, PythonLayer, type PythonLayerArgs } from "./pythonLayer";
export type { Architecture } from "./target";
