import type { GetSetting } from "../aws/settingReader";
import { type Props, sameValue } from "../props";

/** Settings that nobody may be shown. */
export const secretSettings: ReadonlySet<string> = new Set(["accessKey", "secretKey", "token"]);

/** What the engine and the SDKs add to a provider's settings. */
const foreign: ReadonlySet<string> = new Set(["version", "pluginDownloadURL"]);

/** A provider's settings alone, without what the engine adds. */
export const ownSettings = (settings: Props): Props =>
    Object.fromEntries(
        Object.entries(settings).filter(([name]) => !foreign.has(name) && !name.startsWith("__")),
    );

/**
 * Reads settings by the names that a stack's configuration has for those of pulumi-aws. The settings of this plugin have the
 * same names after `lambda-layer:`.
 */
export const settingOf =
    (settings: Props): GetSetting =>
    (key) =>
        settings[key.replace(/^aws:/, "")];

/** The names of settings that differ. */
export const changedSettings = (olds: Props, news: Props): string[] =>
    [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
        (name) => !sameValue(olds[name], news[name]),
    );
