/**
 * The parts of the AWS SDK, loaded when they are first needed and then kept.
 *
 * TypeScript compiles `import()` of a CommonJS package to a copy of all its exports, a thousand of them, each time: that
 * took longer than the calls.
 */
export const loadLambda = once(() => import("@aws-sdk/client-lambda"));
export const loadS3 = once(() => import("@aws-sdk/client-s3"));
export const loadSts = once(() => import("@aws-sdk/client-sts"));
export const loadCredentialProviders = once(() => import("@aws-sdk/credential-providers"));
export const loadSharedFiles = once(() => import("@smithy/shared-ini-file-loader"));

function once<Module>(load: () => Promise<Module>): () => Promise<Module> {
    let loaded: Promise<Module> | undefined;
    return () => {
        loaded ??= load();
        return loaded;
    };
}
