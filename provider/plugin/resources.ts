import {
    CheckFailure,
    CheckRequest,
    CheckResponse,
    type CreateRequest,
    CreateResponse,
    type DeleteRequest,
    type DiffRequest,
    DiffResponse,
    PropertyDiff,
    type ReadRequest,
    ReadResponse,
    type UpdateRequest,
    UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { CheckFailure as Problem } from "../check";
import { hideInternals, shownAs, withInternals } from "../layer/internals";
import type { Layers } from "../layer/layers";
import { PartialFailure } from "../layer/partialFailure";
import { planCreate, planUpdate } from "../layer/plan";
import type { Props } from "../props";
import { canHoldSecrets } from "../resourceArguments";
import { differences } from "./detailedDiff";
import { IncompleteResource } from "./failure";
import type { Operations } from "./operations";
import { readProperties, writeProperties } from "./propertyValues";
import { ownerOfUrn } from "./urn";

/** What the engine asks for a resource: a request each, and its answer. */
export interface Resources {
    check(request: CheckRequest): Promise<CheckResponse>;
    diff(request: DiffRequest): Promise<DiffResponse>;
    create(request: CreateRequest): Promise<CreateResponse>;
    read(request: ReadRequest): Promise<ReadResponse>;
    update(request: UpdateRequest): Promise<UpdateResponse>;
    delete(request: DeleteRequest): Promise<Empty>;
}

/** @param layers the core with the provider's settings of the moment */
export function createResources(layers: () => Layers, operations: Operations): Resources {
    /** Names that the stack's naming chose, by URN: the second check of a replacement is not shown the old inputs. */
    const names = new Map<string, string>();
    return {
        check: (request) =>
            operations.run(request.getUrn(), 0, async (call) => {
                const { props: olds } = readProperties(request.getOlds());
                const { props: given, secrets } = readProperties(request.getNews());
                const { name, problem } = layerNameFor(names, request, olds, given);
                const news = {
                    ...withInternals(given),
                    ...(name === undefined ? {} : { layerName: name }),
                    owner: ownerOfUrn(request.getUrn()),
                };
                const { inputs, failures } = await layers().check(call, withInternals(olds), news);
                const response = new CheckResponse();
                response.setInputs(written(inputs, secrets));
                const problems = problem === undefined ? failures : [problem, ...failures];
                response.setFailuresList(problems.map(checkFailure));
                return response;
            }),
        diff: (request) =>
            operations.run(request.getUrn(), 0, async (call) => {
                const olds = readProperties(request.getOlds()).props;
                const news = readProperties(request.getNews()).props;
                const { changes, replaces = [] } = await layers().diff(
                    call,
                    request.getId(),
                    withInternals(olds),
                    withInternals(news),
                );
                const response = new DiffResponse();
                response.setHasdetaileddiff(true);
                if (changes === false) {
                    response.setChanges(DiffResponse.DiffChanges.DIFF_NONE);
                    return response;
                }
                const replacing = new Set(replaces.map(shownAs));
                const found = differences(readProperties(request.getOldInputs()).props, news);
                const shown = new Set([...found.keys()].map(propertyOf));
                for (const [path, difference] of found) {
                    const suffix = replacing.has(propertyOf(path)) ? "_REPLACE" : "";
                    addDifference(response, path, `${difference}${suffix}`);
                }
                for (const name of replacing) {
                    // What only this package sees, such as another file of the same release, is a difference too.
                    if (!shown.has(name)) addDifference(response, name, "UPDATE_REPLACE");
                }
                response.setChanges(DiffResponse.DiffChanges.DIFF_SOME);
                response.setReplacesList([...replacing]);
                response.setDiffsList([...new Set([...shown, ...replacing])]);
                return response;
            }),
        create: (request) =>
            operations.run(request.getUrn(), request.getTimeout(), async (call) => {
                const { props, secrets } = readProperties(request.getProperties());
                const inputs = withInternals(props);
                const { id, outs } = request.getPreview()
                    ? { id: "", outs: planCreate(inputs) }
                    : await layers().create(call, inputs).catch(incomplete(secrets));
                const response = new CreateResponse();
                response.setId(id);
                response.setProperties(written(outs, secrets));
                return response;
            }),
        read: (request) =>
            operations.run(request.getUrn(), request.getTimeout(), async (call) => {
                const { props, secrets } = readProperties(request.getProperties());
                const known = readProperties(request.getInputs());
                const found = await layers().read(call, request.getId(), withInternals(props));
                const response = new ReadResponse();
                if (found !== undefined) {
                    const inputs = found.inputs ?? known.props;
                    const all = new Set([...secrets, ...known.secrets]);
                    response.setId(request.getId());
                    response.setProperties(written(found.props, all));
                    response.setInputs(written(inputs, all));
                }
                return response;
            }),
        update: (request) =>
            operations.run(request.getUrn(), request.getTimeout(), async (call) => {
                const { props: olds } = readProperties(request.getOlds());
                const { props: news, secrets } = readProperties(request.getNews());
                const [state, inputs] = [withInternals(olds), withInternals(news)];
                const outs = request.getPreview()
                    ? planUpdate(state, inputs)
                    : await layers().update(call, request.getId(), state, inputs).catch(incomplete(secrets));
                const response = new UpdateResponse();
                response.setProperties(written(outs, secrets));
                return response;
            }),
        delete: (request) =>
            operations.run(request.getUrn(), request.getTimeout(), async (call) => {
                const { props } = readProperties(request.getProperties());
                await layers().delete(call, request.getId(), withInternals(props));
                return new Empty();
            }),
    };
}

/** The layer's name where the program gives none and the stack configures how names are made; else the core's default holds. */
function layerNameFor(
    names: Map<string, string>,
    request: CheckRequest,
    olds: Props,
    news: Props,
): { readonly name?: string; readonly problem?: Problem } {
    const options = request.getAutonaming();
    const urn = request.getUrn();
    if (options === undefined || news["layerName"] !== undefined) {
        return {};
    }
    const kept = names.get(urn) ?? olds["layerName"];
    if (typeof kept === "string") {
        names.set(urn, kept);
        return { name: kept };
    }
    if (options.getMode() === CheckRequest.AutonamingOptions.Mode.DISABLE) {
        const reason = "The stack's pulumi:autonaming is disabled, so the layer needs a layerName.";
        return { problem: { property: "layerName", reason } };
    }
    names.set(urn, options.getProposedName());
    return { name: options.getProposedName() };
}

function checkFailure({ property, reason }: Problem): CheckFailure {
    const failure = new CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    return failure;
}

function addDifference(response: DiffResponse, path: string, kind: keyof typeof PropertyDiff.Kind): void {
    const difference = new PropertyDiff();
    difference.setKind(PropertyDiff.Kind[kind]);
    difference.setInputdiff(true);
    response.getDetaileddiffMap().set(path, difference);
}

/** The property that a path begins with. */
const propertyOf = (path: string): string => /^[\w$-]+/.exec(path)?.[0] ?? path;

/**
 * Properties in the engine's form. What the program made a secret is one, and what is one by its nature, whether the program's
 * SDK said so or not.
 */
const written = (props: Props, secrets: ReadonlySet<string>): Struct =>
    writeProperties(
        hideInternals(props),
        new Set([...secrets, ...Object.keys(props).filter(canHoldSecrets)]),
    );

/** Puts the state that a failure carries into the engine's form. */
const incomplete =
    (secrets: ReadonlySet<string>) =>
    (error: unknown): never => {
        throw error instanceof PartialFailure
            ? new IncompleteResource(error, written(error.properties, secrets))
            : error;
    };
