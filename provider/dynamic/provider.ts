import { setMaxListeners } from "node:events";
import os from "node:os";
import type { dynamic } from "@pulumi/pulumi";
import { type AwsSession, createAwsSession } from "../aws/session";
import type { GetSetting } from "../aws/settingReader";
import { isLayerError, LayerError } from "../errors";
import type { Call } from "../layer/host";
import { hideInternals, shownAs, withInternals } from "../layer/internals";
import { createLayers } from "../layer/layers";
import { createRunMemory } from "../layer/memory";
import { PartialFailure } from "../layer/partialFailure";
import { type Props, textOf } from "../props";
import { connectEngineLog, type EngineLog, severity } from "./engineLog";
import { HookError } from "./hookError";
import { showProgress } from "./progress";
import { runLater } from "./runLater";

/** What the provider takes of its process; nothing else of it is looked at, and nothing is changed. */
export interface ProviderProcess {
    readonly argv: readonly string[];
    readonly cwd: () => string;
    readonly env: NodeJS.ProcessEnv;
}

/** The hooks that Pulumi's plugin process calls. */
export type Hooks = Required<dynamic.ResourceProvider>;

/** Minutes that one operation may take: Pulumi hands no `customTimeouts` to a dynamic provider. */
const longestMinutes = 60;

/**
 * The provider of `PythonLayer` and `LayerVersion` for one process. The engine configures it before it calls any other hook.
 *
 * What an operation needs is loaded when it is first asked for, so that a preview of an unchanged stack loads neither the AWS
 * SDK nor anything that builds.
 */
export function createProvider(
    process: ProviderProcess,
    openSession: (get: GetSetting, notice: (text: string) => void) => AwsSession = (get, notice) =>
        createAwsSession(get, process.env, {}, notice),
): Hooks {
    const memory = createRunMemory();
    const engine = connectEngineLog(process.argv);
    let isNoticed = false;
    const noticeOnce = (text: string): void => {
        if (!isNoticed) {
            isNoticed = true;
            warnStack(text, engine);
        }
    };
    const layersFor = (get: GetSetting) =>
        createLayers({
            folder: process.cwd(),
            environment: process.env,
            temporaryFolder: os.tmpdir(),
            aws: openSession(get, noticeOnce),
            run: runLater,
            memory,
        });
    let layers = layersFor(() => undefined);

    /** Does the work of a hook on a resource, and words its failure as the engine prints it. */
    const answer = async <Result>(props: Props, work: (call: Call) => Promise<Result>): Promise<Result> => {
        const signal = AbortSignal.timeout(longestMinutes * 60_000);
        // Every download and request listens: there is no number of them that means a leak.
        setMaxListeners(0, signal);
        try {
            return await work(openCall(props, engine, process.env, signal));
        } catch (error) {
            if (error instanceof PartialFailure) {
                // The engine keeps these properties as they are: without the provider's text no later hook could run.
                const { message, id, properties, reasons } = error;
                throw new PartialFailure(
                    message,
                    id,
                    withProvider(hideInternals(properties), props),
                    reasons,
                );
            }
            const failure = signal.aborted ? tookTooLong() : error;
            throw isLayerError(failure) ? new HookError(failure) : failure;
        } finally {
            // The engine ends this process when it has its last answer.
            await engine?.delivered();
        }
    };
    return {
        configure: async (request) => {
            // Before anything waits: the engine's other calls do not wait for this one.
            layers = layersFor((key) => request.config.get(key));
        },
        check: (olds, news) =>
            answer(news, async (call) => {
                const { inputs, failures } = await layers.check(
                    call,
                    withInternals(olds),
                    withInternals(news),
                );
                return { inputs: hideInternals(inputs), failures };
            }),
        diff: (id, olds, news) =>
            answer(news, async (call) => {
                const { replaces = [], changes } = await layers.diff(
                    call,
                    id,
                    withInternals(olds),
                    withInternals(news),
                );
                return {
                    replaces: [...new Set(replaces.map(shownAs))],
                    // Left open where something changed: the engine then shows the difference input by input. A resource that
                    // another front end made needs the provider's text, which an update gives it.
                    ...(changes === false
                        ? { changes: news["__provider"] !== undefined && olds["__provider"] === undefined }
                        : {}),
                };
            }),
        create: (inputs) =>
            answer(inputs, async (call) => {
                const { id, outs } = await layers.create(call, withInternals(inputs));
                return { id, outs: hideInternals(outs) };
            }),
        read: (id, state = {}) =>
            answer(state, async (call) => {
                const found = await layers.read(call, id, withInternals(state));
                if (found === undefined) {
                    return {};
                }
                const { props, inputs } = found;
                return {
                    id,
                    props: hideInternals(props),
                    ...(inputs === undefined ? {} : { inputs: hideInternals(inputs) }),
                };
            }),
        update: (id, olds, news) =>
            answer(news, async (call) => {
                const outs = await layers.update(call, id, withInternals(olds), withInternals(news));
                return { outs: hideInternals(outs) };
            }),
        delete: (id, state) => answer(state, (call) => layers.delete(call, id, withInternals(state))),
    };
}

/** Messages stand under the resource or, where no engine is, on the output. */
function openCall(
    props: Props,
    engine: EngineLog | undefined,
    environment: NodeJS.ProcessEnv,
    signal: AbortSignal,
): Call {
    const owner = textOf(withInternals(props), "owner") ?? "";
    const urn = owner.slice(owner.indexOf("/") + 1);
    const layerName = textOf(props, "layerName") ?? "";
    return {
        signal,
        log: (importance, text) => {
            if (engine !== undefined && urn.startsWith("urn:")) {
                engine.send({ urn, text, severity: severity[importance], ephemeral: false });
            } else if (importance === "warning") {
                console.warn(`warning: ${layerName}: ${text}`);
            } else {
                console.log(`${layerName}: ${text}`);
            }
        },
        status: showProgress(environment, (text) => {
            if (urn.startsWith("urn:")) {
                engine?.send({ urn, text, severity: severity.info, ephemeral: true });
            }
        }),
    };
}

/** Says what is about no resource. A message without a URN stands under the stack. */
function warnStack(text: string, engine: EngineLog | undefined): void {
    if (engine === undefined) {
        console.warn(`warning: ${text}`);
    } else {
        engine.send({ urn: "", text, severity: severity.warning, ephemeral: false });
    }
}

const withProvider = (properties: Props, { __provider }: Props): Props =>
    __provider === undefined ? properties : { ...properties, __provider };

const tookTooLong = (): LayerError =>
    new LayerError("ABORTED", {
        what: `The work took longer than ${longestMinutes} minutes.`,
        next: "Look at what the last line said it was doing, and run the same command again: what was published already is found.",
    });
