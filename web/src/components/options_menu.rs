//! The options of the analysis, each with what it means.

use netpol_view::contract::{Hypothetical, IpBlockPods, KubernetesVersion, Options, UnknownFields};
use yew::prelude::*;

use super::Dispatch;
use super::popover::Popover;
use crate::state::message::Message;

const HYPOTHETICAL: [(Hypothetical, &str, &str); 2] = [
    (
        Hypothetical::Auto,
        "Where a selector matches nothing",
        "Adds workloads that it would match, marked as hypothetical.",
    ),
    (Hypothetical::Never, "Never", "Only workloads of the manifests."),
];

const IP_BLOCK_PODS: [(IpBlockPods, &str, &str); 3] = [
    (
        IpBlockPods::KnownAddresses,
        "By known address",
        "An ipBlock matches a pod whose address stands in its status, and no other pod.",
    ),
    (IpBlockPods::Never, "Never", "An ipBlock matches addresses outside the cluster only."),
    (
        IpBlockPods::AnyAddress,
        "By any address",
        "As the first, and a block of every address matches pods whose address is unknown too.",
    ),
];

const KUBERNETES: [(KubernetesVersion, &str, &str); 2] = [
    (
        KubernetesVersion::V1_36,
        "1.36 and later",
        "A CIDR that is not written in the one right way is refused.",
    ),
    (KubernetesVersion::V1_35, "1.35 and before", "Such a CIDR counts as its network, with a warning."),
];

const UNKNOWN_FIELDS: [(UnknownFields, &str, &str); 2] = [
    (UnknownFields::Refuse, "Refuse the object", "As kubectl apply does."),
    (UnknownFields::Drop, "Drop the field", "As clients do that do not ask for validation."),
];

/// The menu, with the options that are set.
pub fn options_menu(options: Options, dispatch: &Dispatch) -> Html {
    let hypothetical = HYPOTHETICAL.iter().map(|(value, name, words)| {
        let chosen = Options { hypothetical: *value, ..options };
        choice("hypothetical", name, words, options.hypothetical == *value, chosen, dispatch)
    });
    let blocks = IP_BLOCK_PODS.iter().map(|(value, name, words)| {
        let chosen = Options { ip_block_pods: *value, ..options };
        choice("ip-block-pods", name, words, options.ip_block_pods == *value, chosen, dispatch)
    });
    let kubernetes = KUBERNETES.iter().map(|(value, name, words)| {
        let chosen = Options { kubernetes: *value, ..options };
        choice("kubernetes", name, words, options.kubernetes == *value, chosen, dispatch)
    });
    let unknown_fields = UNKNOWN_FIELDS.iter().map(|(value, name, words)| {
        let chosen = Options { unknown_fields: *value, ..options };
        choice("unknown-fields", name, words, options.unknown_fields == *value, chosen, dispatch)
    });
    html! {
        <Popover label="Options" id="options" class="options">
            <fieldset>
                <legend>{ "Hypothetical workloads" }</legend>
                { for hypothetical }
            </fieldset>
            <fieldset>
                <legend>{ "Does an " }<code>{ "ipBlock" }</code>{ " match pods?" }</legend>
                <p class="muted">{ "Network plugins differ; cells that depend on it say so." }</p>
                { for blocks }
            </fieldset>
            <fieldset>
                <legend>{ "Kubernetes version" }</legend>
                { for kubernetes }
            </fieldset>
            <fieldset>
                <legend>{ "An unknown field" }</legend>
                { for unknown_fields }
            </fieldset>
        </Popover>
    }
}

fn choice(
    group: &'static str,
    name: &'static str,
    words: &'static str,
    checked: bool,
    chosen: Options,
    dispatch: &Dispatch,
) -> Html {
    let onchange = dispatch.reform(move |_: Event| Message::SetOptions(chosen));
    html! {
        <label class="choice">
            <input type="radio" name={group} {checked} {onchange} />
            <span><b>{ name }</b><small>{ words }</small></span>
        </label>
    }
}
