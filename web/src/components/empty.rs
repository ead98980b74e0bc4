//! What stands in place of results that there are not.

use netpol_view::contract::{DiagnosticSeverity, Hypothetical, Options};
use yew::prelude::*;

use super::prose::prose;
use super::{Dispatch, on_problems, press};
use crate::state::analysis::Analysis;
use crate::state::examples;
use crate::state::message::Message;
use crate::state::place::Place;
use crate::state::words::counted;
use crate::state::work::WorkMessage;

/// So many examples are offered.
const OFFERED: usize = 3;

/// Nothing was typed yet.
pub fn nothing_typed(dispatch: &Dispatch) -> Html {
    let first = examples::find(examples::FIRST);
    let others = examples::all().filter(|example| example.id != examples::FIRST);
    let offered = first.into_iter().chain(others).take(OFFERED);
    html! {
        <div class="empty">
            <h2>{ "Paste Kubernetes manifests on the left" }</h2>
            <p>
                { "Network policies, and the workloads and namespaces that they speak of, as YAML or JSON, in one file or many. \
                   A live cluster goes in whole:" }
            </p>
            <pre tabindex="0" aria-label="Command">{ "kubectl get ns,nodes,all,endpointslices,ingress,netpol -A -o yaml" }</pre>
            <p>{ "Policies on their own work too: the pods that they speak of are added as hypothetical ones." }</p>
            <h3>{ "Or start from an example" }</h3>
            <ul class="offers">
                { for offered.map(|example| html! {
                    <li>
                        <button type="button" onclick={press(dispatch, Message::Work(WorkMessage::Go(Place::Example(example))))}>
                            <b>{ example.title }</b>
                            <span>{ prose(example.summary) }</span>
                        </button>
                    </li>
                }) }
            </ul>
        </div>
    }
}

/// Something was typed, but it holds no pod, real or hypothetical.
pub fn nothing_read(analysis: &Analysis, options: Options, dispatch: &Dispatch) -> Html {
    let problems = analysis.summary.diagnostics.len();
    let with_hypothetical = Options { hypothetical: Hypothetical::Auto, ..options };
    let policies = analysis.summary.policies.len();
    let alone = policies > 0 && options.hypothetical == Hypothetical::Never;
    html! {
        <div class="empty">
            if alone {
                <h2>{ format!("{} and no workload", counted(policies, "policy", "policies")) }</h2>
                <p>{ "The manifests hold none of the pods that the policies speak of, and hypothetical ones are switched off." }</p>
                <button type="button" onclick={press(dispatch, Message::SetOptions(with_hypothetical))}>
                    { "Add hypothetical workloads" }
                </button>
            } else if analysis.problem_count(DiagnosticSeverity::Error) > 0 {
                <h2>{ "Nothing of this can be analysed yet" }</h2>
                <p>{ "What has an error takes no part. The problems say where it is and what to write instead." }</p>
            } else {
                <h2>{ "No workload and no policy yet" }</h2>
                <p>{ "The matrix appears as soon as the text holds a network policy, a pod, or anything that makes pods." }</p>
            }
            if problems > 0 {
                <button type="button" onclick={on_problems(dispatch)}>
                    { format!("Show {}", counted(problems, "problem", "problems")) }
                </button>
            }
        </div>
    }
}
