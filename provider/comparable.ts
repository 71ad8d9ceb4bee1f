import { prefixOf, resourceTypeOf } from "./inputs";
import type { Props } from "./props";
import { withoutDefaults } from "./withoutDefaults";

/** What a property says that need not be there. */
const effective: Readonly<Record<string, (props: Props) => unknown>> = {
    resourceType: resourceTypeOf,
    prefix: prefixOf,
};

/** Properties as they count in a comparison: equal where they mean the same, `undefined` for what says the same as nothing. */
export function comparable(props: Props): (name: string) => unknown {
    const said = withoutDefaults(props);
    return (name) => (effective[name] ?? (() => said[name]))(props);
}
