import type { IncomingMessage } from "node:http";
import { type LoopbackServer, startLoopbackServer } from "../loopback";
import { answerLambda, json } from "./lambda";
import { type Answer, answerS3 } from "./s3";
import { type Caller, createState, Refusal, type StrictState } from "./state";
import { answerSts, isUnsigned } from "./sts";

/** An AWS in this process that refuses what AWS refuses, where the emulators do not. */
export interface StrictAws extends LoopbackServer {
    /** `http://127.0.0.1:<port>`, for every service; buckets by path. */
    readonly endpoint: string;
    readonly state: StrictState;
}

/** The account of an access key that is no account number itself. */
export const defaultAccount = "123456789012";

/** Starts one. An access key of twelve digits is an account of its own, so that one test can have several. */
export async function startStrictAws(): Promise<StrictAws> {
    const state = createState();
    const server = await startLoopbackServer((request, response) => {
        readBody(request).then(
            (body) => {
                const { status, headers, body: answer } = respond(state, server.endpoint, request, body);
                // The SDK sets its clock by this.
                const date = new Date(Date.now() + state.skew).toUTCString();
                response.writeHead(status, { "x-amzn-requestid": "strict", date, ...headers });
                response.end(answer);
            },
            () => response.destroy(),
        );
    });
    return { ...server, state };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of request) {
        parts.push(part as Buffer);
    }
    return Buffer.concat(parts);
}

function respond(state: StrictState, endpoint: string, request: IncomingMessage, body: Buffer): Answer {
    const url = new URL(request.url ?? "/", endpoint);
    const [first = "", ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
    const method = request.method ?? "GET";
    const service = first === "2018-10-31" ? "lambda" : first === "" && method === "POST" ? "sts" : "s3";
    if (first === "download") {
        const [account, region, name, version] = rest;
        const code = state.layers.get(`${account}/${region}/${name}`)?.versions.get(Number(version))?.code;
        return code === undefined ? { status: 404 } : { status: 200, body: code };
    }
    try {
        if (service === "sts") {
            return answerSts(
                state,
                isUnsigned(body) ? undefined : authenticate(state, request, service),
                body,
            );
        }
        const caller = authenticate(state, request, service);
        return service === "lambda"
            ? answerLambda(state, caller, {
                  method,
                  path: rest.slice(1),
                  query: url.searchParams,
                  body,
                  endpoint,
              })
            : answerS3(state, caller, {
                  method,
                  bucket: first,
                  key: rest.join("/"),
                  query: url.searchParams,
                  headers: request.headers,
                  body,
              });
    } catch (error) {
        if (error instanceof Refusal) {
            return refuse(error, service, method, new Date(Date.now() + state.skew));
        }
        throw error;
    }
}

function authenticate(state: StrictState, request: IncomingMessage, service: string): Caller {
    const [, accessKey = "", region = ""] =
        /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? "") ?? [];
    if (state.expiredKeys.has(accessKey)) {
        throw service === "lambda"
            ? new Refusal(
                  403,
                  "ExpiredTokenException",
                  "The security token included in the request is expired",
              )
            : new Refusal(service === "s3" ? 400 : 403, "ExpiredToken", "The provided token has expired.");
    }
    const sent = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers["x-amz-date"]));
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (sent ?? [])
        .slice(1)
        .map(Number);
    const age = Date.now() + state.skew - Date.UTC(year, month - 1, day, hour, minute, second);
    if (Math.abs(age) > 15 * 60_000) {
        throw service === "s3"
            ? new Refusal(
                  403,
                  "RequestTimeTooSkewed",
                  "The difference between the request time and the current time is too large.",
              )
            : new Refusal(403, "InvalidSignatureException", "Signature expired");
    }
    return { accessKey, account: /^\d{12}$/.test(accessKey) ? accessKey : defaultAccount, region };
}

function refuse(refusal: Refusal, service: string, method: string, now: Date): Answer {
    const { status, code, message, headers } = refusal;
    const common = { date: now.toUTCString(), ...headers };
    if (service === "lambda") {
        const answer = json(status, { Type: "User", Message: message, message });
        return { ...answer, headers: { ...answer.headers, ...common, "x-amzn-errortype": code } };
    }
    const error = `<Code>${code}</Code><Message>${message}</Message>`;
    const body =
        service === "sts"
            ? `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>strict</RequestId></ErrorResponse>`
            : `<?xml version="1.0"?><Error>${error}</Error>`;
    return {
        status,
        headers: { ...common, "content-type": "application/xml" },
        ...(method === "HEAD" ? {} : { body }),
    };
}
