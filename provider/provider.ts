import { createProvider } from "./dynamic/provider";

/** The provider that every resource's state names, by the path `pulumi-lambda-layer/provider`, for ever. */
export const provider = createProvider(process);
