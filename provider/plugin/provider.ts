import {
    type CheckRequest,
    CheckResponse,
    type ConfigureRequest,
    ConfigureResponse,
    type DiffRequest,
    DiffResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import type { Props } from "../props";
import { hasUnknown } from "../unknown";
import { readProperties, writeProperties } from "./propertyValues";
import { changedSettings, ownSettings, secretSettings } from "./settings";

/** Settings as they are given: what is wrong with them is said where a resource needs them, so that a destroy can go on. */
export async function checkConfig(request: CheckRequest): Promise<CheckResponse> {
    const { props, secrets } = readProperties(request.getNews());
    const response = new CheckResponse();
    response.setInputs(writeProperties(props, new Set([...secrets, ...secretSettings])));
    return response;
}

/**
 * What differs between a provider's settings. None replaces anything: a layer's region is an input of the layer, and other
 * credentials for the same account change no layer.
 */
export async function diffConfig(request: DiffRequest): Promise<DiffResponse> {
    const olds = readProperties(request.getOldInputs() ?? request.getOlds()).props;
    const news = readProperties(request.getNews()).props;
    const changed = changedSettings(ownSettings(olds), ownSettings(news));
    const response = new DiffResponse();
    response.setChanges(
        changed.length > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE,
    );
    response.setDiffsList(changed);
    return response;
}

/** @param use is given the settings; what a preview does not know yet is not among them */
export async function configure(
    request: ConfigureRequest,
    use: (settings: Props) => void,
): Promise<ConfigureResponse> {
    const { props } = readProperties(request.getArgs());
    use(Object.fromEntries(Object.entries(ownSettings(props)).filter(([, value]) => !hasUnknown(value))));
    const response = new ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    response.setSupportspreview(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
}
