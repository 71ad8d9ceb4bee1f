/**
 * The AWS SDK says in seven lines, once in a process, when releases to come will not run on this Node. A user of this package gets one.
 * https://github.com/aws/aws-sdk-js-v3, emitWarningIfUnsupportedVersion
 */
const silencer = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";
const oldestSupported = 22;

/**
 * Makes clients of the AWS SDK without its own seven lines. It looks at its variable while it makes the first client, so the
 * variable is set for that moment only, in which nothing else runs.
 */
export function withoutSdkWarning<Made>(make: () => Made): Made {
    const { [silencer]: before } = process.env;
    process.env[silencer] = "true";
    try {
        return make();
    } finally {
        if (before === undefined) {
            delete process.env[silencer];
        } else {
            process.env[silencer] = before;
        }
    }
}

/** The one line instead; `undefined` where Node is new enough, or the user wants to hear nothing. */
export function nodeNotice(
    environment: NodeJS.ProcessEnv,
    version: string = process.versions.node,
): string | undefined {
    return Number.parseInt(version, 10) < oldestSupported && environment[silencer] !== "true"
        ? `Node ${version} is too old for releases of the AWS SDK from January 2027 on: upgrade to Node ${oldestSupported} or newer.`
        : undefined;
}
