//! The bar at the bottom.

use netpol_view::contract::{DiagnosticSeverity, PeerType};
use yew::prelude::*;

use super::{Dispatch, on_problems, press};
use crate::state::analysis::Analysis;
use crate::state::message::Message;
use crate::state::model::Model;
use crate::state::session::Run;
use crate::state::words::{counted, duration};

/// The bar.
pub fn status_bar(model: &Model, dispatch: &Dispatch) -> Html {
    let (run, analysis) = (model.session.run, model.analysis.as_deref());
    let counts = analysis.map(|analysis| counts(analysis, dispatch));
    let time = match (run, analysis) {
        (Run::Settled, Some(analysis)) => {
            // What came with the page took no time here.
            analysis
                .milliseconds
                .map_or_else(|| "analysed".to_owned(), |time| format!("analysed in {}", duration(time)))
        }
        (run, _) if run.has_stopped() => "stale".to_owned(),
        _ => "analysing…".to_owned(),
    };
    html! {
        <footer>
            { counts.unwrap_or_default() }
            <div class="space" />
            if let Some(reason) = &model.work.not_kept {
                <span class="bad" role="alert">{ reason }</span>
            }
            // There before its words are, so that they are read out.
            <span class="bad" role="status">
                if model.session.restarted && !run.has_stopped() {
                    { "the analysis had stopped and was started again" }
                }
            </span>
            if model.newer {
                <button type="button" onclick={press(dispatch, Message::Reload)}>{ "A newer version is there: reload" }</button>
            }
            <span class="time" data-testid="analysis-time">{ time }</span>
            <span class="promise">{ "nothing leaves this page" }</span>
        </footer>
    }
}

fn counts(analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let errors = analysis.problem_count(DiagnosticSeverity::Error);
    let warnings = analysis.problem_count(DiagnosticSeverity::Warning);
    let hypothetical = analysis.count(PeerType::Hypothetical);
    html! {
        <>
            <span>{ counted(analysis.count(PeerType::Workload), "workload", "workloads") }</span>
            if hypothetical > 0 {
                <span>{ format!("{hypothetical} hypothetical") }</span>
            }
            <span>{ counted(analysis.summary.namespaces.len(), "namespace", "namespaces") }</span>
            <span>{ counted(analysis.summary.policies.len(), "policy", "policies") }</span>
            if errors + warnings > 0 {
                <button type="button" class="bad" onclick={on_problems(dispatch)}>
                    if errors > 0 {
                        <span><span aria-hidden="true">{ "● " }</span>{ counted(errors, "error", "errors") }</span>
                    }
                    if warnings > 0 {
                        <span><span aria-hidden="true">{ "▲ " }</span>{ counted(warnings, "warning", "warnings") }</span>
                    }
                </button>
            }
        </>
    }
}
