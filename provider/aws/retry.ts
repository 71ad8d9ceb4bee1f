import { Readable } from "node:stream";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { STSClient } from "@aws-sdk/client-sts";
import { backoff, retry } from "../retry";
import { notAnAnswer, requireAnswer } from "./answer";
import { isClockRefusal, isPassing, isThrottled } from "./failures";
import type { Pace } from "./pace";

type Client = LambdaClient | S3Client | STSClient;

/** How the calls of a client are tried. */
export interface Attempts {
    /** Of one call, the first included. */
    readonly attempts: number;
    /** Shared by all clients: what one service told of the time holds for the others. */
    readonly clock: Clock;
    /** Shared by everything that counts against the same rate. @default - the service has no rate that is met */
    readonly pace?: Pace;
}

/** What AWS's answers tell of this machine's clock. */
export interface Clock {
    /** Milliseconds by which AWS's time is ahead. */
    offset: number;
}

/** Milliseconds that the pauses double from, after a throttled call and after any other. */
const firstPause = { throttled: 500, failed: 100 };

/** What the SDK hands to a middleware beside the call. Older releases of it hand over no signal. */
interface CallContext {
    readonly commandName?: string;
    readonly __smithy_context?: { readonly abortSignal?: unknown };
}

/**
 * Tries each call of a client again that was throttled, failed inside AWS, or got no answer that is AWS's. What AWS
 * answers is never asked again, whatever the clock says: only a refusal for the time of a request that was signed
 * minutes off is, once, with the time that the answer told.
 *
 * The SDK's own strategies ask ten times for every 404 when this machine's clock is wrong, take garbage for the caller's mistake, and
 * stop after a hundred retries of a client. The client has to be made with `maxAttempts: 1`.
 */
export function retryCalls<Given extends Client>(client: Given, { attempts, clock, pace }: Attempts): Given {
    // The three differ in their calls' inputs and outputs, which are not looked at here.
    const { middlewareStack, config } = client as LambdaClient;
    Object.defineProperty(config, "systemClockOffset", {
        get: () => clock.offset,
        set: (told: number) => {
            clock.offset = told;
        },
    });
    middlewareStack.add(
        (next, context: CallContext) => (args) => {
            const signal = context.__smithy_context?.abortSignal;
            let signedAt = 0;
            return retry(
                async () => {
                    await pace?.wait(signal instanceof AbortSignal ? signal : undefined);
                    signedAt = Date.now() + clock.offset;
                    try {
                        const result = await next(args);
                        requireAnswer(context.commandName ?? "", result);
                        pace?.noteSuccess();
                        return result;
                    } catch (error) {
                        if (isThrottled(error)) pace?.noteThrottled();
                        throw notAnAnswer(error) ?? error;
                    }
                },
                {
                    // One more for a clock that is wrong: AWS did nothing then.
                    attempts: attempts + 1,
                    isPassing: (error, attempt) =>
                        !isStream(args.input) &&
                        ((attempt === 1 && isClockRefusal(error, signedAt)) ||
                            (attempt < attempts && isPassing(error))),
                    pauseAfter: (error, attempt) =>
                        backoff(attempt, isThrottled(error) ? firstPause.throttled : firstPause.failed),
                    signal: signal instanceof AbortSignal ? signal : undefined,
                },
            );
        },
        { name: "retryCalls", step: "initialize", priority: "high", override: true },
    );
    return client;
}

/** A body that is read as it is sent can be sent once. */
const isStream = (input: object): boolean => Reflect.get(input, "Body") instanceof Readable;
