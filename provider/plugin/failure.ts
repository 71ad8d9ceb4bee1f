import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { isLayerError } from "../errors";
import type { PartialFailure } from "../layer/partialFailure";

/** An error as gRPC takes it. */
export type Failure = Pick<ServiceError, "code" | "details" | "metadata">;

/** A {@link PartialFailure} with its state in the engine's form. */
export class IncompleteResource extends Error {
    readonly id: string;
    readonly reasons: readonly string[];

    constructor(
        { message, id, reasons }: PartialFailure,
        readonly state: Struct,
    ) {
        super(message);
        this.id = id;
        this.reasons = reasons;
    }
}

/**
 * An error of the core as the engine prints it. A resource that exists, but is not complete, goes into the state: the engine
 * reads it from the detail `ErrorResourceInitFailed`.
 */
export function failureOf(error: unknown): Failure {
    const metadata = new Metadata();
    if (error instanceof IncompleteResource) {
        const detail = new ErrorResourceInitFailed();
        detail.setId(error.id);
        detail.setProperties(error.state);
        detail.setReasonsList([...error.reasons]);
        const packed = new Any();
        packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
        const answer = new Status();
        answer.setCode(status.UNKNOWN);
        answer.setMessage(error.message);
        answer.addDetails(packed);
        metadata.add("grpc-status-details-bin", Buffer.from(answer.serializeBinary()));
    }
    // What is no error of ours is a mistake in this package: whoever reports it needs the place.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const isOurs = isLayerError(error) || error instanceof IncompleteResource;
    return { code: status.UNKNOWN, details: isOurs ? error.message : text, metadata };
}
