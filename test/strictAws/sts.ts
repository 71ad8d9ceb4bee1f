import type { Answer } from "./s3";
import { type Caller, Refusal, type StrictState } from "./state";

/** A call that is not signed: what proves the caller is in it. */
export const isUnsigned = (body: Buffer): boolean =>
    new URLSearchParams(body.toString("utf8")).get("Action") === "AssumeRoleWithWebIdentity";

/**
 * Answers as AWS STS does. A role's credentials have its account's number as their access key, so that calls with them are that
 * account's.
 */
export function answerSts(state: StrictState, caller: Caller | undefined, body: Buffer): Answer {
    const request = new URLSearchParams(body.toString("utf8"));
    const action = request.get("Action") ?? "";
    if (action === "GetCallerIdentity" && caller !== undefined) {
        const { account } = caller;
        return xml(
            action,
            `<Arn>arn:aws:iam::${account}:user/test</Arn><UserId>U</UserId><Account>${account}</Account>`,
        );
    }
    const [, account] = /^arn:aws:iam::(\d{12}):role\/./.exec(request.get("RoleArn") ?? "") ?? [];
    if (account === undefined) {
        throw new Refusal(400, "ValidationError", "1 validation error detected at 'roleArn'");
    }
    if (state.denied.has("sts:AssumeRole")) {
        throw new Refusal(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRole");
    }
    state.assumed.push({
        by: caller?.accessKey ?? "",
        region: caller?.region ?? "",
        request: Object.fromEntries(request),
    });
    const expiration = new Date(Date.now() + state.skew + 3_600_000).toISOString();
    return xml(
        action,
        `<Credentials><AccessKeyId>${account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::${account}:assumed-role/r/s</Arn></AssumedRoleUser>`,
    );
}

const xml = (action: string, result: string): Answer => ({
    status: 200,
    headers: { "content-type": "text/xml" },
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>strict</RequestId></ResponseMetadata></${action}Response>`,
});
