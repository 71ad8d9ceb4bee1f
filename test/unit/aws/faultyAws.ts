import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type LocalServer, startServer } from "../build/localServer";

/** An answer in the place of AWS's own. */
export interface Refusal {
    readonly status: number;
    /** The error's name: `TooManyRequestsException`, `SlowDown`. */
    readonly code: string;
    readonly message?: string;
}

/** What happens to a request: it goes through, or its connection breaks before or after it took effect, or a refusal. */
export type Fault = "pass" | "cut before" | "cut after" | "no answer" | Refusal;

/** Decides about a request from its method and path. */
export type Decide = (method: string, path: string) => Fault;

/**
 * A server that stands before an emulator and lets through what it is told to.
 *
 * Without an endpoint nothing is let through: then it is an AWS that only refuses.
 */
export function startFaultyAws(decide: Decide, endpoint = "http://127.0.0.1:9"): Promise<LocalServer> {
    return startServer((request, response) => {
        const fault = decide(request.method ?? "", request.url ?? "");
        if (typeof fault === "object") {
            request.resume().on("end", () => refuse(response, request, fault));
        } else if (fault === "cut before") {
            request.socket.destroy();
        } else if (fault === "no answer") {
            request.resume();
        } else {
            pass(request, response, endpoint, fault === "cut after");
        }
    });
}

function refuse(
    response: ServerResponse,
    request: IncomingMessage,
    { status, code, message = "Refused by the test." }: Refusal,
): void {
    // Lambda speaks JSON below a path that begins with a date; S3 and STS speak XML.
    const isLambda = /^\/\d{4}-/.test(request.url ?? "");
    const isSts = request.url === "/" && request.method === "POST";
    response.statusCode = status;
    response.setHeader("x-amzn-requestid", "test-request");
    response.setHeader("x-amz-request-id", "test-request");
    if (isLambda) {
        response.setHeader("content-type", "application/json");
        response.setHeader("x-amzn-errortype", code);
        response.end(JSON.stringify({ Type: "User", Message: message, message }));
        return;
    }
    const error = `<Code>${code}</Code><Message>${message}</Message>`;
    response.setHeader("content-type", "application/xml");
    response.end(
        request.method === "HEAD"
            ? undefined
            : isSts
              ? `<ErrorResponse><Error>${error}</Error><RequestId>test-request</RequestId></ErrorResponse>`
              : `<?xml version="1.0"?><Error>${error}<RequestId>test-request</RequestId></Error>`,
    );
}

function pass(request: IncomingMessage, response: ServerResponse, endpoint: string, cut: boolean): void {
    const onward = httpRequest(
        `${endpoint}${request.url ?? ""}`,
        { method: request.method, headers: request.headers },
        (answer) => {
            if (cut) {
                answer.resume().on("end", () => request.socket.destroy());
                return;
            }
            response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
            answer.pipe(response);
        },
    );
    onward.on("error", () => request.socket.destroy());
    request.pipe(onward);
}
