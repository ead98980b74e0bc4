//! The right side: matrix and findings under their tabs.

use netpol_session::protocol::Tested;
use netpol_view::contract::{DiagnosticSeverity, FindingSeverity, Located};
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::empty::{nothing_read, nothing_typed};
use super::findings::{Findings, Kept};
use super::findings_filter::icon_of;
use super::labs::labs;
use super::left_out::left_out;
use super::matrix_view::MatrixView;
use super::progress::progress;
use super::sheet::SheetPanel;
use super::tests_view::tests_view;
use super::{Dispatch, press, when};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::files::Step;
use crate::state::findings::{FindingsFilter, RuleTexts};
use crate::state::matrix::axis::Shown;
use crate::state::message::{Message, Opening, VIEWS, View, ViewInfo};
use crate::state::panel::{Described, Proposal, Query, Why};
use crate::state::session::Run;
use crate::state::settings::Settings;
use crate::state::shared::Shared;
use crate::state::training::Training;

/// What the results take.
#[derive(Properties, PartialEq)]
pub struct ResultsProps {
    /// What is in sight.
    pub view: View,
    /// What the analysis is doing.
    pub run: Run,
    /// The files that are being read.
    pub opening: Option<Opening>,
    /// The last result.
    pub analysis: Option<Shared<Analysis>>,
    /// The last one that had anything to show.
    pub readable: Option<Shared<Analysis>>,
    /// Whether the files hold nothing.
    pub blank: bool,
    /// The settings.
    pub settings: Settings,
    /// What is shown of the peers.
    pub shown: Shown,
    /// The filter as it was typed.
    pub filter: String,
    /// Which findings are listed.
    pub findings_filter: FindingsFilter,
    /// The name of the file that the editor shows.
    pub in_front: AttrValue,
    /// The findings whose fix was tried out and would not do, by their places.
    pub withdrawn: Vec<u32>,
    /// What there is to read about rules.
    pub rules: RuleTexts,
    /// The cell that was opened.
    pub why: Option<Why>,
    /// The question that is open.
    pub query: Option<Query>,
    /// What is described.
    pub sheet: Option<Described>,
    /// The change that is shown before it is made.
    pub proposal: Option<Proposal>,
    /// What the text at the editor's cursor decides.
    pub located: Option<Shared<Located>>,
    /// Labs, policy tests, a quiz, an exam.
    pub training: Training,
    /// Changes when the keyboard is to go back to the matrix.
    pub focus_matrix: u32,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The results.
#[component]
pub fn Results(props: &ResultsProps) -> Html {
    let ResultsProps { view, run, analysis, blank, dispatch, .. } = props;
    let kept = use_mut_ref(Kept::default);
    let busy = matches!(run, Run::Typing | Run::Pending | Run::Running(_));
    let tab = |info: &ViewInfo| {
        let this = info.view;
        let selected = *view == this;
        let badges = match this {
            View::Matrix => Html::default(),
            View::Findings => badges(analysis.as_deref()),
            View::Tests => test_badge(props.training.tests.as_deref()),
            View::Labs => Html::default(),
        };
        let onkeydown = when(dispatch, move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowLeft" => Step::Back,
                "ArrowRight" => Step::On,
                "Home" => Step::First,
                "End" => Step::Last,
                _ => return None,
            };
            event.prevent_default();
            dom::after(0, || dom::focus_selected(".views [aria-selected=true]"));
            Some(Message::SetView(this.neighbour(step)))
        });
        html! {
            <button
                type="button"
                role="tab"
                id={format!("tab-{}", info.id)}
                aria-selected={selected.to_string()}
                aria-controls="view"
                tabindex={if selected { "0" } else { "-1" }}
                onclick={press(dispatch, Message::SetView(this))}
                {onkeydown}
            >
                { info.title }{ badges }
            </button>
        }
    };
    // While a text is half typed, what was read of it last stays in sight.
    let errors = |analysis: &Shared<Analysis>| analysis.problem_count(DiagnosticSeverity::Error) > 0;
    let last = props.readable.clone().filter(|_| {
        *view == View::Matrix
            && analysis.as_ref().is_some_and(|analysis| analysis.has_no_pods() && errors(analysis))
    });
    let note = match (analysis, &last) {
        (Some(_), Some(_)) => html! {
            <div class="left-out">{ "The text cannot be read as it stands: this is what was read of it last." }</div>
        },
        (Some(analysis), None) if !*blank => left_out(analysis, dispatch),
        _ => Html::default(),
    };
    let content = match last.as_ref().or(analysis.as_ref()) {
        // Those are there whatever the input is.
        _ if *view == View::Labs => labs(props),
        _ if *blank && !run.has_stopped() => nothing_typed(dispatch),
        None => html! { <div class="empty" data-testid="waiting" /> },
        Some(analysis) if analysis.has_no_pods() && *view == View::Matrix => {
            nothing_read(analysis, props.settings.options, dispatch)
        }
        Some(analysis) => match view {
            View::Matrix => html! {
                <MatrixView
                    analysis={analysis.clone()}
                    settings={props.settings.clone()}
                    shown={props.shown.clone()}
                    filter={props.filter.clone()}
                    why={props.why.clone()}
                    query={props.query.clone()}
                    proposal={props.proposal.clone()}
                    located={props.located.clone()}
                    focus_matrix={props.focus_matrix}
                    dispatch={dispatch.clone()}
                />
            },
            View::Findings => html! { <Findings
                analysis={analysis.clone()}
                filter={props.findings_filter.clone()}
                in_front={props.in_front.clone()}
                withdrawn={props.withdrawn.clone()}
                rules={props.rules.clone()}
                proposal={props.proposal.clone()}
                {kept}
                dispatch={dispatch.clone()}
            /> },
            View::Tests => tests_view(props.training.tests.as_deref(), dispatch),
            View::Labs => Html::default(),
        },
    };
    // A cell that a description led to is open above it.
    let covered = *view == View::Matrix && (props.why.is_some() || props.query.is_some());
    html! {
        <section class={classes!("results", (run.has_stopped() || last.is_some()).then_some("stale"))} aria-label="Results"
            aria-busy={busy.to_string()}>
            <div class="bar views">
                <div class="tabs" role="tablist" aria-label="Results">
                    { for VIEWS.iter().map(tab) }
                </div>
                <div class="space" />
                { progress(run, props.opening.as_ref(), dispatch) }
            </div>
            <div class="view" id="view" role="tabpanel" aria-labelledby={format!("tab-{}", view.id())}>
                // There before its words are, so that they are read out.
                <div role="status" class="notes-above">{ note }</div>
                { content }
                if let Some(sheet) = props.sheet.as_ref().filter(|_| !*blank && !covered) {
                    <SheetPanel sheet={sheet.clone()} dispatch={dispatch.clone()} />
                }
            </div>
        </section>
    }
}

/// How many policy tests hold, or how many do not.
fn test_badge(tests: Option<&Tested>) -> Html {
    let Some(tests) = tests else { return Html::default() };
    let (class, icon, count, name) = match tests.failed {
        0 => ("badge passed", "✓ ", tests.passed, "hold"),
        failed => ("badge high", "✕ ", failed, "do not hold"),
    };
    html! {
        <span {class} title={format!("{count} {name}")}>
            <span aria-hidden="true">{ icon }</span>{ count }<span class="sr">{ format!(" {name}") }</span>
        </span>
    }
}

fn badges(analysis: Option<&Analysis>) -> Html {
    let Some(analysis) = analysis else { return Html::default() };
    let severities =
        [FindingSeverity::High, FindingSeverity::Medium, FindingSeverity::Low, FindingSeverity::Info];
    let shown = severities.into_iter().map(|severity| (icon_of(severity), analysis.finding_count(severity)));
    html! {
        { for shown.filter(|(_, count)| *count > 0).map(|((name, icon), count)| html! {
            <span class={classes!("badge", name)} title={format!("{count} {name}")}>
                <span aria-hidden="true">{ icon }{ " " }</span>{ count }<span class="sr">{ format!(" {name}") }</span>
            </span>
        }) }
    }
}
